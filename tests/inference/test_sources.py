import io
import os
import tracemalloc
from pathlib import Path

import pytest

from fakeface.errors import UserError
from fakeface.inference.sources import check_sources, list_photographs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of empty files, which is also the current one."""
    for name in ["b.jpg", "a.JPEG", "notes.md", "deep/er/c.png", "deep/d.gif", ".hidden/e.webp"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(*sources: str) -> list[tuple[int, int, str]]:
    check_sources(sources)
    return sorted((source, position, str(path)) for source, position, path in list_photographs(sources))


@pytest.mark.usefixtures("folder")
def test_folder_is_searched_with_those_below_it() -> None:
    names = [".hidden/e.webp", "a.JPEG", "b.jpg", "deep/d.gif", "deep/er/c.png"]
    assert listed(".") == [(0, 0, name) for name in names]


def test_link_to_a_folder_above_does_not_lead_in_circles(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "deep" / "f.jpg").symlink_to(folder / "b.jpg")
    assert listed("deep") == [(0, 0, name) for name in ["deep/d.gif", "deep/er/c.png", "deep/f.jpg"]]


@pytest.mark.usefixtures("folder")
def test_files_and_patterns_keep_the_order_of_the_sources() -> None:
    assert listed("notes.md", "**/*.png", "[ab].*") == [
        (0, 0, "notes.md"),
        (1, 0, "deep/er/c.png"),
        (2, 0, "a.JPEG"),
        (2, 0, "b.jpg"),
    ]


def test_file_whose_name_looks_like_a_pattern_is_a_file(folder: Path) -> None:
    (folder / "[1].jpg").touch()
    assert listed("[1].jpg") == [(0, 0, "[1].jpg")]


def test_list_has_one_path_a_line(folder: Path) -> None:
    (folder / "list.txt").write_bytes(b"b.jpg\r\n\nwith space.jpg\nmissing.jpg\n\xff.jpg")
    names = ["b.jpg", "with space.jpg", "missing.jpg", os.fsdecode(b"\xff.jpg")]
    assert listed("list.txt") == list(zip([0] * 4, range(4), names, strict=True))


def test_manifest_paths_start_from_its_folder(folder: Path) -> None:
    (folder / "deep" / "manifest.csv").write_text('\ufeffpath,label\nd.gif,real\n"e, f.jpg",fake\n', encoding="utf-8")
    assert listed("deep/manifest.csv") == [(0, 0, "deep/d.gif"), (0, 1, "deep/e, f.jpg")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"file\na.jpg\n", "row 1: the column 'path' is missing"),
        (b"path,label\na.jpg,real\n,real\n", "row 3: the path is empty"),
        (b"path\n\xff\n", "not a CSV file in UTF-8"),
        (b'path\n"a\n', "not a CSV file in UTF-8"),
    ],
)
def test_wrong_manifest(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "m.csv").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        list(list_photographs(["m.csv"]))


def test_standard_input_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x.jpg\ny.jpg\n")))
    assert listed("-") == [(0, 0, "x.jpg"), (0, 1, "y.jpg")]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("missing.jpg", "missing.jpg does not exist"),
        ("*.bmp", r"\*.bmp names no photograph"),
        ("empty", "empty names no photograph"),
        ("empty.txt", "empty.txt names no photograph"),
    ],
)
def test_source_without_photographs(folder: Path, source: str, sentence: str) -> None:
    (folder / "empty").mkdir()
    (folder / "empty.txt").touch()
    with pytest.raises(UserError, match=sentence):
        check_sources([source])


def test_large_folder_is_not_listed_in_memory(tmp_path: Path) -> None:
    def peak(folder: Path) -> int:
        tracemalloc.start()
        assert sum(photograph.source == 0 for photograph in list_photographs([str(folder)])) >= 100
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    for name, count in [("small", 100), ("large", 4000)]:
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number:06}.jpg").touch()
    peak(tmp_path / "small")  # what is allocated once
    assert peak(tmp_path / "large") < peak(tmp_path / "small") + 100_000


def test_what_a_mac_leaves_beside_photographs_is_none(tmp_path: Path) -> None:
    for name in ("a.jfif", "b.JPE", "c.avif", "._a.jfif", "Thumbs.db"):
        (tmp_path / name).touch()
    names = {photograph.path.name for photograph in list_photographs([str(tmp_path)])}
    assert names == {"a.jfif", "b.JPE", "c.avif"}

import inspect
import io
import os
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from fakeface.data import photograph_names
from fakeface.data.images import ImageError, read_image
from fakeface.data.photograph_names import describe_left_out
from fakeface.errors import UserError
from fakeface.inference.sources import check_sources, list_photographs, manifest_columns
from tests.locked_folder import refuse_to_search


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
    return sorted((source, position, str(path)) for source, position, path, _ in list_photographs(sources))


@pytest.mark.usefixtures("folder")
def test_folder_is_searched_with_those_below_it() -> None:
    names = [".hidden/e.webp", "a.JPEG", "b.jpg", "deep/d.gif", "deep/er/c.png"]
    assert listed(".") == [(0, 0, name) for name in names]


def test_links_to_folders_are_followed_once_and_not_in_circles(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "deep" / "again").symlink_to("er")
    (folder / "deep" / "loop").symlink_to("loop")
    (folder / "deep" / "f.jpg").symlink_to(folder / "b.jpg")
    above = ["deep/up/.hidden/e.webp", "deep/up/a.JPEG", "deep/up/b.jpg"]
    assert listed("deep") == [(0, 0, name) for name in ["deep/d.gif", "deep/er/c.png", "deep/f.jpg", *above]]


def test_more_folders_in_each_other_than_python_calls_functions(folder: Path) -> None:
    (folder / ("d/" * 90)).mkdir(parents=True)
    (folder / ("d/" * 90) / "a.png").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        found = [str(photograph.path) for photograph in list_photographs(["d"])]
    finally:
        sys.setrecursionlimit(limit)
    assert found == ["d/" * 90 + "a.png"]


@pytest.mark.usefixtures("folder")
def test_files_of_a_folder_come_in_order_where_asked_and_lists_keep_theirs() -> None:
    Path("list.TXT").write_text("z.jpg\na.jpg\n")
    paths = [str(photograph.path) for photograph in list_photographs(["list.TXT", ".", "[ab].*"], in_order=True)]
    folder = [".hidden/e.webp", "a.JPEG", "b.jpg", "deep/d.gif", "deep/er/c.png"]
    assert paths == ["z.jpg", "a.jpg", *folder, "a.JPEG", "b.jpg"]


def test_what_is_left_out_is_counted_by_ending(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["1.heic", "deep/2.HEIC", "3.mov", "Thumbs.db", ".DS_Store", "desktop.ini", "._b.jpg", "README"]:
        (folder / name).touch()
    left_out = Counter[str]()
    assert len(list(list_photographs(["."], left_out=left_out))) == 7
    assert describe_left_out(left_out) == "1 .mov, 1 .md, 1 without ending left out: no photographs by their names"
    monkeypatch.setattr(photograph_names, "reads_heic", lambda: False)
    left_out.clear()
    assert len(list(list_photographs(["."], left_out=left_out))) == 5
    assert describe_left_out(left_out).startswith("2 .heic left out: pip install 'fakeface[heic]'; 1 .mov")
    assert describe_left_out({}) == ""


def test_a_folder_of_others_says_what_there_is(folder: Path) -> None:
    (folder / "deep" / "films").mkdir()
    for name in ("a.mov", "b.mov", "c.db"):
        (folder / "deep" / "films" / name).touch()
    with pytest.raises(UserError, match=r"^deep/films names no photograph.*\(2 \.mov, 1 \.db left out: no photographs"):
        check_sources(["deep/films"])


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


def test_lists_of_windows_and_spreadsheets_are_read(folder: Path) -> None:
    (folder / " e.jpg").touch()
    (folder / "list.TXT").write_bytes(b'\xef\xbb\xbfb.jpg\r\n "a.JPEG" \r\n e.jpg\r\n\t\r\nc d.jpg \r\n')
    assert [name for _, _, name in listed("list.TXT")] == ["b.jpg", "a.JPEG", " e.jpg", "c d.jpg"]
    (folder / "table.TSV").write_bytes(b"Label\tPATH\r\nreal\t b.jpg \r\n")
    assert listed("table.TSV") == [(0, 0, "b.jpg")]


def test_manifest_paths_start_from_its_folder(folder: Path) -> None:
    (folder / "deep" / "manifest.csv").write_text('\ufeffpath,label\nd.gif,real\n"e, f.jpg",fake\n', encoding="utf-8")
    assert listed("deep/manifest.csv") == [(0, 0, "deep/d.gif"), (0, 1, "deep/e, f.jpg")]
    (folder / "list.txt").write_text("deep/d.gif\n")
    names = ["deep/manifest.csv", "list.txt"]
    assert [dict(photograph.columns) for photograph in list_photographs(names)] == [
        {"label": "real"},
        {"label": "fake"},
        {},
    ]
    assert manifest_columns(names) == ["label"]
    assert manifest_columns(["list.txt", "-", "deep"]) == []


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


def test_a_folder_below_that_cannot_be_searched_stands_for_what_is_in_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_search(monkeypatch, Path("deep/er"))
    names = [".hidden/e.webp", "a.JPEG", "b.jpg", "deep/d.gif", "deep/er"]
    assert listed(".") == [(0, 0, name) for name in names]
    with pytest.raises(ImageError) as refused:
        read_image(Path("deep/er"))
    assert refused.value.reason == "a folder that cannot be searched (permission denied): allow it, or leave it out"
    with pytest.raises(UserError, match=r"^the folder deep/er cannot be read \(Permission denied\): allow it"):
        check_sources(["deep/er"])


def test_a_folder_whose_path_is_too_long_for_the_system_does_not_end_the_search(tmp_path: Path) -> None:
    name, depth = "d" * 200, 21  # 4,200 characters, where 4,096 are the most
    (tmp_path / "a.jpg").touch()
    handles = [os.open(tmp_path, os.O_RDONLY)]
    for _ in range(depth):
        os.mkdir(name, dir_fd=handles[-1])
        handles.append(os.open(name, os.O_RDONLY, dir_fd=handles[-1]))
    for handle in handles:
        os.close(handle)
    found = [photograph.path for photograph in list_photographs([str(tmp_path)], in_order=True)]
    assert found[0] == tmp_path / "a.jpg"
    assert [path.name for path in found[1:]] == [name]
    with pytest.raises(ImageError, match="file name too long"):
        read_image(found[1])


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

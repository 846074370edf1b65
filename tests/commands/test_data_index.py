import re
from collections import Counter
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.data.manifest import read_manifest
from fakeface.data.records import SPLITS, Record


def index(*arguments: str | Path) -> int:
    return main(["data", "index", *map(str, arguments)])


def sides(records: list[Record]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in records:
        found.setdefault(record.group, set()).add(record.split)
    return found


def test_grouped_keeps_the_known_sources_on_one_side(demo_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "grouped.csv"
    assert index(demo_root / "manifest.csv", "--split", "grouped", "--out", out) == 0
    records = read_manifest(out)
    assert len(records) == 48
    groups = sides(records)
    assert len(groups) < 48  # Some images share a source, else nothing is tested.
    assert all(len(splits) == 1 for splits in groups.values())
    known = {record.path: record.group for record in read_manifest(demo_root / "manifest.csv")}
    assert {record.path: record.group for record in records} == known


def test_folds_write_one_manifest_each(demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "index.csv"
    assert index(demo_root / "manifest.csv", "--split", "folds", "--folds", "3", "--seed", "7", "--out", out) == 0
    assert not out.exists()
    written = [tmp_path / f"index_fold{fold}.csv" for fold in (1, 2, 3)]
    assert sorted(tmp_path.iterdir()) == written
    printed = capsys.readouterr().out
    assert all(str(path) in printed for path in written)
    tested = Counter(record.path for path in written for record in read_manifest(path) if record.split == "test")
    assert len(tested) == 48
    assert set(tested.values()) == {1}
    for path in written:
        assert all(len(splits) == 1 for splits in sides(read_manifest(path)).values())


def test_sources_are_found_where_no_manifest_names_them(demo_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "grouped.csv"
    assert index(demo_root, "--split", "grouped", "--out", out) == 0
    split = {record.path: record.split for record in read_manifest(out)}
    known = [
        Record(record.path, record.label, split=split[record.path], group=record.group)
        for record in read_manifest(demo_root / "manifest.csv")
    ]
    assert all(len(splits) == 1 for splits in sides(known).values())


def test_paper_is_repeated_by_its_seed_and_prints_its_counts(
    demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert index(demo_root, "--split", "paper", "--seed", seed, "--out", tmp_path / name) == 0
    a, b, c = ((tmp_path / name).read_text() for name in "abc")
    assert a == b != c
    # 25 reals: Table 1's shares are 16.7, 1.4 and 6.9.
    assert "      17       1       7  real" in capsys.readouterr().out


def test_paths_are_relative_to_a_manifest_beside_the_images(tmp_path: Path, demo_root: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for folder in ("training_real", "training_fake"):
        (copy / folder).symlink_to(demo_root / folder)
    assert index(copy, "--split", "paper", "--out", copy / "paper.csv") == 0
    assert "\ntraining_real/real_00001.jpg,real," in (copy / "paper.csv").read_text()


def test_an_existing_manifest_is_kept(demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "index_fold2.csv"
    kept.write_text("mine")
    assert index(demo_root, "--split", "folds", "--folds", "3", "--out", tmp_path / "index.csv") == 2
    assert f"{kept} exists already" in capsys.readouterr().err
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [kept]


def several(folder: Path) -> tuple[Path, Path]:
    """A manifest with two sources of each class, and a folder in CIPLAB's layout; nobody opens their files."""
    mine, ciplab = folder / "mine", folder / "ciplab"
    rows = ["path,label,source,group,year"]
    for number in range(16):
        label, source = "real" if number < 8 else "fake", number // 4
        rows.append(f"{number}.jpg,{label},origin {source},source_{number},{2000 + number}")
    for name in (*(f"mine/{n}.jpg" for n in range(16)), "ciplab/training_real/a.jpg", "ciplab/training_fake/b_1.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (ciplab / "training_fake" / "b_1.jpg").rename(ciplab / "training_fake" / "easy_1_0011.jpg")
    (mine / "manifest.csv").write_text("\n".join(rows))
    return mine / "manifest.csv", ciplab


def test_folders_and_manifests_become_one_whose_sources_are_left_out_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all.csv"
    assert index(*several(tmp_path), "--split", "sources", "--out", out) == 0
    records = read_manifest(out)
    assert [record.path.relative_to(tmp_path).parts[0] for record in records] == ["mine"] * 16 + ["ciplab"] * 2
    assert [record.source for record in records] == [f"origin {number // 4}" for number in range(16)] + ["ciplab"] * 2
    assert records[3].group == "mine/source_3"
    assert records[3].others == (("year", "2003"),)
    assert {len({one.split for one in records if one.source == record.source}) for record in records} == {1}
    assert {(record.split, record.label) for record in records} == {(s, n) for s in SPLITS for n in (0, 1)}
    assert re.search(r"\n  test: \w.* \(\d\)\n", capsys.readouterr().out)


def test_folds_of_sources_write_one_manifest_each(tmp_path: Path) -> None:
    assert index(*several(tmp_path), "--split", "sources", "--folds", "3", "--out", tmp_path / "s.csv") == 0
    tested = [one.path for n in (1, 2, 3) for one in read_manifest(tmp_path / f"s_fold{n}.csv") if one.split == "test"]
    assert len(tested) == len(set(tested)) == 18


def test_what_is_in_two_of_several_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest, _ = several(tmp_path)
    copy = manifest.with_name("copy.csv")
    copy.write_text(manifest.read_text())
    assert index(manifest, copy, "--split", "sources", "--out", tmp_path / "s.csv") == 2
    assert "0.jpg is in two of the sources: take it out of one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--split", "paper", "--seed", "-1"], "the seed is -1"),
        (["--split", "folds", "--folds", "2"], "cannot make 2 folds"),
        (["--split", "folds", "--folds", "40"], "cannot make 40 folds"),
        (["--split", "grouped", "--folds", "3"], "--split grouped has no folds"),
        (["--split", "sources"], "48 of 48 images have no source"),
    ],
)
def test_wrong_numbers_are_one_sentence(
    demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert index(demo_root / "manifest.csv", *flags, "--out", tmp_path / "index.csv") == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

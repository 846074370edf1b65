"""``fakeface data audit`` from files to pages."""

import json
import shutil
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.data.manifest import read_manifest


@pytest.fixture
def damaged(demo_root: Path, tmp_path: Path) -> Path:
    """The demo set with a broken file and a copy."""
    root = tmp_path / "data"
    shutil.copytree(demo_root, root)
    reals = sorted((root / "training_real").iterdir())
    reals[0].write_bytes(b"not a photograph")
    shutil.copy(reals[1], root / "training_real" / "real_copy.jpg")
    return root


def test_audit_prints_and_writes_what_it_found(
    damaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit"
    assert main(["data", "audit", str(damaged), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    content = json.loads((out / "audit.json").read_text())
    page = (out / "audit.html").read_text()
    assert {probe["name"] for probe in content["probes"]} >= {"majority class", "header rule", "global ELA statistics"}
    assert [Path(file["path"]).name for file in content["broken"]] == ["real_00001.jpg"]
    (copies,) = content["duplicates"]
    assert {Path(path).name for path in copies} == {"real_00002.jpg", "real_copy.jpg"}
    for text in (printed, page):
        assert "header rule" in text
        assert "real_00001.jpg" in text.replace("<wbr>", "")
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")
    groups = {record.path.name: record.group for record in read_manifest(out / "manifest.csv")}
    assert groups["real_copy.jpg"] == groups["real_00002.jpg"]
    assert all(groups.values())


def test_an_existing_result_is_kept(demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["data", "audit", str(demo_root), "--out", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_missing_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "audit", str(tmp_path / "none")]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_too_small_a_set_says_so_instead_of_a_number(
    demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reals = sorted((demo_root / "training_real").iterdir())[:2]
    manifest = tmp_path / "reals.csv"
    manifest.write_text("path,label\n" + "".join(f"{path},real\n" for path in reals))
    assert main(["data", "audit", str(manifest), "--out", str(tmp_path / "audit")]) == 0
    printed = capsys.readouterr().out
    assert "header rule not measurable: 5-fold cross-validation needs 5 sources of each class; there are 0" in printed
    assert "nan" not in printed.lower()
    probes = json.loads((tmp_path / "audit" / "audit.json").read_text())["probes"]
    assert {probe["auroc"] for probe in probes} == {None}

"""The released detector on drawn faces, of which scores are published in a folder of the test."""

import json
import shutil
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.commands import verify
from fakeface.inference import published
from tests.tiny_run import refusal


@pytest.fixture
def root(demo_root: Path, tmp_path: Path) -> Path:
    """Six drawn faces."""
    folder = tmp_path / "faces"
    for part in ("training_real", "training_fake"):
        (folder / part).mkdir(parents=True)
        for path in sorted((demo_root / part).iterdir())[:3]:
            shutil.copy(path, folder / part)
    return folder


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is published, to be written over."""
    folder = tmp_path / "release"
    folder.mkdir()
    for name in (published.FIGURES_FILE, published.SCORES_FILE):
        shutil.copy(published.RELEASE_FOLDER / name, folder)
    monkeypatch.setattr(verify, "RELEASE_FOLDER", folder)
    return folder


def test_what_was_published_holds_until_it_is_changed(
    root: Path, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--data", str(root), "--publish"]) == 0
    assert f"Replacing the earlier {release / published.SCORES_FILE}" in capsys.readouterr().out
    assert len((release / published.SCORES_FILE).read_text().splitlines()) == 7
    assert main(["verify", "--data", str(root)]) == 0
    told = capsys.readouterr().out
    assert "6 are here" in told
    assert "All that could be checked holds." in told
    assert "Not checked: generated" in told
    figures = json.loads((release / published.FIGURES_FILE).read_text())
    figures["weights"]["sha256"] = "0" * 64
    (release / published.FIGURES_FILE).write_text(json.dumps(figures))
    assert main(["verify", "--data", str(root)]) == 1
    assert "Does not hold: weights, SHA-256." in capsys.readouterr().out


def test_wrong_folders_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in refusal(capsys, "verify", "--data", str(tmp_path / "missing"))
    assert "has no folder training_real/" in refusal(capsys, "verify", "--data", str(tmp_path))
    for part in ("training_real", "training_fake"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "easy_1_1111.jpg").write_text("no picture")
    capsys.readouterr()
    assert main(["verify", "--data", str(tmp_path)]) == 2
    assert "no photograph of" in capsys.readouterr().err

import json
from pathlib import Path

import pytest

from fakeface.cli import main
from tests.evidence.files import jpeg, portrait
from tests.networks import write_checkpoint
from tests.tiny_run import refusal


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_checkpoint(Path("runs/a.ckpt"), {"face": "test_efficientnet"})
    Path("photos").mkdir()
    Path("photos/anna.jpg").write_bytes(jpeg(portrait()))
    return tmp_path


def test_page_and_json_are_written(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "photos/anna.jpg", "--out", "out", "--ckpt_path", "runs/a.ckpt"]) == 0
    assert capsys.readouterr().out.split() == ["out/anna.html", "out/anna.json"]
    content = json.loads(Path("out/anna.json").read_text())
    assert content["file"]["name"] == "anna.jpg"
    page = Path("out/anna.html").read_text("utf-8")
    assert content["caution"] in page
    # What is handed on does not tell the folders of whoever made it.
    assert content["made"]["command"] == "fakeface inspect anna.jpg --out FOLDER --ckpt_path a.ckpt"
    assert "photos" not in page


def test_earlier_page_is_not_overwritten(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/anna.json").write_text("mine")
    message = refusal(capsys, "inspect", "photos/anna.jpg", "--out", "out", "--ckpt_path", "runs/a.ckpt")
    assert "out/anna.json exists already" in message
    assert Path("out/anna.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        ("missing.jpg", "cannot be read (No such file or directory)"),
        ("photos", "is no file"),
        ("text.jpg", "not a readable image"),
    ],
)
def test_wrong_photographs_are_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str], photo: str, words: str
) -> None:
    Path("text.jpg").write_text("no picture")
    message = refusal(capsys, "inspect", photo, "--out", "out", "--ckpt_path", "runs/a.ckpt")
    assert words in message
    assert not Path("out").exists()

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakeface.cli import main
from fakeface.commands.ela import name_pictures
from fakeface.data.images import read_image
from fakeface.views.ela import ElaParameters, error_level_analysis
from tests.networks import write_checkpoint


def save_photograph(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_picture_shows_the_photograph_beside_its_error_levels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = save_photograph(tmp_path / "anna.jpg")
    out = tmp_path / "figures" / "ela"
    assert main(["ela", str(photo), "--out", str(out), "--quality", "75", "--alpha", "10", "--beta", "-5"]) == 0
    picture = read_image(out / "anna_ela.png")
    original = read_image(photo)
    assert picture.shape == (80, 180, 3)
    assert (picture[:, :90] == original).all()
    assert (picture[:, 90:] == error_level_analysis(original, ElaParameters(75, 10, -5))).all()
    assert capsys.readouterr().out.splitlines() == [str(out / "anna_ela.png")]


def test_equal_names_are_numbered(tmp_path: Path) -> None:
    photos = [save_photograph(tmp_path / name, seed) for seed, name in enumerate(["a/x.png", "b/x.png", "b/x.bmp"])]
    out = tmp_path / "out"
    assert main(["ela", *map(str, photos), "--out", str(out)]) == 0
    for photo, name in zip(photos, ["x_ela.png", "x_2_ela.png", "x_3_ela.png"], strict=True):
        assert (read_image(out / name)[:, :90] == read_image(photo)).all()


def test_numbered_name_avoids_a_photograph_of_that_name(tmp_path: Path) -> None:
    photos = [Path("x.jpg"), Path("x_2.jpg"), Path("x.png"), Path("x_2.png")]
    names = [target.name for target in name_pictures(photos, tmp_path)]
    assert names == ["x_ela.png", "x_2_ela.png", "x_3_ela.png", "x_2_2_ela.png"]


def test_every_unreadable_photograph_is_reported_and_the_others_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = save_photograph(tmp_path / "good.png")
    broken, empty = tmp_path / "broken.jpg", tmp_path / "empty.jpg"
    broken.write_text("no image")
    empty.touch()
    out = tmp_path / "out"
    assert main(["ela", str(broken), str(good), str(empty), "--out", str(out)]) == 1
    errors = capsys.readouterr().err
    assert str(broken) in errors
    assert str(empty) in errors
    assert [path.name for path in out.iterdir()] == ["good_ela.png"]


@pytest.mark.parametrize("wrong", ["missing.jpg", "*.jpg", "empty", "broken.jpg", "s3://bucket/a.jpg"])
def test_the_same_wrong_input_gives_the_exit_code_and_sentence_of_predict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    if wrong == "broken.jpg":
        Path(wrong).write_text("no image")
    write_checkpoint(tmp_path / "a.ckpt")
    answers = []
    for command in (["ela", wrong], ["predict", "--ckpt_path", "a.ckpt", "--source", wrong]):
        out = ["--out", command[0] + ".csv"]
        code, printed = main([*command, *out]), capsys.readouterr()
        answers.append((code, printed.err if code == 2 else ""))
    assert answers[0] == answers[1]
    assert answers[0][0] == (1 if wrong == "broken.jpg" else 2)


def test_existing_picture_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = save_photograph(tmp_path / "anna.png")
    (tmp_path / "anna_ela.png").write_text("mine")
    assert main(["ela", str(photo), "--out", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "anna_ela.png").read_text() == "mine"


def test_quality_out_of_range_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = save_photograph(tmp_path / "anna.png")
    assert main(["ela", str(photo), "--out", str(tmp_path / "out"), "--quality", "101"]) == 2
    assert "from 1 to 100" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_lightning_is_not_imported(tmp_path: Path) -> None:
    photo = save_photograph(tmp_path / "anna.png")
    code = (
        "import sys; from fakeface.cli import main; main(sys.argv[1:]);"
        "sys.exit(bool({'torch', 'lightning', 'albumentations'} & set(sys.modules)))"
    )
    arguments = ["ela", str(photo), "--out", str(tmp_path / "out")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)

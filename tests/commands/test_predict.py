import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image
from pyarrow import parquet

from fakeface import Detector
from fakeface.cli import main
from fakeface.data.images import read_image
from fakeface.inference.verdicts import WORDS
from tests.commands.tables import read_csv
from tests.locked_folder import refuse_to_search


def test_few_photographs_are_printed_as_a_table(
    tmp_path: Path, checkpoint: Path, photographs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    photo, missing = str(photographs[0]), str(tmp_path / "missing.jpg")
    (tmp_path / "list.txt").write_text(f"{photo}\n{missing}\n")
    assert main(["predict", "--ckpt_path", str(checkpoint), str(tmp_path / "list.txt")]) == 1
    header, good, bad = capsys.readouterr().out.splitlines()
    (verdict,) = Detector.load(checkpoint).predict([photo])
    assert verdict.probability is not None
    assert verdict.regions is not None
    assert header.split() == ["verdict", "P(fake)", "suspected", "photograph"]
    assert good.startswith(WORDS[verdict.verdict])
    assert f" {verdict.probability:.1%}  " in good
    region, score = max(verdict.regions.items(), key=lambda item: item[1])
    assert (f"{region.replace('_', ' ')} {score:.2f}" in good) == (score >= 0.5)
    assert good.index(photo) == bad.index(missing) == header.index("photograph")
    assert bad.startswith("not judged ")
    assert bad.endswith(f"{missing} (no such file or directory)")


class Terminal(io.TextIOWrapper):
    """Stands for a terminal, and keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def written(self) -> str:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


def test_a_terminal_of_80_columns_shows_something_at_once_and_a_table_that_fits(
    tmp_path: Path, checkpoint: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a-name-that-makes-the-path-longer" / "than-a-terminal-is-wide"
    folder.mkdir(parents=True)
    for name in ("b.jpg", "a.jpg", "c.jpg"):
        shutil.copy(photographs[0], folder / name)
    (folder / "d.jpg").write_text("no image")
    out, errors = Terminal(), Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", errors)
    assert main(["predict", str(folder), "--ckpt_path", str(checkpoint)]) == 1
    rows = out.written().splitlines()
    assert [row.strip()[-5:] for row in rows[1:5]] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert max(map(len, rows)) <= 80
    assert errors.written().startswith("fakeface starts …\r\033[KLoading the network …\r\033[K")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_scores_of_a_folder_are_written_by_the_ending(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    photographs: list[Path],
    capsys: pytest.CaptureFixture[str],
    ending: str,
) -> None:
    out = tmp_path / "new" / f"scores.{ending}"
    assert main(["predict", "--ckpt_path", str(checkpoint), "--source", str(demo_root), "--out", str(out)]) == 0
    rows: list[dict[str, Any]]
    if ending == "csv":
        rows = [{key: value or None for key, value in row.items()} for row in read_csv(out)]
    elif ending == "jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    else:
        rows = parquet.read_table(out).to_pylist()
    verdicts = Detector.load(checkpoint).predict(photographs)
    columns = {"path", "verdict", "probability", "faces", "left_eye", "right_eye", "nose", "mouth", "error"}
    assert columns <= rows[0].keys()
    assert [row["path"] for row in rows] == list(map(str, photographs))
    assert [row["verdict"] for row in rows] == [verdict.verdict for verdict in verdicts]
    assert [float(row["probability"]) for row in rows] == pytest.approx([v.probability for v in verdicts], abs=1e-6)
    assert [float(row["nose"]) for row in rows] == pytest.approx(
        [(v.regions or {})["nose"] for v in verdicts], abs=1e-6
    )
    assert {row["error"] for row in rows} == {None}
    assert list(out.parent.iterdir()) == [out]
    assert capsys.readouterr().out.startswith(f"{out}: 48 photographs: ")


def test_standard_input_manifest_and_overlapping_sources_give_each_photograph_once(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    photographs: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(os.fsencode(photographs[30]) + b"\nmissing.jpg\n")))
    sources = ["-", str(photographs[40]), str(demo_root / "manifest.csv"), str(demo_root)]
    out = tmp_path / "scores.csv"
    assert main(["predict", "--ckpt_path", str(checkpoint), "--source", *sources, "--out", str(out)]) == 1
    paths = [row["path"] for row in read_csv(out)]
    assert paths[:3] == [str(photographs[30]), "missing.jpg", str(photographs[40])]
    assert sorted(paths[3:]) == sorted(
        str(path) for path in photographs if path not in (photographs[30], photographs[40])
    )
    assert "1 not judged" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_each_face_of_a_group_is_in_the_file(tmp_path: Path, ending: str) -> None:
    portrait = skimage.data.astronaut()
    Image.fromarray(np.hstack([portrait, portrait[:, ::-1]])).save(tmp_path / "two.png")
    Image.fromarray(skimage.data.coffee()).save(tmp_path / "none.png")
    out = tmp_path / f"scores.{ending}"
    assert main(["predict", "--source", *map(str, sorted(tmp_path.glob("*.png"))), "--out", str(out)]) == 0
    _, two = Detector.load("release").predict(sorted(tmp_path.glob("*.png")))
    probabilities = [pytest.approx(face.probability, abs=1e-6) for face in two.faces or ()]
    if ending == "csv":
        none, *rows = read_csv(out)
        assert (none["verdict"], none["faces"], none["face"], none["probability"]) == ("no face", "0", "", "")
        assert [row["face"] for row in rows] == ["1", "2"]
        assert {(row["path"], row["verdict"], row["faces"]) for row in rows} == {(str(two.path), two.verdict, "2")}
        assert [float(row["face_probability"]) for row in rows] == probabilities
    else:
        none, row = map(json.loads, out.read_text().splitlines())
        assert (none["verdict"], none["faces"], none["probability"]) == ("no face", [], None)
        assert [face["probability"] for face in row["faces"]] == probabilities
        assert [tuple(face["box"]) for face in row["faces"]] == [face.box for face in two.faces or ()]


def test_a_network_of_whole_photographs_says_that_there_is_no_face(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "face.png")
    Image.fromarray(skimage.data.coffee()).save(tmp_path / "cup.png")
    command = ["predict", str(tmp_path), "--ckpt_path", str(checkpoint)]
    assert main(command) == 0
    _, cup, face = capsys.readouterr().out.splitlines()
    assert cup.endswith("cup.png (no face found: the verdict is on the picture as a whole)")
    assert face.endswith("face.png")
    out = tmp_path / "scores.csv"
    assert main([*command, "--out", str(out)]) == 0
    rows = read_csv(out)
    told = [(row["faces"], row["reason"] == "no face", row["face"]) for row in rows]
    assert told == [("0", True, ""), ("1", False, "")]
    assert all(row["verdict"] in {"real", "fake", "unsure"} and row["probability"] for row in rows)
    assert capsys.readouterr().out.strip().endswith("; 1 of the judged ones show no face")


def test_a_folder_that_cannot_be_searched_is_not_judged_and_the_others_are(
    tmp_path: Path, checkpoint: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/x.jpg", "locked/y.jpg", "z.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photographs[0], tmp_path / "photos" / name)
    locked = tmp_path / "photos" / "locked"
    refuse_to_search(monkeypatch, locked)
    out = tmp_path / "scores.csv"
    assert main(["predict", str(tmp_path / "photos"), "--ckpt_path", str(checkpoint), "--out", str(out)]) == 1
    first, refused, last = read_csv(out)
    assert [Path(row["path"]).name for row in (first, last)] == ["x.jpg", "z.jpg"]
    assert first["verdict"] == last["verdict"] != ""
    assert (refused["path"], refused["verdict"]) == (str(locked), "")
    assert refused["error"] == "a folder that cannot be searched (permission denied): allow it, or leave it out"


def test_each_verdict_is_explained_by_a_picture(
    tmp_path: Path, checkpoint: Path, photographs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ["a/x.jpg", "b/x.jpg", "b/y.jpg"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(photographs[0], tmp_path / name)
    (tmp_path / "a" / "broken.jpg").touch()
    sources = ["--source", str(tmp_path / "a"), str(tmp_path / "b")]
    pictures = tmp_path / "pictures"
    command = ["predict", "--ckpt_path", str(checkpoint), *sources, "--explain", str(pictures)]
    assert main([*command, "--out", str(tmp_path / "scores.csv")]) == 1
    assert sorted(path.name for path in pictures.iterdir()) == ["x.png", "x_2.png", "y.png"]
    height, width, _ = read_image(pictures / "x_2.png").shape
    assert width > 2 * height
    assert main(command) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "fakeface predict photo.jpg                    judge a photograph"),
        (["missing.jpg"], "missing.jpg does not exist"),
        (["--source", "missing.jpg"], "missing.jpg does not exist"),
        (["--source", ".", "--out", "scores.xlsx"], "ends in none of"),
        (["--source", ".", "--out", "taken.csv"], "taken.csv exists already"),
        (["--source", ".", "--batch_size", "0"], "--batch_size is 0"),
        (["--source", ".", "--ckpt_path", "missing.ckpt"], "missing.ckpt does not exist"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken.csv").write_text("mine")
    Path("a.jpg").touch()
    assert main(["predict", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "taken.csv"]
    assert Path("taken.csv").read_text() == "mine"

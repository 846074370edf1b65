"""The zoo of bad input: what is given, the exit code, and the sentence."""

import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fakeface.cli import main
from tests.commands.bad_files import CONTENTS, half
from tests.networks import write_checkpoint


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with everything that goes wrong."""
    folder = tmp_path_factory.mktemp("zoo")
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    write_checkpoint(folder / "a.ckpt", {"original": "test_efficientnet"})
    (folder / "half.ckpt").write_bytes(half((folder / "a.ckpt").read_bytes()))
    torch.save({"state_dict": {}}, folder / "foreign.ckpt")
    for name in ("folder.jpg", "nothing", "run/version_3/checkpoints", "films", "real/training_real"):
        (folder / name).mkdir(parents=True)
    for number in range(3):
        (folder / "films" / f"{number}.mov").touch()
    (folder / "films" / "Thumbs.db").touch()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "dangling.jpg").symlink_to("gone")
    (folder / "device.jpg").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        listener.bind("socket.jpg")
        yield folder


NOT_JUDGED = {
    **{f"half.{ending}": "truncated" for ending in ("jpg", "png", "bmp", "tiff", "gif")},
    "half.webp": "damaged",
    "half.avif": "damaged",
    "half.heic": "damaged",
    "start.jpg": "not a readable image",
    "empty.jpg": "empty",
    "byte.jpg": "not a readable image",
    "text.jpg": "not a readable image (JPEG, PNG, WEBP, AVIF, BMP, TIFF, GIF)",
    "page.jpg": "but a web page",
    "drawing.jpg": "but XML, such as a drawing in SVG",
    "pdf.jpg": "but a PDF",
    "zip.jpg": "but a ZIP archive",
    "psd.jpg": "but a Photoshop document",
    "film.jpg": "but a video",
    "film2.jpg": "but a video",
    "xl.jpg": "but JPEG XL",
    "2000.jpg": "but JPEG 2000",
    "program.jpg": "but a program",
    "sound.jpg": "but a sound or a video",
    "zeros.jpg": "not a readable image",
    "bomb.png": "larger than 100 megapixels",
    "endless.png": "larger than 100 megapixels",
    "thin.png": "too small to judge (32000×3 pixels",
    "long.png": "too long to judge (6500×70 pixels",
    "small.png": "too small to judge (135×63 pixels, and 64 on each side are the least)",
    "dot.png": "too small to judge (1×1 pixels",
    "nan.tif": "floating point from nan to nan",
    "float.tif": "a TIFF of 3 × 64-bit floating point numbers, which is not read: save it with 8 or 16 bits",
    "deep.tif": "32 bits per channel",
    "black.tif": "almost black",
    "lab.tif": "its colours are LAB",
    "raw.tif": "its first page is a preview, as in a camera's raw file",
    "odd.bmp": "of an unusual kind that is not read",
    "new\nline.jpg": r"new\nline.jpg (empty)",
    "\x1b[31mred.jpg": r"\x1b[31mred.jpg (empty)",
    "pipe.jpg": "not a regular file",
    "socket.jpg": "not a regular file",
    "device.jpg": "not a regular file",
    "gone.txt": "gone.jpg (no such file or directory)",
    "nul.txt": r"a\x00b.jpg (embedded null byte)",
    "folder.txt": "folder.jpg (a folder, not a file)",
    "endless.txt": "file name too long",
}
"""What the table says in the place of a verdict; the exit code is 1."""


def predict(*sources: str) -> list[str]:
    return ["predict", *sources, "--ckpt_path", "a.ckpt"]


@pytest.mark.parametrize("name", NOT_JUDGED)
def test_what_is_not_judged_says_why_and_does_not_keep_others_from_it(
    zoo: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(predict(name, "good.jpg")) == 1
    printed = capsys.readouterr()
    rows = printed.out.splitlines()
    assert len(rows) == 3
    assert rows[1].startswith("not judged ")
    assert NOT_JUDGED[name] in rows[1]
    assert rows[2].endswith(f"good.jpg ({NO_FACE})")
    assert printed.err == ""


NO_FACE = "no face found: the verdict is on the picture as a whole"
JUDGED = {
    "good.JFIF": "",
    "good.avif": "",
    "good.heic": "",
    "film.gif": "; the first of 2 frames or pages",
    "film.webp": "; the first of 2 frames or pages",
    "pages.tif": "; the first of 2 frames or pages",
    "gain.jpg": "",
    "grey16.tif": "",
    "grey16.png": "",
    "alpha16.png": "",
    "twelve.png": "",
    "floats.tif": "",
    "cmyk.jpg": "",
    "palette.png": "",
    "windows.CSV": "",
}


def test_what_is_unusual_is_judged_all_the_same(zoo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(predict(*JUDGED)) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    expected = [f"{name.replace('windows.CSV', 'good.jpg')} ({NO_FACE}{note})" for name, note in JUDGED.items()]
    assert [row[row.rindex("  ") + 2 :] for row in rows] == expected


REFUSED: dict[str, str] = {
    # Sources
    "predict gone.jpg": "gone.jpg does not exist: name a photograph, a folder, a pattern, a list or a manifest",
    "predict loop.jpg": "loop.jpg does not exist",
    "predict dangling.jpg": "dangling.jpg does not exist",
    "predict *.psd": "*.psd names no photograph: correct it, or leave it out",
    "predict nothing": "nothing names no photograph",
    "predict folder.jpg": "folder.jpg names no photograph",
    "predict films": "films names no photograph: correct it, or leave it out (3 .mov left out: no photographs",
    "predict nothing.txt": "nothing.txt names no photograph",
    "predict blank.txt": "blank.txt names no photograph",
    "predict header.csv": "header.csv names no photograph",
    "predict empty.csv": "empty.csv, row 1: the column 'path' is missing: the header must name it",
    "predict nopath.csv": "nopath.csv, row 1: the column 'path' is missing",
    "predict more.csv": "more.csv, row 2: the number of fields differs from the header's: quote a field that holds",
    "predict quote.csv": "quote.csv is not a CSV file in UTF-8",
    "predict cut.csv": "cut.csv is not a CSV file in UTF-8",
    "predict faces.zip": "faces.zip is an archive: unpack it, and name the folder",
    "predict s3://bucket/faces": "is an address, not a path of this machine",
    "predict https://example.org/a.jpg": "is an address, not a path of this machine",
    "predict": "no photograph is named. Some ways to go on:",
    # Networks
    "predict good.jpg --ckpt_path gone.ckpt": "the checkpoint gone.ckpt does not exist: pass its path, or best or last",
    "predict good.jpg --ckpt_path empty.ckpt": "empty.ckpt is not a checkpoint, or was cut off",
    "predict good.jpg --ckpt_path text.ckpt": "text.ckpt is not a checkpoint, or was cut off",
    "predict good.jpg --ckpt_path half.ckpt": "half.ckpt is not a checkpoint, or was cut off",
    "predict good.jpg --ckpt_path good.jpg": "good.jpg is not a checkpoint, or was cut off",
    "predict good.jpg --ckpt_path foreign.ckpt": "foreign.ckpt carries no configuration of network and data",
    "predict good.jpg --ckpt_path empty.onnx": "empty.onnx",
    "predict good.jpg --ckpt_path text.onnx": "text.onnx",
    "predict good.jpg --ckpt_path gone.onnx": "gone.onnx",
    "predict good.jpg --ckpt_path nothing": "nothing is not the folder of a run",
    "predict good.jpg --ckpt_path run/version_3": "the run run/version_3 has no checkpoints/best.ckpt: nothing was",
    "predict good.jpg --ckpt_path best": "there is no best.ckpt of any run below lightning_logs: train with",
    # Results
    "predict good.jpg --out scores.xlsx": "scores.xlsx ends in none of .csv, .jsonl, .parquet",
    "predict good.jpg --out scores": "scores ends in none of",
    "predict good.jpg --out header.csv": "header.csv exists already: remove it, or choose another --out",
    "predict good.jpg --out good.jpg/scores.csv": "good.jpg/scores.csv.unfinished cannot be made",
    "predict good.jpg --ckpt_path a.ckpt --explain films": "the folder films is not empty",
    "predict good.jpg --ckpt_path a.ckpt --explain good.jpg": "the folder good.jpg cannot be made",
    "predict good.jpg --batch_size 0": "--batch_size is 0: choose a positive number of photographs",
    "predict good.jpg --batch_size -3": "--batch_size is -3",
    "ela good.jpg --out good.jpg": "the folder good.jpg cannot be made",
    "ela good.jpg --out nothing --quality 0": "the ELA quality is 0: choose a JPEG quality from 1 to 100",
    "ela good.jpg --out nothing --quality 101": "the ELA quality is 101",
    "export --out a.onnxx": "a.onnxx does not end in .onnx",
    "export --ckpt_path a.ckpt --format torch_export --out a.pt2 --int8 good.jpg": "--int8 is for --format onnx",
    "export --ckpt_path a.ckpt --out a.onnx --source small.png": "small.png: too small to judge (135×63 pixels",
    "export --ckpt_path a.ckpt --out good.jpg/a.onnx --source good.jpg": "the folder good.jpg cannot be made",
    # Data sets
    "data audit gone": "gone does not exist: name a folder with training_real/ and training_fake/, or a manifest",
    "data audit nothing": "nothing has no folder training_real/",
    "data audit real": "training_real holds no image",
    "data audit faces.zip": "faces.zip is an archive: unpack it, and name the folder",
    "data audit table.xlsx": "table.xlsx is a spreadsheet's own file: save it as CSV in UTF-8, and name that one",
    "data audit header.csv": "header.csv lists no image",
    "data audit label.csv": "label.csv, row 2: label is 'maybe': write one of real, fake",
    "data audit twice.csv": "twice.csv, row 3: good.jpg is already in row 2",
    "data audit bits.csv": "bits.csv, row 2: regions is '2': write four bits",
    "data audit column.csv": "column.csv, row 1: the column 'label' is missing",
    "data audit latin.csv": "latin.csv is not a CSV file in UTF-8",
    "data audit back.csv": "does not exist (1 of 1 files are missing): pass the folder that the paths start from as "
    "--data.root, or correct the paths, and write / instead of \\",
    "data index nothing --split paper --out m.csv": "nothing has no folder training_real/",
    "data index real --split paper --out m.csv --seed -1": "the seed is -1: choose 0 or a positive number",
    "data index real --split paper --out header.csv": "header.csv exists already",
    "data demo --out films": "the folder films is not empty",
    "data demo --out m --images 0": "images",
    "data demo --out m --size 1": "size",
    # Reports
    "report": "there is nothing to write: name a folder with --out, or a file with --model-card",
    "report gone --out r": "the run gone does not exist: pass the folder of a tested run",
    "report run/version_3 --out r": "run/version_3 holds no metrics.json, so it is no tested run",
    "report good.jpg --out r": "the run good.jpg does not exist",
    "serve --port 99999": "port 99999 of 127.0.0.1 cannot be used",
    "serve --port -1": "port -1 of 127.0.0.1 cannot be used",
    "configs nothere": "nothere",
}
"""Commands that change nothing: one sentence, and the exit code is 2."""


@pytest.mark.parametrize("command", REFUSED)
def test_what_is_refused_says_why_and_changes_nothing(
    zoo: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    before = sorted(os.walk(zoo))
    assert main(command.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith("fakeface: error: ")
    assert REFUSED[command] in error
    assert "Traceback" not in error
    assert error.count("\n") == 1 or command == "predict"
    assert sorted(os.walk(zoo)) == before


def test_an_empty_list_from_standard_input(
    zoo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(predict("-")) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_every_subcommand_on_photographs_goes_on_after_bad_ones(
    zoo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ["half.jpg", "thin.png", "long.png", "small.png", "nan.tif", "folder.txt"]
    assert main(["ela", *bad, "good.jpg", "--out", str(tmp_path / "ela")]) == 1
    assert [path.name for path in (tmp_path / "ela").iterdir()] == ["good_ela.png"]
    errors = capsys.readouterr().err
    assert errors.count("fakeface: error: ") == len(bad)
    assert main([*predict(*bad, "good.jpg"), "--out", str(tmp_path / "scores.csv")]) == 1
    summary = capsys.readouterr().out
    assert "7 photographs: " in summary
    assert ", 6 not judged" in summary
    Path("bad.csv").write_text("path,label\n" + "".join(f"{name},fake\n" for name in bad[:5]) + "good.jpg,real\n")
    try:
        assert main(["data", "audit", "bad.csv"]) == 0
    finally:
        Path("bad.csv").unlink()
    printed = capsys.readouterr().out
    for name in bad[:5]:
        assert f"`{name}` cannot be read: {NOT_JUDGED[name][:19]}" in printed

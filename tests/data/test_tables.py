"""Names that are not UTF-8 go through every table, page and line that names photographs."""

import json
import os
import shutil
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.manifest import read_manifest, write_manifest
from fakeface.data.records import FAKE, REAL, Record
from fakeface.data.tables import read_table, write_table
from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions, read_predictions, write_predictions
from fakeface.training.runs import read_split_counts
from tests.networks import write_checkpoint

pytestmark = pytest.mark.usefixtures("no_pictures")

NAME = os.fsdecode(b"gr\xfc\xdfe.jpg")


@pytest.fixture
def faces(demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo set with names of real photographs in Latin-1, below the current folder; one of them is ``NAME``."""
    shutil.copytree(demo_root, tmp_path / "faces")
    monkeypatch.chdir(tmp_path)
    for number, path in enumerate(sorted(Path("faces/training_real").iterdir())):
        path.rename(path.with_name(f"{number}{NAME}" if number else NAME))
    return Path("faces")


def test_rows_read_back_byte_for_byte(tmp_path: Path) -> None:
    rows = [[NAME, "a, b"], ["ü.jpg", '"']]
    write_table(tmp_path / "new" / "t.csv", ["path", "note"], rows, "w")
    assert b"gr\xfc\xdfe.jpg," in (tmp_path / "new" / "t.csv").read_bytes()
    read = list(read_table(tmp_path / "new" / "t.csv", lambda names: names))
    assert read == [(number, dict(zip(["path", "note"], row, strict=True))) for number, row in enumerate(rows, start=2)]
    with pytest.raises(UserError, match="exists already"):
        write_table(tmp_path / "new" / "t.csv", ["path"], [], "x")


def test_other_columns_and_names_of_no_file_must_be_utf8(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    for content, base in [(b"path,note\na.jpg,\xfc\n", None), (b"path\nb\xfc.jpg\n", tmp_path)]:
        (tmp_path / "t.csv").write_bytes(content)
        with pytest.raises(UserError, match=r"t\.csv is not a CSV file in UTF-8 \(row 2 holds other bytes\)"):
            list(read_table(tmp_path / "t.csv", lambda names: names, base))


def test_manifests_and_predictions_keep_the_name(tmp_path: Path) -> None:
    records = [Record(tmp_path / NAME, REAL, regions="0000"), Record(tmp_path / "b.jpg", FAKE)]
    for record in records:
        record.path.touch()
    write_manifest(tmp_path / "split.csv", records, tmp_path)
    assert read_manifest(tmp_path / "split.csv") == records
    assert read_split_counts(tmp_path) == {("real", ""): 1, ("fake", ""): 1}
    write_predictions(tmp_path / "predictions.csv", Predictions.from_records(records, [0.25, 0.75]))
    assert read_predictions(tmp_path / "predictions.csv").path.tolist() == [str(record.path) for record in records]


def test_every_command_on_photographs_takes_the_name(faces: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photograph = str(faces / "training_real" / NAME)
    write_checkpoint(Path("a.ckpt"))
    assert main(["data", "index", "faces", "--split", "paper", "--out", "split.csv"]) == 0
    assert {record.path for record in read_manifest(Path("split.csv"))} == {one.path for one in scan_folder(faces)}
    (faces / "training_real" / NAME).with_name("copy.jpg").write_bytes(Path(photograph).read_bytes())
    assert main(["data", "audit", "faces", "--out", "audit"]) == 0
    duplicates = json.loads(Path("audit/audit.json").read_text(encoding="utf-8"))["duplicates"]
    assert photograph in duplicates[0]
    predict = ["predict", "--ckpt_path", "a.ckpt", "--source"]
    assert main([*predict, photograph]) == 0
    head, *rows = Path("split.csv").read_bytes().splitlines(keepends=True)
    Path("few.csv").write_bytes(b"".join([head, *rows[:4], *(row for row in rows[4:] if b"/gr\xfc" in row)]))
    assert main([*predict, "few.csv", "--out", "scores.csv", "--explain", "why"]) == 0
    assert main(["ela", photograph, "--out", NAME]) == 0
    assert "gr\\udcfc\\udcdfe" in capfd.readouterr().out


def test_a_run_on_such_names_is_trained_tested_and_reported(workplace: Path, faces: Path) -> None:
    run = Path("lightning_logs/tiny/version_1")
    assert (
        main(["fit", "--config", str(workplace / "tiny.yaml"), "--data.root", "faces", "--trainer.max_epochs=1"]) == 0
    )
    run = max(Path("lightning_logs").glob("tiny/version_*"))
    assert main(["test", "--ckpt_path", str(run / "checkpoints" / "best.ckpt"), "--trainer.accelerator=cpu"]) == 0
    assert b"gr\xfc\xdfe.jpg,real" in (run / "predictions.csv").read_bytes()
    assert main(["report", str(run), "--out", "report"]) == 0

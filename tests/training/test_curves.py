from pathlib import Path

import pytest

from fakeface.training.curves import find_logs, read_curves
from tests.report.run_folders import CURVES, write_log


def test_values_are_read_by_epoch(tmp_path: Path) -> None:
    write_log(tmp_path, CURVES | {"train/f1": [0.1, 0.2, 0.3]})
    curves = read_curves(tmp_path)
    assert list(curves) == ["train/loss", "val/loss", "train/accuracy", "val/accuracy"]
    assert curves["val/accuracy"] == pytest.approx({0: 0.5, 1: 0.625, 2: 0.6})


def test_a_resumed_training_goes_on_where_it_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path, {"train/loss": [0.9, 0.8]})
    monkeypatch.setattr("time.time", lambda: 4e9)  # event files are named after the time
    write_log(tmp_path, {"train/loss": [0.7, 0.6]}, first_epoch=1)
    assert len(find_logs(tmp_path)) == 2
    assert read_curves(tmp_path)["train/loss"] == pytest.approx({0: 0.9, 1: 0.7, 2: 0.6})


def test_a_validation_by_itself_does_not_bend_the_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path, CURVES)
    monkeypatch.setattr("time.time", lambda: 4e9)
    write_log(tmp_path, {"val/loss": [99.0], "test/loss": [99.0]})
    assert read_curves(tmp_path)["val/loss"] == pytest.approx({0: 0.69, 1: 0.6, 2: 0.65})


def test_a_loss_that_is_no_number_is_no_point(tmp_path: Path) -> None:
    write_log(tmp_path, {"train/loss": [0.9, float("nan"), float("inf")]})
    assert read_curves(tmp_path)["train/loss"] == pytest.approx({0: 0.9})


def test_a_folder_without_logs_has_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path) == {}

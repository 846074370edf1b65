"""The files of a run: its split, its predictions and its figures."""

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info

from fakeface.data.jpeg_headers import read_tables
from fakeface.data.manifest import write_manifest
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.predictions import Predictions, write_predictions
from fakeface.evaluation.summary import Summary, summarise
from fakeface.folders import announcement, write_json
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule
from fakeface.training.runs import METRICS_FILE, PREDICTIONS_FILE, SPLIT_FILE, read_split


class RunFiles(Callback):
    """Writes ``split.csv`` when training starts, ``predictions.csv`` and ``metrics.json`` when a test ends; says where.

    ``split.csv`` is a manifest: with ``--data.split manifest --data.manifest RUN/split.csv`` the run can be replayed.
    ``metrics.json`` is the ``Summary`` of the predictions, with the checkpoint and its epoch.
    """

    def __init__(self) -> None:
        self.epoch: int | None = None

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Note the epoch, counted from 0, whose weights are tested."""
        self.epoch = checkpoint["epoch"]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the split that was drawn."""
        data = data_of(trainer)
        if data is not None and trainer.log_dir is not None:
            path = Path(trainer.log_dir) / SPLIT_FILE
            if trainer.is_global_zero and not path.exists():
                write_manifest(path, data.records, data.root)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the score of every test image and the figures over all of them."""
        data = data_of(trainer)
        if isinstance(pl_module, FakeFaceModule) and data is not None:
            index, logit, _ = pl_module.test_metrics.samples()  # asks all processes
            folder = Path(trainer.log_dir or trainer.default_root_dir)  # asks all processes too
            if trainer.is_global_zero:
                records = [data.datasets["test"].record(position) for position in index.tolist()]
                predictions = Predictions.from_records(records, logit.sigmoid().cpu().numpy())
                write_results(folder, "test", predictions, pl_module.calibration, trainer.ckpt_path, self.epoch)


def write_results(
    folder: Path,
    split: str,
    predictions: Predictions,
    calibration: Calibration | None,
    checkpoint: str | Path | None = None,
    epoch: int | None = None,
) -> Summary:
    """Write ``predictions.csv`` and ``metrics.json`` into a run's folder, where its ``split.csv`` is; say so.

    Returns:
        What was measured.
    """
    write_predictions(_output_path(folder, PREDICTIONS_FILE), predictions)
    tables = read_tables(record.path for record in predictions.records)
    summary = summarise(predictions, calibration=calibration, tables=tables, training=read_split(folder))
    provenance = {"checkpoint": checkpoint and str(checkpoint), "epoch": epoch, "split": split}
    write_json(_output_path(folder, METRICS_FILE), {**provenance, **summary})
    return summary


def _output_path(folder: Path, name: str) -> Path:
    """Say where a file goes, and that it takes an earlier one's place where it does."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    rank_zero_info(announcement(path))
    path.unlink(missing_ok=True)
    return path


def data_of(trainer: Trainer) -> FaceDataModule | None:
    """Return the trainer's data module, if it is one of ours."""
    data = getattr(trainer, "datamodule", None)
    return data if isinstance(data, FaceDataModule) else None

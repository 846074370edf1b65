"""The files of a run: its split, its predictions and its figures."""

import json
import math
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info, rank_zero_only
from torch import Tensor

from fakeface.data.datamodule import FaceDataModule
from fakeface.data.dataset import FaceDataset
from fakeface.data.records import LABEL_NAMES, write_manifest
from fakeface.evaluation.predictions import Predictions, write_predictions
from fakeface.module import FakeFaceModule

SPLIT_FILE, PREDICTIONS_FILE, METRICS_FILE = "split.csv", "predictions.csv", "metrics.json"


class RunFiles(Callback):
    """Writes ``split.csv`` when training starts, ``predictions.csv`` and ``metrics.json`` when a test ends.

    ``split.csv`` is a manifest: with ``--data.split manifest --data.manifest RUN/split.csv`` the run can be replayed.
    """

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the split that was drawn."""
        data = _data_of(trainer)
        if data is not None and trainer.log_dir is not None:
            path = Path(trainer.log_dir) / SPLIT_FILE
            if trainer.is_global_zero and not path.exists():
                write_manifest(path, data.records, data.root)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the score of every test image and the figures over all of them."""
        data = _data_of(trainer)
        if isinstance(pl_module, FakeFaceModule) and data is not None:
            samples = pl_module.test_metrics.samples()
            figures = {name: float(value) for name, value in pl_module.test_metrics.compute().items()}
            self._write_predictions(trainer, data.datasets["test"], samples)
            self._write_metrics(trainer, figures, images=len(samples[0]))

    @rank_zero_only
    def _write_predictions(
        self, trainer: Trainer, dataset: FaceDataset, samples: tuple[Tensor, Tensor, Tensor]
    ) -> None:
        index, logit, _ = samples
        records = [dataset.record(int(position)) for position in index]
        predictions = Predictions.from_records(records, logit.sigmoid().cpu().numpy())
        write_predictions(_output_path(trainer, PREDICTIONS_FILE), predictions)

    @rank_zero_only
    def _write_metrics(self, trainer: Trainer, figures: dict[str, float], images: int) -> None:
        content: dict[str, Any] = {
            "checkpoint": str(trainer.ckpt_path),
            "split": "test",
            "images": images,
            "positive_class": LABEL_NAMES[1],
            "threshold": 0.5,
            "metrics": {name: None if math.isnan(value) else value for name, value in figures.items()},
        }
        _output_path(trainer, METRICS_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _output_path(trainer: Trainer, name: str) -> Path:
    """Say where a file goes, and that it takes an earlier one's place where it does."""
    folder = Path(trainer.log_dir or trainer.default_root_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    rank_zero_info(f"{'Replacing the earlier' if path.exists() else 'Writing'} {path}")
    path.unlink(missing_ok=True)
    return path


def _data_of(trainer: Trainer) -> FaceDataModule | None:
    data = getattr(trainer, "datamodule", None)
    return data if isinstance(data, FaceDataModule) else None

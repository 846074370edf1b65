"""Folders of tested runs, as `fakeface fit` and `fakeface test` leave them, without any training."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from fakeface.data.manifest import write_manifest
from fakeface.data.records import Record
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.predictions import Predictions, write_predictions
from fakeface.evaluation.summary import summarise

CALIBRATION = Calibration(temperature=1.5, threshold=0.45, unsure_low=0.3, unsure_high=0.6, error_rate=0.1, decided=0.6)
CURVES = {
    "train/loss": [0.7, 0.5, 0.3],
    "val/loss": [0.69, 0.6, 0.65],
    "train/accuracy": [0.5, 0.7, 0.9],
    "val/accuracy": [0.5, 0.625, 0.6],
}

ROBUSTNESS = {
    "rows": [
        {"corruption": "none", "level": None, "auroc": 0.8, "accuracy": 0.75, "flipped": 0.0},
        {"corruption": "jpeg", "level": 30, "auroc": 0.6, "accuracy": 0.55, "flipped": 0.3},
    ]
}
"""What `fakeface robustness` writes of a network under two corruptions."""


def make_records(count: int = 40, root: Path = Path("photographs")) -> list[Record]:
    """Half real, half fake photographs of every difficulty and region, two of each source."""
    records = []
    for number in range(count):
        difficulty = ("easy", "mid", "hard")[number // 2 % 3]
        bits = ("1000", "0100", "0010", "0001")[number // 2 % 4]
        name, label = (f"real_{number:03}", 0) if number % 2 == 0 else (f"{difficulty}_{number}_{bits}", 1)
        folder = root / ("training_fake" if label else "training_real")
        records.append(
            Record(
                folder / f"{name}.jpg",
                label,
                difficulty=difficulty if label else "",
                regions=bits if label else "0000",
                split="test",
                group=f"source {number // 4}",
            )
        )
    return records


def draw_scores(records: Sequence[Record], seed: int, skill: float = 1.0) -> NDArray[np.float64]:
    """Scores that are higher for fakes, the more so the higher the skill."""
    generator = np.random.default_rng(seed)
    signs = np.array([1.0 if record.label else -1.0 for record in records])
    scores: NDArray[np.float64] = 1 / (1 + np.exp(-(skill * signs + generator.normal(size=len(records)))))
    return scores


def write_run(
    folder: Path,
    branches: Mapping[str, str] | None = None,
    records: Sequence[Record] | None = None,
    scores: Sequence[float] | NDArray[np.float64] | None = None,
    *,
    calibration: Calibration | None = CALIBRATION,
    curves: Mapping[str, Sequence[float]] | None = CURVES,
    epoch: int = 1,
) -> Path:
    """Write a trained and tested run; without branches it has no configuration, without curves no log."""
    records = make_records() if records is None else records
    predictions = Predictions.from_records(records, draw_scores(records, seed=0) if scores is None else scores)
    folder.mkdir(parents=True)
    write_predictions(folder / "predictions.csv", predictions)
    train = [Record(Path(f"train_{number}.jpg"), number % 2, split="train", group="source 0") for number in range(4)]
    write_manifest(folder / "split.csv", [*train, *records])
    summary = summarise(predictions, calibration=calibration, training=[*train, *records])
    content = {"checkpoint": str(folder / "checkpoints" / "best.ckpt"), "epoch": epoch, "split": "test", **summary}
    write_json(folder / "metrics.json", content)
    if branches is not None:
        (folder / "config.yaml").write_text(yaml.safe_dump(make_config(branches), sort_keys=False), encoding="utf-8")
    if curves is not None:
        write_log(folder, curves)
    return folder


def make_config(branches: Mapping[str, str]) -> dict[str, Any]:
    return {
        "seed_everything": 7,
        "trainer": {"max_epochs": 3},
        "model": {
            "net": {"class_path": "fakeface.models.FaceClassifier", "init_args": {"branches": dict(branches)}},
            "optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.001}},
        },
        "data": {
            "root": "photographs",
            "manifest": None,
            "split": "paper",
            "split_seed": 3,
            "size": 128,
            "augmentation": "paper",
            "batch_size": 32,
        },
    }


def write_log(folder: Path, curves: Mapping[str, Sequence[float]], first_epoch: int = 0) -> None:
    """Write curves as Lightning logs them: with the last step of each epoch, and the epoch at the same step."""
    writer = EventFileWriter(str(folder))
    for tag, values in curves.items():
        for epoch, value in enumerate(values, start=first_epoch):
            for name, logged in ((tag, value), ("epoch", float(epoch))):
                entry = Summary.Value(tag=name, simple_value=logged)
                writer.add_event(Event(step=10 * epoch + 9, wall_time=epoch, summary=Summary(value=[entry])))
    writer.close()


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")

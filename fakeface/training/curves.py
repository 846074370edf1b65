"""Loss and accuracy of each epoch, read from the TensorBoard logs of a run."""

import math
from collections.abc import Sequence
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

Curves = dict[str, dict[int, float]]
"""Value by epoch, counted from 0, for each tag that was logged."""

TAGS = ("train/loss", "val/loss", "train/accuracy", "val/accuracy")

_SCALARS_ONLY = {"scalars": 0, "tensors": 1, "images": 1, "compressedHistograms": 1, "histograms": 1, "audio": 1}


def find_logs(run: Path) -> list[Path]:
    """Return the event files in a run's folder, oldest first."""
    return sorted(run.glob("events.out.tfevents.*"))


def read_curves(run: Path, tags: Sequence[str] = TAGS) -> Curves:
    """Read the curves of a run that have one of the tags; files of a test or validation alone hold none.

    Where a training was resumed, the later value of an epoch counts.
    """
    curves: Curves = {}
    for file in find_logs(run):
        log = EventAccumulator(str(file), size_guidance=_SCALARS_ONLY)
        log.Reload()
        logged = set(log.Tags()["scalars"])
        if "train/loss" not in logged:
            continue
        epochs = {event.step: round(event.value) for event in log.Scalars("epoch")}
        for tag in logged.intersection(tags):
            values = {
                epochs[event.step]: event.value
                for event in log.Scalars(tag)
                if event.step in epochs and math.isfinite(event.value)
            }
            curves[tag] = curves.get(tag, {}) | values
    return {tag: dict(sorted(curves[tag].items())) for tag in tags if tag in curves}

"""Where the fixture `fitted` leaves its run, and the answers to wrong commands about it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fakeface.cli import main

RUN = Path("lightning_logs/tiny/version_0")
BEST = RUN / "checkpoints/best.ckpt"
LAST = RUN / "checkpoints/last.ckpt"


def load(path: Path) -> dict[str, Any]:
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    return checkpoint


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The points of every curve that TensorBoard shows of a run."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a wrong command is answered with, after exit code 2."""
    capsys.readouterr()
    assert main(arguments) == 2
    error = capsys.readouterr().err
    lines = [line for line in error.splitlines() if not line.startswith("Seed set to")]
    assert len(lines) == 1, error
    assert lines[0].startswith("fakeface: error: ")
    return lines[0]

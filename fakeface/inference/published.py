"""The figures that are published of the released detector, in the one place where they can be read by programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).resolve().parent.parent / "release" / "figures.json"


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of the released detector.

    Attributes:
        weights: Name of the file with the weights, and its SHA-256: what all of this holds for.
        measured_on: Which photographs the figures come from, in words.
        reals_called_fake: Share of these reals: the false alarms.
        decided: Share of these photographs whose verdict is real or fake.
        right_among_decided: Share of right verdicts among them.
        auroc: Of each kind of fake against all reals.
    """

    weights: Mapping[str, str]
    measured_on: str
    reals_called_fake: float
    decided: float
    right_among_decided: float
    auroc: Mapping[str, float]


def read_published() -> Published:
    """Return what is published of the detector that comes with this version."""
    content: dict[str, Any] = json.loads(FIGURES.read_text("utf-8"))
    return Published(**content)

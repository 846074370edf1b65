"""Prediction tables for the tests of the evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeface.data.records import Record
from fakeface.evaluation.predictions import Predictions


def make_predictions(labels: ArrayLike, scores: ArrayLike, groups: Sequence[str] | None = None) -> Predictions:
    """A table of images 0.jpg, 1.jpg and so on."""
    values: list[int] = np.asarray(labels).tolist()
    records = [
        Record(Path(f"{number}.jpg"), label, group=group)
        for number, (label, group) in enumerate(zip(values, groups or [""] * len(values), strict=True))
    ]
    return Predictions.from_records(records, scores)


def draw_scores(
    count: int, seed: int, *, shift: float = 1.0, decimals: int = 12
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and scores of a detector whose log odds are calibrated when nothing is rounded away.

    Log odds of ``shift``² / 2 · (±1) plus ``shift`` times a standard normal are those of two Gaussian classes.
    """
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 2, count)
    log_odds = (2 * label - 1) * shift**2 / 2 + shift * generator.normal(size=count)
    return label, np.round(1 / (1 + np.exp(-log_odds)), decimals)

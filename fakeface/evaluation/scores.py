"""Accuracy, precision, recall, F1, AUROC and balanced accuracy, with fake as the positive class.

Our own, for the bootstrap measures thousands of weightings of the same photographs at once; scikit-learn, which the
tests compare with, takes a millisecond for each. While training, torchmetrics does it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Metric(NamedTuple):
    """A metric of verdicts.

    Attributes:
        value: From the numbers of true and false positives, false and true negatives, to a value from 0 to 1.
        deciding: The verdicts that decide it, such as "tp fn"; where it is a mean over classes, those of each.
    """

    value: Callable[[Floats, Floats, Floats, Floats], Floats]
    deciding: tuple[str, ...]


_OF_VERDICTS: dict[str, Metric] = {
    "accuracy": Metric(lambda tp, fp, fn, tn: (tp + tn) / (tp + fp + fn + tn), ("tp fp fn tn",)),
    "balanced_accuracy": Metric(lambda tp, fp, fn, tn: (tp / (tp + fn) + tn / (tn + fp)) / 2, ("tp fn", "fp tn")),
    "precision": Metric(lambda tp, fp, fn, tn: tp / (tp + fp), ("tp fp",)),
    "recall": Metric(lambda tp, fp, fn, tn: tp / (tp + fn), ("tp fn",)),
    "f1": Metric(lambda tp, fp, fn, tn: 2 * tp / (2 * tp + fp + fn), ("tp fp fn",)),
}
METRICS: dict[str, tuple[str, ...]] = {
    **{name: metric.deciding for name, metric in _OF_VERDICTS.items()},
    "auroc": ("tp fn", "fp tn"),
}
"""The metrics, each with the verdicts that decide it; a line above adds one to all that is written of a run."""


def compute_scores(
    label: NDArray[np.int64], score: NDArray[np.float64], threshold: float = 0.5
) -> dict[str, float | None]:
    """Compute each of ``METRICS``, 0 to 1, of labels and scores ``(N,)``; ``None`` where they do not define one.

    ``balanced_accuracy`` is the mean of the two classes' recalls, which the report calls AU-ROC; ``f1`` is 2TP / (2TP +
    FP + FN); in ``auroc`` ties count half. Scores above ``threshold`` are called fake.
    """
    metrics = weighted_metrics(label, score, threshold, np.ones((1, len(label))))
    return {name: None if np.isnan(value[0]) else float(value[0]) for name, value in metrics.items()}


def weighted_metrics(
    label: NDArray[np.int64], score: NDArray[np.float64], threshold: float, weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Compute all metrics for many weightings of the same photographs at once.

    Args:
        label: 0 or 1, ``(N,)``.
        score: Probability of fake, ``(N,)``.
        threshold: Scores above it are called fake.
        weights: How often each photograph counts, ``(R, N)``.

    Returns:
        An array ``(R,)`` for each of ``METRICS``, NaN where undefined.
    """
    cells = verdict_masks(label, score, threshold)
    counts = (weights @ np.stack(list(cells.values()), axis=1).astype(np.float64)).T
    tp, fp, fn, tn = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {name: metric.value(*counts) for name, metric in _OF_VERDICTS.items()}
        pairs = _weighted_auroc(label == 1, score, weights)
        return {**values, "auroc": pairs / ((tp + fn) * (tn + fp))}


def verdict_masks(label: NDArray[np.int64], score: Floats, threshold: float) -> dict[str, NDArray[np.bool_]]:
    """Return which of the photographs ``(N,)`` are true and false positives ("tp", "fp") and negatives ("fn", "tn")."""
    fake, called = label == 1, score > threshold
    return {"tp": fake & called, "fp": ~fake & called, "fn": fake & ~called, "tn": ~fake & ~called}


def _weighted_auroc(
    fake: NDArray[np.bool_], score: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Count the pairs of a fake and a real in which the fake scores higher, ties counting half, ``(R,)``."""
    reals = np.flatnonzero(~fake)
    reals = reals[np.argsort(score[reals])]
    counted = np.zeros((len(weights), len(reals) + 1))
    np.cumsum(weights[:, reals], axis=1, out=counted[:, 1:])
    # How many of the reals score lower than each fake, and how many at most the same.
    lower, upper = (counted[:, np.searchsorted(score[reals], score[fake], side)] for side in ("left", "right"))
    return np.asarray(np.einsum("rn,rn->r", weights[:, fake], lower + upper) / 2, dtype=np.float64)

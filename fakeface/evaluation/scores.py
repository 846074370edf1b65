"""Accuracy, precision, recall, F1, AUROC and balanced accuracy, with fake as the positive class.

Our own, for the bootstrap measures thousands of weightings of the same photographs at once; scikit-learn, which the
tests compare with, takes a millisecond for each. While training, torchmetrics does it.
"""

import numpy as np
from numpy.typing import NDArray

METRICS = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auroc")


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
    fake, called_fake = label == 1, score > threshold
    cells = np.stack([fake & called_fake, ~fake & called_fake, fake & ~called_fake, ~fake & ~called_fake], axis=1)
    tp, fp, fn, tn = (weights @ cells.astype(np.float64)).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "accuracy": (tp + tn) / (tp + fp + fn + tn),
            "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "auroc": _weighted_auroc(fake, score, weights) / ((tp + fn) * (tn + fp)),
        }


def _weighted_auroc(
    fake: NDArray[np.bool_], score: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Count the pairs of a fake and a real in which the fake scores higher, ties counting half, ``(R,)``."""
    order = np.argsort(score)
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    if not starts.size:
        return np.zeros(len(weights))
    fakes = np.add.reduceat((weights * fake)[:, order], starts, axis=1)
    reals = np.add.reduceat((weights * ~fake)[:, order], starts, axis=1)
    below = np.cumsum(reals, axis=1) - reals / 2
    return np.asarray(np.einsum("rn,rn->r", fakes, below), dtype=np.float64)

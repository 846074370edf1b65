"""How far probabilities of fake can be taken at their word."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

BINS = 10


class ProbabilityQuality(TypedDict):
    """How far probabilities of fake can be taken at their word; ``None`` without photographs.

    Attributes:
        expected_calibration_error: The gap between mean probability and share of fakes in a bin, averaged over
            photographs.
        brier_score: The mean squared distance of probabilities from labels, 0 (best) to 1.
        reliability: The bins that hold ``images``, of ``BINS`` of equal width on the probability of fake (rather than
            on the confidence of the verdict), each with its upper end: their ``mean_probability``, and ``fake_share``,
            the share of fakes among them, which is the same where calibration is perfect.
    """

    expected_calibration_error: float | None
    brier_score: float | None
    reliability: list[dict[str, float]]


def probability_quality(label: NDArray[np.int64], probability: NDArray[np.float64]) -> ProbabilityQuality:
    """Measure probabilities of fake ``(N,)`` against labels ``(N,)``."""
    if not label.size:
        return {"expected_calibration_error": None, "brier_score": None, "reliability": []}
    share, mean = calibration_curve(label, probability, n_bins=BINS)
    images = np.bincount(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], probability))
    rows = zip(images[images > 0].tolist(), mean.tolist(), share.tolist(), strict=True)
    return {
        "expected_calibration_error": float(np.average(np.abs(mean - share), weights=images[images > 0])),
        "brier_score": float(brier_score_loss(label, probability, pos_label=1)),
        "reliability": [
            {"images": number, "mean_probability": stated, "fake_share": found} for number, stated, found in rows
        ],
    }

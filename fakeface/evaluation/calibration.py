"""From scores to honest probabilities and verdicts: temperature, threshold, band, and what a checkpoint carries."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import LABEL_NAMES, REAL
from fakeface.errors import UserError
from fakeface.evaluation.operating_points import choose_threshold, choose_unsure_band, false_alarm_threshold
from fakeface.evaluation.predictions import Predictions, logits, probabilities

TEMPERATURES = (0.05, 20.0)
"""Limits of the fit: a validation set in perfect order asks for 0, one in no order at all for infinity."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen on validation, to be used unchanged on test and in use; it travels in the checkpoint.

    The thresholds are on the network's own scores, as ``Predictions`` hold them, not on calibrated probabilities: the
    temperature keeps their order, so the verdicts are the same, and no order is lost to rounding.

    Attributes:
        temperature: Divides the log odds of a score to give a calibrated probability.
        threshold: Scores above it are called fake.
        unsure_low, unsure_high: Scores from the one up to the other are unsure.
        error_rate: The share of wrong verdicts among decided photographs that the band was chosen for.
        decided: Share of the validation photographs outside the band.
        reals: Scores of real photographs by source, that the networks were not trained on; for ``with_false_alarms``.
    """

    temperature: float
    threshold: float
    unsure_low: float
    unsure_high: float
    error_rate: float
    decided: float
    reals: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def with_false_alarms(self, level: float) -> "Calibration":
        """Return the calibration whose verdict fake means no more than a share of false alarms in new sources.

        What scores less is unsure down to the lower end of the band; see ``false_alarm_threshold`` for the promise.

        Raises:
            UserError: When the level is out of range, or too few sources are known for it.
        """
        threshold = false_alarm_threshold(self.reals, level)
        return replace(self, threshold=threshold, unsure_high=threshold, unsure_low=min(self.unsure_low, threshold))

    def probabilities(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of fake for scores ``(N,)``."""
        return apply_temperature(score, self.temperature)

    def verdicts(self, score: NDArray[np.float64]) -> list[str]:
        """Return "real", "fake" or "unsure" for each of the scores ``(N,)``."""
        unsure = (score >= self.unsure_low) & (score <= self.unsure_high)
        names = np.where(score > self.threshold, LABEL_NAMES[1], LABEL_NAMES[0])
        verdicts: list[str] = np.where(unsure, "unsure", names).tolist()
        return verdicts

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def figures(self) -> dict[str, float]:
        """Return the numbers that were chosen, without the scores."""
        return {name: value for name, value in asdict(self).items() if name != "reals"}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibration":
        """Restore what ``to_dict`` returned."""
        return cls(**values)


def calibrate(validation: Predictions, error_rate: float = 0.1) -> Calibration:
    """Choose temperature, threshold and unsure band on the validation photographs.

    Raises:
        UserError: When they are all real or all fake, or the error rate is out of range.
    """
    if not 0 < error_rate < 1:
        raise UserError(
            f"the error rate of decided images is {error_rate}: choose a share between 0 and 1, such as 0.1"
        )
    label, score = validation.label, validation.score
    for value, name in enumerate(LABEL_NAMES):
        if not np.any(label == value):
            raise UserError(
                f"the validation split holds no {name} photograph, so no threshold can be chosen on it: "
                f"use a split with both classes"
            )
    threshold = choose_threshold(label, score)
    low, high = choose_unsure_band(label, score, threshold, error_rate)
    return Calibration(
        temperature=fit_temperature(label, score),
        threshold=threshold,
        unsure_low=low,
        unsure_high=high,
        error_rate=error_rate,
        decided=float(np.mean((score < low) | (score > high))),
        reals=_reals_by_source(validation),
    )


def _reals_by_source(predictions: Predictions) -> dict[str, list[float]]:
    """Return the scores of the reals of each source, in ascending order."""
    scores: dict[str, list[float]] = {}
    for record, score in sorted(zip(predictions.records, predictions.score.tolist(), strict=True), key=itemgetter(1)):
        if record.label == REAL and record.source:
            scores.setdefault(record.source, []).append(score)
    return dict(sorted(scores.items()))


def fit_temperature(label: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the temperature with the least negative log likelihood (https://arxiv.org/abs/1706.04599).

    Args:
        label: 0 or 1, ``(N,)``.
        score: Probability of fake, ``(N,)``.

    Returns:
        A value within ``TEMPERATURES``; above 1 where the scores are too sure of themselves.
    """
    from scipy.optimize import minimize_scalar  # slow to import, and those who judge photographs do not need it

    margin = logits(score) * np.where(label == 1, 1, -1)

    def negative_log_likelihood(log_temperature: float) -> float:
        return float(np.mean(np.logaddexp(0, -margin / np.exp(log_temperature))))

    # The loss is convex in 1 / temperature, so it has one minimum in the logarithm too.
    result = minimize_scalar(
        negative_log_likelihood, bounds=tuple(np.log(TEMPERATURES)), method="bounded", options={"xatol": 1e-8}
    )
    return float(np.exp(result.x))


def apply_temperature(score: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities ``(N,)`` after division of the log odds by the temperature."""
    return probabilities(logits(score) / temperature)

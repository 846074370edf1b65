"""All that is measured of a table of predictions, as plain data for ``metrics.json``; what is undefined says why."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from fakeface.data.records import LABEL_NAMES, Record
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.intervals import metric_intervals
from fakeface.evaluation.operating_points import tpr_at_fpr
from fakeface.evaluation.predictions import Predictions, logits
from fakeface.evaluation.scores import METRICS, compute_scores, verdict_masks
from fakeface.evaluation.sources import SourceFigures, source_figures
from fakeface.evaluation.subsets import common_table_subset, difficulty_subsets, region_subsets, unseen_source_subset

FALSE_POSITIVE_RATES = (0.0, 0.01, 0.05)
"""At which the true positive rate is stated."""

BINS = 10
"""Of a reliability diagram."""


class Figures(TypedDict):
    """A set of photographs, measured at one threshold.

    Attributes:
        images: How many photographs.
        reals: How many of them are real.
        fakes: How many are fake.
        threshold: Scores above it are called fake.
        metrics: Each of ``scores.METRICS``, 0 to 1, and ``loss``; ``None`` where undefined.
        intervals: 95 % interval ``[low, high]`` of each of ``scores.METRICS``.
        counts: Verdicts: ``tp``, ``fp``, ``fn`` and ``tn``, with fake as the positive class.
        undefined: Why, for each metric that is ``None``.
    """

    images: int
    reals: int
    fakes: int
    threshold: float
    metrics: dict[str, float | None]
    intervals: dict[str, list[float] | None]
    counts: dict[str, int]
    undefined: dict[str, str]


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


class CalibrationSummary(TypedDict):
    """Probabilities as the network gives them, and after the temperature that was fitted on validation.

    Attributes:
        fitted: The numbers of ``Calibration``; ``None`` when the checkpoint carries none.
        raw: Of the network's own scores.
        calibrated: Of the scores after the temperature.
    """

    fitted: dict[str, float] | None
    raw: ProbabilityQuality
    calibrated: ProbabilityQuality | None


class UnsureBand(TypedDict):
    """What the band that was chosen on validation does here.

    Attributes:
        low: Scores from here on ...
        high: ... up to here are unsure.
        error_rate: The share of wrong verdicts among decided photographs that it was chosen for.
        decided: Share of the photographs here that are decided.
        errors: Share of wrong verdicts among them; ``None`` when all are unsure.
    """

    low: float
    high: float
    error_rate: float
    decided: float
    errors: float | None


class OperatingPoints(TypedDict):
    """Lines between real and fake.

    Attributes:
        tpr_at_fpr: For each false positive rate, as text, the share of fakes found; the line is drawn on the
            photographs measured, so this describes their ROC curve and is no promise.
        chosen_threshold: Everything at the threshold that was chosen on validation.
        unsure_band: The band that was chosen on validation.
    """

    tpr_at_fpr: dict[str, float | None]
    chosen_threshold: Figures | None
    unsure_band: UnsureBand | None


class Summary(Figures):
    """All that is measured of a run; the inherited figures are those of all photographs at the threshold 0.5.

    Attributes:
        positive_class: "fake".
        subsets: Figures at the threshold 0.5 of each difficulty and each region that any fake has, with all reals, of
            the photographs with the common JPEG quantisation table (``common_table``), and of those whose source group
            is not in train (``unseen_source``); ``None``, with a reason in ``undefined``, where that is not known.
        calibration: Of the probabilities.
        operating_points: Other lines than 0.5.
        sources: By source and kind; ``None`` where none is known.
    """

    positive_class: str
    subsets: dict[str, Figures | None]
    calibration: CalibrationSummary
    operating_points: OperatingPoints
    sources: SourceFigures | None


def summarise(
    predictions: Predictions,
    *,
    calibration: Calibration | None = None,
    tables: Mapping[str, str] | None = None,
    training: Sequence[Record] = (),
) -> Summary:
    """Measure a run.

    Args:
        predictions: The photographs with their scores.
        calibration: What was chosen on validation.
        tables: From each photograph's path to a name of its JPEG quantisation table, "" where the file has none.
        training: All photographs of the training's data set, each with its split and group.

    Returns:
        Values that JSON can hold; what is ``None`` has its reason in ``undefined``.

    Raises:
        UserError: When there is no photograph.
    """
    if not len(predictions):
        raise UserError("there is no photograph to measure: use a split that holds some")
    label, score = predictions.label, predictions.score
    figures = measure(predictions)
    undefined = dict(figures["undefined"])
    masks = difficulty_subsets(predictions) | region_subsets(predictions)
    subsets: dict[str, Figures | None] = {name: measure(predictions.select(mask)) for name, mask in masks.items()}
    for name, mask_or_reason in {
        "common_table": common_table_subset(predictions, tables),
        "unseen_source": unseen_source_subset(predictions, training),
    }.items():
        if isinstance(mask_or_reason, str):
            subsets[name], undefined[name] = None, mask_or_reason
        else:
            subsets[name] = measure(predictions.select(mask_or_reason))
    if calibration is None:
        undefined["calibrated"] = "the network carries no calibration: it was not saved right after a validation"
    points = _operating_points(predictions, calibration)
    if "auroc" in undefined:
        undefined["tpr_at_fpr"] = undefined["auroc"]
    if points["unsure_band"] is not None and points["unsure_band"]["errors"] is None:
        undefined["errors"] = "all photographs are unsure"
    return {
        **figures,
        "undefined": undefined,
        "positive_class": LABEL_NAMES[1],
        "subsets": subsets,
        "calibration": {
            "fitted": None if calibration is None else calibration.figures(),
            "raw": probability_quality(label, score),
            "calibrated": None if calibration is None else probability_quality(label, calibration.probabilities(score)),
        },
        "operating_points": points,
        "sources": source_figures(predictions, calibration),
    }


def measure(predictions: Predictions, threshold: float = 0.5) -> Figures:
    """Measure photographs at one threshold, with intervals."""
    label, score = predictions.label, predictions.score
    metrics, fake = compute_scores(label, score, threshold), label == 1
    margin = logits(score) * np.where(fake, 1, -1)
    loss = float(np.mean(np.logaddexp(0, -margin))) if label.size else None
    return {
        "images": len(predictions),
        "reals": int(np.sum(~fake)),
        "fakes": int(np.sum(fake)),
        "threshold": threshold,
        "metrics": {"loss": loss, **metrics},
        "intervals": {
            name: None if interval is None else [interval.low, interval.high]
            for name, interval in metric_intervals(predictions, threshold).items()
        },
        "counts": {name: int(np.sum(mask)) for name, mask in verdict_masks(label, score, threshold).items()},
        "undefined": {name: _reason(name, fake) for name in METRICS if metrics[name] is None},
    }


def _reason(metric: str, fake: NDArray[np.bool_]) -> str:
    if not fake.size:
        return "there is no photograph"
    if metric == "precision":
        return "no photograph is called fake"
    return f"there is no {LABEL_NAMES[0] if fake.any() else LABEL_NAMES[1]} photograph"


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


def _operating_points(predictions: Predictions, calibration: Calibration | None) -> OperatingPoints:
    label, score = predictions.label, predictions.score
    points: OperatingPoints = {
        "tpr_at_fpr": {str(rate): tpr_at_fpr(label, score, rate) for rate in FALSE_POSITIVE_RATES},
        "chosen_threshold": None,
        "unsure_band": None,
    }
    if calibration is not None:
        decided = (score < calibration.unsure_low) | (score > calibration.unsure_high)
        wrong = (score > calibration.threshold) != (label == 1)
        points["chosen_threshold"] = measure(predictions, calibration.threshold)
        points["unsure_band"] = {
            "low": calibration.unsure_low,
            "high": calibration.unsure_high,
            "error_rate": calibration.error_rate,
            "decided": float(np.mean(decided)),
            "errors": float(np.mean(wrong[decided])) if decided.any() else None,
        }
    return points

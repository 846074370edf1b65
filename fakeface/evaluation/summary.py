"""All that is measured of a table of predictions, as plain data for ``metrics.json``; what is undefined says why."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import LABEL_NAMES
from fakeface.errors import UserError
from fakeface.evaluation.calibration import (
    Calibration,
    brier_score,
    expected_calibration_error,
    reliability_diagram,
)
from fakeface.evaluation.intervals import metric_intervals
from fakeface.evaluation.operating_points import tpr_at_fpr
from fakeface.evaluation.predictions import Predictions, logits
from fakeface.evaluation.scores import METRICS, Scores, compute_scores
from fakeface.evaluation.subsets import (
    common_table_subset,
    difficulty_subsets,
    region_subsets,
    unseen_source_subset,
)

FALSE_POSITIVE_RATES = (0.0, 0.01, 0.05)
"""At which the true positive rate is stated."""


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
    """How far probabilities of fake can be taken at their word; the bins are those of ``reliability_diagram``."""

    expected_calibration_error: float | None
    brier_score: float | None
    reliability: list[dict[str, float]]


class CalibrationSummary(TypedDict):
    """Probabilities as the network gives them, and after the temperature that was fitted on validation.

    Attributes:
        fitted: The fields of ``Calibration``; ``None`` when the checkpoint carries none.
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
        subsets: Figures at the threshold 0.5 of each difficulty and each region with all reals, of the photographs
            with the common JPEG quantisation table (``common_table``), and of those whose source group is not in
            train (``unseen_source``); ``None``, with a reason in ``undefined``, where that is not known.
        calibration: Of the probabilities.
        operating_points: Other lines than 0.5.
    """

    positive_class: str
    subsets: dict[str, Figures | None]
    calibration: CalibrationSummary
    operating_points: OperatingPoints


def summarise(
    predictions: Predictions,
    *,
    calibration: Calibration | None = None,
    tables: Mapping[str, str] | None = None,
    train_groups: Collection[str] | None = None,
) -> Summary:
    """Measure a run.

    Args:
        predictions: The photographs with their scores.
        calibration: What was chosen on validation.
        tables: From each photograph's path to a name of its JPEG quantisation table, "" where the file has none.
        train_groups: Source groups of the photographs that the network was trained on.

    Returns:
        Values that JSON can hold; what is ``None`` has its reason in ``undefined``.

    Raises:
        UserError: When there is no photograph.
    """
    if not len(predictions):
        raise UserError("there is no photograph to measure: use a split that holds some")
    figures = measure(predictions)
    undefined = dict(figures["undefined"])
    masks = difficulty_subsets(predictions) | region_subsets(predictions)
    subsets: dict[str, Figures | None] = {name: measure(predictions.select(mask)) for name, mask in masks.items()}
    for name, mask_or_reason in {
        "common_table": _common_table(predictions, tables),
        "unseen_source": _unseen_source(predictions, train_groups),
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
        "calibration": _calibration(predictions, calibration),
        "operating_points": points,
    }


def measure(predictions: Predictions, threshold: float = 0.5) -> Figures:
    """Measure photographs at one threshold, with intervals."""
    label, score = predictions.label, predictions.score
    scores = compute_scores(label, score, threshold)
    fake, called_fake = label == 1, score > threshold
    return {
        "images": len(predictions),
        "reals": scores.reals,
        "fakes": scores.fakes,
        "threshold": threshold,
        "metrics": {"loss": _cross_entropy(label, score)} | {name: getattr(scores, name) for name in METRICS},
        "intervals": {
            name: None if interval is None else [interval.low, interval.high]
            for name, interval in metric_intervals(predictions, threshold).items()
        },
        "counts": {
            "tp": int(np.sum(fake & called_fake)),
            "fp": int(np.sum(~fake & called_fake)),
            "fn": int(np.sum(fake & ~called_fake)),
            "tn": int(np.sum(~fake & ~called_fake)),
        },
        "undefined": {name: _reason(name, scores) for name in METRICS if getattr(scores, name) is None},
    }


def _reason(metric: str, scores: Scores) -> str:
    if not scores.reals + scores.fakes:
        return "there is no photograph"
    if metric == "precision":
        return "no photograph is called fake"
    return f"there is no {LABEL_NAMES[0] if scores.fakes else LABEL_NAMES[1]} photograph"


def _cross_entropy(label: NDArray[np.int64], score: NDArray[np.float64]) -> float | None:
    margin = logits(score) * np.where(label == 1, 1, -1)
    return float(np.mean(np.logaddexp(0, -margin))) if label.size else None


def _common_table(predictions: Predictions, tables: Mapping[str, str] | None) -> NDArray[np.bool_] | str:
    """Return the mask, or why there is none."""
    if tables is None:
        return "the JPEG quantisation tables of the photographs were not read"
    try:
        return common_table_subset(predictions, tables)
    except UserError as error:
        return str(error)


def _unseen_source(predictions: Predictions, train_groups: Collection[str] | None) -> NDArray[np.bool_] | str:
    """Return the mask, or why there is none."""
    # Without a group on either side nothing is known, and "unseen" would be a guess that flatters.
    if not any(train_groups or ()):
        return "the source groups of the training photographs are not known: train on a manifest that names them"
    if not np.any(predictions.group != ""):
        return "the source groups of the photographs are not known: test on a manifest that names them"
    return unseen_source_subset(predictions, train_groups or ())


def _quality(label: NDArray[np.int64], probability: NDArray[np.float64]) -> ProbabilityQuality:
    return {
        "expected_calibration_error": expected_calibration_error(label, probability),
        "brier_score": brier_score(label, probability),
        "reliability": [asdict(entry) for entry in reliability_diagram(label, probability)],
    }


def _calibration(predictions: Predictions, calibration: Calibration | None) -> CalibrationSummary:
    label, score = predictions.label, predictions.score
    return {
        "fitted": None if calibration is None else calibration.to_dict(),
        "raw": _quality(label, score),
        "calibrated": None if calibration is None else _quality(label, calibration.probabilities(score)),
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

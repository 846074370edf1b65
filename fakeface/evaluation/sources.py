"""Photographs by where they come from and by how fakes were made: a figure for each, the worst, and the mean of all.

The mean over sources says what to expect of a source that nobody has seen; over photographs, the largest source speaks.
"""

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import FAKE, REAL
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.intervals import Interval, mean_interval, metric_intervals, wilson_interval
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.scores import compute_scores


class Figure(TypedDict):
    """A figure, 0 to 1, of some photographs, and its 95 % interval where there is one."""

    photographs: int
    value: float
    interval: list[float] | None


class SourceFigures(TypedDict):
    """Figures by source and kind.

    Attributes:
        auroc: Of the fakes of each source against all reals.
        false_alarms: Share of the reals of each source that are called fake.
        kinds: AUROC of the fakes of each kind against all reals.
        mean: Over the sources, of ``auroc`` and ``false_alarms``; ``photographs`` is the number of sources.
        worst: The source with the lowest ``auroc``, and that with the highest ``false_alarms``.
    """

    auroc: dict[str, Figure]
    false_alarms: dict[str, Figure]
    kinds: dict[str, Figure]
    mean: dict[str, Figure]
    worst: dict[str, str]


def source_figures(predictions: Predictions, calibration: Calibration | None = None) -> SourceFigures | None:
    """Measure each source and kind; ``None`` where neither is known of any photograph.

    Args:
        predictions: The photographs; those without a source, or of fakes without a kind, are left out there.
        calibration: What says which scores are called fake; without it those above 0.5 are.
    """
    source = np.array([record.source for record in predictions.records], dtype=np.str_)
    kind = np.array([record.kind for record in predictions.records], dtype=np.str_)
    real, fake = predictions.label == REAL, predictions.label == FAKE
    verdicts = predictions.score > 0.5
    if calibration is not None:
        verdicts = np.array(calibration.verdicts(predictions.score)) == "fake"
    called = Predictions(predictions.records, verdicts.astype(np.float64))
    if not (source != "").any() and not (kind[fake] != "").any():
        return None
    auroc = {name: _auroc(predictions, fake & (source == name)) for name in _names(source[fake]) if real.any()}
    alarms = {name: _share(called, real & (source == name)) for name in _names(source[real])}
    means = {"auroc": _mean(auroc), "false_alarms": _mean(alarms)}
    return {
        "auroc": auroc,
        "false_alarms": alarms,
        "kinds": {name: _auroc(predictions, fake & (kind == name)) for name in _names(kind[fake]) if real.any()},
        "mean": {name: mean for name, mean in means.items() if mean is not None},
        "worst": {
            **({"auroc": min(auroc, key=lambda name: auroc[name]["value"])} if auroc else {}),
            **({"false_alarms": max(alarms, key=lambda name: alarms[name]["value"])} if alarms else {}),
        },
    }


def _names(values: NDArray[np.str_]) -> list[str]:
    return [name for name in np.unique(values).tolist() if name]


def _auroc(predictions: Predictions, fakes: NDArray[np.bool_]) -> Figure:
    """Return the AUROC of some fakes against all reals."""
    chosen = predictions.select(fakes | (predictions.label == REAL))
    value, interval = compute_scores(chosen.label, chosen.score)["auroc"], metric_intervals(chosen)["auroc"]
    return _figure(int(fakes.sum()), value or 0.0, interval)


def _share(called: Predictions, reals: NDArray[np.bool_]) -> Figure:
    """Return the share of some reals that are called fake: what their accuracy lacks."""
    chosen = called.select(reals)
    interval = metric_intervals(chosen)["accuracy"]
    return _figure(len(chosen), chosen.score.mean(), interval and Interval(1 - interval.high, 1 - interval.low))


def _mean(figures: Mapping[str, Figure]) -> Figure | None:
    if not figures:
        return None
    values = np.array([figure["value"] for figure in figures.values()])
    interval = mean_interval(values, np.array(list(figures), dtype=np.str_))
    if np.ptp(values) == 0:  # which would make Student's interval a point
        interval = wilson_interval(float(values[0]), len(values))
    return _figure(len(values), values.mean(), interval)


def _figure(photographs: int, value: float, interval: Interval | None) -> Figure:
    bounds = None if interval is None else [max(0.0, interval.low), min(1.0, interval.high)]
    return {"photographs": photographs, "value": float(value), "interval": bounds}

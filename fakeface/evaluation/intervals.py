"""How far a result may be off: intervals over source groups, and paired tests between two runs.

Photographs that share a source are not independent, so whole groups are drawn, with replacement: Field and Welsh,
"Bootstrapping clustered data", https://doi.org/10.1111/j.1467-9868.2007.00593.x.

Where every photograph is right, every draw of them is, and quantiles of the draws would call that certain. So the draws
give a figure's variance alone, the variance how many independent photographs the figure is worth, and these Wilson's
interval: Franco, Little, Louis and Slud, "Comparative study of confidence intervals for proportions in complex sample
surveys", https://doi.org/10.1093/jssam/smy019. All figures here lie between 0 and 1, AUROC being the share of pairs of
a fake and a real that are in order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, t

from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.scores import METRICS, verdict_masks, weighted_metrics

RESAMPLES = 2000
_CELLS_AT_ONCE = 2_000_000
_Measure = Callable[[NDArray[np.float64]], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval, from ``low`` to ``high``."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher a metric is in the first run than in the second.

    Attributes:
        value: First minus second.
        interval: Its 95 % bootstrap interval.
        p_value: Two-sided bootstrap test of no difference.
    """

    value: float
    interval: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the same photographs.

    Attributes:
        images: How many photographs.
        accuracy: Difference of the accuracies.
        auroc: Difference of the AUROCs; ``None`` when a class is missing.
        only_first_right: Photographs that only the first run gets right.
        only_second_right: Photographs that only the second run gets right.
        mcnemar_p_value: Exact two-sided McNemar test of equal accuracy; it takes photographs as independent.
    """

    images: int
    accuracy: Difference
    auroc: Difference | None
    only_first_right: int
    only_second_right: int
    mcnemar_p_value: float


def metric_intervals(
    predictions: Predictions, threshold: float = 0.5, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval | None]:
    """Return the interval of each of ``scores.METRICS``; ``None`` where the photographs do not define it.

    Resamples that leave a metric undefined, such as those without a fake, do not count for it.
    """
    label, score = predictions.label, predictions.score
    measured = _resample(predictions, lambda w: weighted_metrics(label, score, threshold, w), resamples, seed)
    masks = verdict_masks(label, score, threshold)
    deciding = {
        name: [np.any([masks[cell] for cell in part.split()], axis=0) for part in parts]
        for name, parts in METRICS.items()
    }
    return {
        name: None if np.isnan(values[0]) else _metric_interval(values, predictions, deciding[name])
        for name, values in measured.items()
    }


def _metric_interval(
    values: NDArray[np.float64], predictions: Predictions, deciding: Sequence[NDArray[np.bool_]]
) -> Interval:
    """Turn a figure and its resamples ``(1 + R,)`` into an interval.

    Where they do not vary, the figure is worth the groups of the photographs that decide it, of the smaller class where
    both do: of a fake and a real a group, that many pairs are independent. It is never worth more than its photographs.
    """
    value, variance = float(values[0]), float(np.nanvar(values[1:]))
    if variance > 1e-12:
        return wilson_interval(value, min(value * (1 - value) / variance, len(np.unique(predictions.path))))
    return wilson_interval(value, min(len(np.unique(predictions.cluster[chosen])) for chosen in deciding))


def wilson_interval(share: float, size: float) -> Interval:
    """Return Wilson's interval of a share among ``size`` independent photographs, which need not be a whole number.

    Wilson, https://doi.org/10.1080/01621459.1927.10502953. All of 14 photographs give 0.78 to 1.
    """
    square = float(norm.ppf(0.975)) ** 2
    centre = share + square / (2 * size)
    half = np.sqrt(square * (share * (1 - share) / size + square / (4 * size**2)))
    low, high = (centre - half) / (1 + square / size), (centre + half) / (1 + square / size)
    return Interval(max(0.0, float(low)), min(1.0, float(high)))


def mean_interval(values: NDArray[np.float64], cluster: NDArray[np.str_]) -> Interval | None:
    """Return the interval of the mean of values ``(N,)``, of which those of one cluster go together.

    Student's t with the variance between clusters (Liang and Zeger, https://doi.org/10.1093/biomet/73.1.13) and one
    degree of freedom fewer than there are; ``None`` for fewer than two, which tell of no other.
    """
    names, of_value = np.unique(cluster, return_inverse=True)
    if len(names) < 2:
        return None
    mean = float(values.mean())
    sums = np.bincount(of_value, weights=values - mean)
    error = np.sqrt(len(names) / (len(names) - 1) * np.sum(sums**2)) / len(values)
    half = float(t.ppf(0.975, len(names) - 1) * error)
    return Interval(mean - half, mean + half)


def compare_runs(
    first: Predictions,
    second: Predictions,
    first_threshold: float = 0.5,
    second_threshold: float = 0.5,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare two runs on the same photographs, in any order; each resample draws the same groups for both.

    Raises:
        UserError: When there is no photograph, or the photographs or their labels differ.
    """
    if not len(first):
        raise UserError("the first run has no photograph to compare: test both runs on a split that holds some")
    second = _aligned(first, second)
    runs = ((first, first_threshold), (second, second_threshold))

    def differences(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        one, other = (weighted_metrics(run.label, run.score, threshold, weights) for run, threshold in runs)
        return {name: one[name] - other[name] for name in ("accuracy", "auroc")}

    measured = _resample(first, differences, resamples, seed)
    right, other_right = (((run.score > threshold) == (run.label == 1)) for run, threshold in runs)
    only_first, only_second = int(np.sum(right & ~other_right)), int(np.sum(other_right & ~right))
    return Comparison(
        images=len(first),
        accuracy=_difference(measured["accuracy"]),
        auroc=None if np.isnan(measured["auroc"][0]) else _difference(measured["auroc"]),
        only_first_right=only_first,
        only_second_right=only_second,
        mcnemar_p_value=mcnemar_p_value(only_first, only_second),
    )


def mean_auroc(runs: Sequence[Predictions], *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, Interval]:
    """Return the mean AUROC of an experiment's runs, such as its seeds, with its interval.

    The interval covers the choice of photographs; of other seeds it knows only these.

    Args:
        runs: On the same photographs, of both classes, in any order.
        resamples: How many draws of their groups.
        seed: Of the draws.

    Raises:
        UserError: When the photographs or their labels differ.
    """
    values = _resample(runs[0], _mean_aurocs(runs[0], runs), resamples, seed)["auroc"]
    label = runs[0].label
    return float(values[0]), _metric_interval(values, runs[0], (label == 1, label == 0))


def compare_mean_auroc(
    first: Sequence[Predictions], second: Sequence[Predictions], *, resamples: int = RESAMPLES, seed: int = 0
) -> Difference:
    """Compare the mean AUROCs of two experiments, as ``mean_auroc`` has them; each resample draws the same groups.

    Raises:
        UserError: When the photographs or their labels differ.
    """
    one, other = (_mean_aurocs(first[0], runs) for runs in (first, second))
    measured = _resample(first[0], lambda w: {"auroc": one(w)["auroc"] - other(w)["auroc"]}, resamples, seed)
    return _difference(measured["auroc"])


def _mean_aurocs(reference: Predictions, runs: Sequence[Predictions]) -> _Measure:
    """Return what gives the runs' mean AUROC for weights of the photographs in the order of ``reference``."""
    aligned = [_aligned(reference, run) for run in runs]

    def measure(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        aurocs = [weighted_metrics(run.label, run.score, 0.5, weights)["auroc"] for run in aligned]
        return {"auroc": np.mean(aurocs, axis=0)}

    return measure


def mcnemar_p_value(only_first_right: int, only_second_right: int) -> float:
    """Return the exact two-sided p-value of McNemar's test; 1 when the runs never disagree."""
    disagreements = only_first_right + only_second_right
    return float(binomtest(only_first_right, disagreements).pvalue) if disagreements else 1.0


def _resample(predictions: Predictions, measure: _Measure, resamples: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Measure the photographs as they are, then with their groups drawn anew again and again.

    ``measure`` turns weights ``(R, N)`` into an array ``(R,)`` per metric. What is returned has ``(1 + resamples,)``
    per metric; the first entry is the observed value.
    """
    groups, group_of_image = np.unique(predictions.cluster, return_inverse=True)
    blocks = [measure(np.ones((1, len(predictions))))]
    block = max(1, _CELLS_AT_ONCE // max(1, len(predictions)))  # so many fit memory
    for counts in _draws(len(groups), resamples, block, seed):
        # How often each photograph counts.
        blocks.append(measure(counts[:, group_of_image].astype(np.float64)))
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _draws(groups: int, resamples: int, block: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield how often each group is drawn ``(R, groups)``, for so many resamples at once as a block holds."""
    if not groups:
        return
    if resamples <= block:
        yield _few_draws(groups, resamples, seed)
        return
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, block):
        yield _draw(generator, groups, min(block, resamples - start))


@lru_cache(maxsize=8)  # runs on the same groups are many, drawing takes half of their time; 16 MB at most each
def _few_draws(groups: int, resamples: int, seed: int) -> NDArray[np.int64]:
    drawn = _draw(np.random.default_rng(seed), groups, resamples)
    drawn.flags.writeable = False
    return drawn


def _draw(generator: np.random.Generator, groups: int, resamples: int) -> NDArray[np.int64]:
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=resamples)


def _difference(values: NDArray[np.float64]) -> Difference:
    observed, resampled = float(values[0]), values[1:]
    defined = resampled[~np.isnan(resampled)]
    tail = min(np.sum(defined <= 0), np.sum(defined >= 0))
    # One is added because the observed sample is itself one of the possible draws.
    p_value = min(1.0, 2 * (tail + 1) / (len(defined) + 1))
    low, high = np.quantile(defined, (0.025, 0.975))
    return Difference(observed, Interval(float(low), float(high)), float(p_value))


def _aligned(first: Predictions, second: Predictions) -> Predictions:
    """Return the second run's rows in the first one's order."""
    rows = {path: row for row, path in enumerate(second.path.tolist())}
    unmatched = set(rows).symmetric_difference(first.path.tolist())
    if unmatched or len(rows) != len(first) or len(rows) != len(second):
        example = f", for example {min(unmatched)} is in one only" if unmatched else ""
        raise UserError(f"the two runs were not tested on the same photographs{example}: test both on one manifest")
    second = second.select(np.array([rows[path] for path in first.path.tolist()], dtype=np.intp))
    differing = np.flatnonzero(first.label != second.label)
    if differing.size:
        raise UserError(f"{first.path[differing[0]]} has another label in each run: test both on one manifest")
    return second

"""Where to draw the line between real and fake, what a line costs, and what can be promised of new sources."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError
from fakeface.evaluation.predictions import logits, probabilities


def tpr_at_fpr(label: NDArray[np.int64], score: NDArray[np.float64], fpr: float) -> float | None:
    """Return the largest share of fakes found (TPR) when at most the share ``fpr`` of the reals is called fake.

    With fewer than 1 / ``fpr`` reals that means no false alarm at all.

    Args:
        label: 0 or 1, ``(N,)``.
        score: Probability of fake, ``(N,)``.
        fpr: False positive rate that is not exceeded, 0 to 1.

    Returns:
        The rate, or ``None`` when a class is missing.
    """
    reals, fakes = np.sort(score[label == 0])[::-1], score[label == 1]
    if not reals.size or not fakes.size:
        return None
    allowed = int(np.floor(fpr * reals.size + 1e-9))  # 0.29 · 100 is a little below 29
    return 1.0 if allowed >= reals.size else float(np.mean(fakes > reals[allowed]))


def choose_threshold(label: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the threshold with the highest balanced accuracy; scores above it are called fake.

    Accuracy would follow the share of fakes among the photographs at hand, and that differs from split to split: in
    Table 1 of the report 64 % of the validation photographs are fakes, but 41 % of the test's. The candidates are
    0.5 and the midpoints between neighbouring scores; of several best ones, the nearest to 0.5 is taken.

    Args:
        label: 0 or 1, both present, ``(N,)``.
        score: Probability of fake, ``(N,)``.
    """
    levels = np.unique(score)
    # Where two scores are neighbours in float64, their midpoint may round to the higher one.
    midpoints = np.minimum((levels[:-1] + levels[1:]) / 2, np.nextafter(levels[1:], 0))
    candidates = np.append(midpoints, 0.5)
    reals, fakes = np.sort(score[label == 0]), np.sort(score[label == 1])
    specificity = np.searchsorted(reals, candidates, side="right") / reals.size
    recall = 1 - np.searchsorted(fakes, candidates, side="right") / fakes.size
    balanced = specificity + recall
    best = candidates[balanced >= balanced.max() - 1e-12]
    return float(best[np.argmin(np.abs(best - 0.5))])


def choose_unsure_band(
    label: NDArray[np.int64], score: NDArray[np.float64], threshold: float, error_rate: float
) -> tuple[float, float]:
    """Return the narrowest band around the threshold outside which verdicts are wrong at most at ``error_rate``.

    The band is symmetric in log odds, and scores from ``low`` to ``high`` are unsure. Among the decided photographs,
    one more is counted, and counted as wrong, so that a lucky handful does not pass: (errors + 1) / (decided + 1) is
    held to the rate, as in conformal risk control (https://arxiv.org/abs/2208.02814).

    Args:
        label: 0 or 1, ``(N,)``.
        score: Probability of fake, ``(N,)``.
        threshold: Scores above it are called fake.
        error_rate: Share of wrong verdicts among decided photographs, 0 to 1.

    Returns:
        ``(low, high)``: both are the threshold when no band is needed, and (0, 1) when none is wide enough.
    """
    wrong = (score > threshold) != (label == 1)
    centre = float(logits(np.array([threshold]))[0])
    distance = np.abs(logits(score) - centre)
    levels, level_of_image = np.unique(distance, return_inverse=True)
    # Photographs at the first k distances are unsure; the others are decided.
    decided = np.cumsum(np.bincount(level_of_image)[::-1])[::-1]
    errors = np.cumsum(np.bincount(level_of_image, weights=wrong)[::-1])[::-1]
    enough = np.flatnonzero((errors + 1) / (decided + 1) <= error_rate)
    if not enough.size:
        return 0.0, 1.0
    first_decided = enough[0]
    if first_decided == 0:
        return threshold, threshold
    width = (levels[first_decided - 1] + levels[first_decided]) / 2
    return float(probabilities(centre - width)), float(probabilities(centre + width))


def least_level(sources: int) -> float:
    """Return the lowest share of false alarms that so many sources of real photographs can promise."""
    return 1 / (sources + 1)


def false_alarm_threshold(reals: Mapping[str, Sequence[float]], level: float) -> float:
    """Return the lowest of the scores above which no more than a share of a new source's reals is to be expected.

    Of the sources that were measured and a new one, drawn like them, none stands out. So of all of them at least one is
    taken to have nothing but false alarms, the new one: conformal risk control (https://arxiv.org/abs/2208.02814) of
    the share of false alarms, with sources in the place of photographs, as those of one source are not independent
    (https://arxiv.org/abs/2306.06342). On average over new sources, the share of their reals above the threshold is at
    most the level, between 0 and 1. It says nothing of the worst source.

    Args:
        reals: Scores of real photographs by source, by networks that were trained without the source.
        level: The share.

    Raises:
        UserError: When the sources are too few for the level; it names the least.
    """
    if not 0 < level < 1:
        raise UserError(f"the share of false alarms is {level}: choose one between 0 and 1, such as 0.1")
    sources = [np.sort(np.asarray(scores, dtype=np.float64)) for scores in reals.values() if len(scores)]
    allowed = level * (len(sources) + 1) - 1
    if not sources or allowed < 0:
        least = math.ceil(1000 * least_level(len(sources))) / 1000
        known = "no source of real photographs is known" if not sources else f"{len(sources)} sources are known"
        mend = "" if not sources else f": choose {least:g} or more"
        raise UserError(f"false alarms of {level:g} cannot be promised, for {known} to the detector{mend}")
    return lowest_threshold(sources, allowed)


def lowest_threshold(sources: Sequence[NDArray[np.float64]], allowed: float) -> float:
    """Return the lowest of the values above which the shares of all sources, added up, are no more than is allowed.

    Args:
        sources: Values of each source, in ascending order.
        allowed: The sum of the shares, 0 or more.
    """
    candidates = np.unique(np.concatenate(sources))
    above = sum(1 - np.searchsorted(values, candidates, side="right") / len(values) for values in sources)
    return float(candidates[np.flatnonzero(np.asarray(above) <= allowed + 1e-12)[0]])

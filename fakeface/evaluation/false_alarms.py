"""A threshold that keeps a share of false alarms for photographs of sources that nobody has seen."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from fakeface.errors import UserError


def least_level(sources: int) -> float:
    """Return the lowest share of false alarms that so many sources of real photographs can promise."""
    return 1 / (sources + 1)


def false_alarm_threshold(reals: Mapping[str, Sequence[float]], level: float) -> float:
    """Return the lowest of the scores above which no more than a share of a new source's reals is to be expected.

    Of the sources that were measured and a new one, drawn like them, none stands out. So of all of them at least one is
    taken to have nothing but false alarms, the new one: conformal risk control (https://arxiv.org/abs/2208.02814) of
    the share of false alarms, with sources in the place of photographs, as those of one source are not independent
    (https://arxiv.org/abs/2306.06342). On average over new sources, the share of their reals above the threshold is at
    most the level. It says nothing of the worst source.

    Args:
        reals: Scores of real photographs by source, by networks that were trained without the source.
        level: The share, between 0 and 1.

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
    candidates = np.unique(np.concatenate(sources))
    # How many of the reals of each source, on average, score above each candidate; the sum falls with the candidates.
    above = sum(1 - np.searchsorted(scores, candidates, side="right") / len(scores) for scores in sources)
    return float(candidates[np.flatnonzero(np.asarray(above) <= allowed + 1e-12)[0]])

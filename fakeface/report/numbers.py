"""How numbers are written in reports: shares in per cent, areas and the like with three decimals, – for none."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakeface.report.pages import Cell

if TYPE_CHECKING:
    from fakeface.evaluation.intervals import Difference
    from fakeface.evaluation.summary import Figures

NONE = "–"


def share(value: float | None, digits: int = 1) -> str:
    """Write a share, such as "72.0 %"."""
    return NONE if value is None else f"{100 * value:.{digits}f} %"


def decimal(value: float | None) -> str:
    """Write a number with three decimals."""
    return NONE if value is None else f"{value:.3f}"


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−")


def interval(bounds: Sequence[float | None] | None) -> str:
    """Write an interval, such as "[0.68, 0.76]"; nothing for none."""
    low, high = bounds or (None, None)
    if low is None or high is None:
        return ""
    return "[{:.2f}, {:.2f}]".format(*(end / 100 for end in _outward(low, high))).replace("-", "−")


def percent_interval(bounds: Sequence[float] | None) -> str:
    """Write an interval of a share, such as "[68, 76] %"; nothing for none."""
    return "" if bounds is None else "[{}, {}] %".format(*_outward(bounds[0], bounds[1]))


def _outward(low: float, high: float) -> tuple[int, int]:
    """Round to hundredths and away from the middle, so that no interval looks narrower than it is."""
    return math.floor(100 * low + 1e-9), math.ceil(100 * high - 1e-9)


def measured(figures: "Figures | None", metric: str) -> Cell:
    """Write a metric with its interval; accuracy in per cent, as the paper does."""
    if figures is None:
        return NONE
    value, bounds = figures["metrics"][metric], figures["intervals"][metric]
    if metric == "accuracy":
        return share(value), percent_interval(bounds)
    return decimal(value), interval(bounds)


def probability(value: float) -> str:
    """Write a p-value."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def difference(found: "Difference | None") -> tuple[Cell, Cell]:
    """Write a difference with its interval, and its p-value."""
    if found is None:
        return NONE, NONE
    return (signed(found.value), interval((found.interval.low, found.interval.high))), probability(found.p_value)

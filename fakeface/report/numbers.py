"""How numbers are written in reports: shares in per cent, areas and the like with three decimals, – for none."""

from collections.abc import Sequence

from fakeface.evaluation.summary import Figures
from fakeface.report.pages import Cell

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


def interval(bounds: Sequence[float] | None) -> str:
    """Write an interval, such as "[0.68, 0.76]"; nothing for none."""
    return "" if bounds is None else f"[{bounds[0]:.2f}, {bounds[1]:.2f}]".replace("-", "−")


def measured(figures: Figures | None, metric: str) -> Cell:
    """Write a metric with its interval; accuracy in per cent, as the paper does."""
    if figures is None:
        return NONE
    value, bounds = figures["metrics"][metric], figures["intervals"][metric]
    if metric == "accuracy":
        return share(value), "" if bounds is None else f"[{100 * bounds[0]:.0f}, {100 * bounds[1]:.0f}] %"
    return decimal(value), interval(bounds)

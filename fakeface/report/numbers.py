"""How numbers are written in reports: shares in per cent, areas and the like with three decimals, – for none."""

from collections.abc import Sequence

from fakeface.evaluation.summary import Figures
from fakeface.report.document import Cell

NONE = "–"


def share(value: float | None) -> str:
    """Write a share, such as "72.0 %"."""
    return NONE if value is None else f"{value:.1%}".replace("%", " %")


def rate(value: float) -> str:
    """Write a round share, such as "5 %"."""
    return f"{value:.0%}".replace("%", " %")


def decimal(value: float | None) -> str:
    """Write a number with three decimals."""
    return NONE if value is None else f"{value:.3f}"


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−")


def probability(value: float) -> str:
    """Write a p-value."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def interval(bounds: Sequence[float] | None) -> str:
    """Write an interval, such as "[0.68, 0.76]"; nothing for none."""
    return "" if bounds is None else f"[{bounds[0]:.2f}, {bounds[1]:.2f}]".replace("-", "−")


def share_interval(bounds: Sequence[float] | None) -> str:
    """Write an interval of shares, such as "[68, 76] %"; nothing for none."""
    return "" if bounds is None else f"[{100 * bounds[0]:.0f}, {100 * bounds[1]:.0f}] %"


def measured(figures: Figures | None, metric: str) -> Cell:
    """Write a metric with its interval; accuracy in per cent, as the paper does."""
    if figures is None:
        return Cell(NONE)
    value, bounds = figures["metrics"][metric], figures["intervals"][metric]
    if metric == "accuracy":
        return Cell(share(value), share_interval(bounds))
    return Cell(decimal(value), interval(bounds))

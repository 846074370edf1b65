"""The plots of a report, as SVG that can be embedded in a light or a dark page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from fakeface.report.pages import INK, PAPER
from fakeface.training.curves import Curves

Bins = Sequence[Mapping[str, float]]
"""As ``summary.ProbabilityQuality`` holds them."""

_STYLE: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor"), PAPER),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9.0,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "fakeface",
}


def roc_plot(runs: Sequence[tuple[str, NDArray[np.int64], NDArray[np.float64]]]) -> str:
    """Draw the ROC curve of each run.

    Args:
        runs: Title, labels ``(N,)`` and scores ``(N,)``.
    """
    with _figure(6.4, 4.4 + 0.22 * -(-len(runs) // 2)) as (figure, svg):
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for number, (title, label, score) in enumerate(runs):
            false_positive_rate, true_positive_rate, _ = roc_curve(label, score)
            axes.plot(false_positive_rate, true_positive_rate, **_line(number), clip_on=False, label=title)
        axes.set(xlabel="share of reals called fake", ylabel="share of fakes found", aspect="equal")
        _share_axes(axes)
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return svg.getvalue()


def curves_plot(curves: Curves, tested_epoch: int | None) -> str:
    """Draw loss and accuracy of train and validation over the epochs, with a mark at the tested one."""
    with _figure(6.4, 2.4) as (figure, svg):
        for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
            for stage, title, colour in (("train", "train", "C0"), ("val", "validation", "C1")):
                values = curves.get(f"{stage}/{quantity}", {})
                epochs = [epoch + 1 for epoch in values]
                axes.plot(
                    epochs, list(values.values()), color=colour, label=title, marker="." if len(epochs) < 2 else ""
                )
            if tested_epoch is not None:
                axes.axvline(tested_epoch + 1, color=INK, linewidth=0.8, linestyle=":", label="tested")
            axes.set(xlabel="epoch", ylabel=quantity)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            if quantity == "accuracy":
                axes.set_ylim(0, 1.02)
                axes.yaxis.set_major_formatter(PercentFormatter(1))
        figure.axes[1].legend(fontsize=8)
    return svg.getvalue()


def reliability_plot(runs: Sequence[tuple[str, Bins, Bins | None]]) -> str:
    """Draw the reliability diagram of each run.

    Args:
        runs: Title, the bins of the network's own scores, and those after the temperature where there is one.
    """
    with _panels([title for title, _, _ in runs], "probability of fake", "share of fakes") as (panels, svg):
        for axes, (_, raw, calibrated) in zip(panels, runs, strict=True):
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
            for bins, name, colour in ((raw, "as scored", "C7"), (calibrated, "calibrated", "C0")):
                if bins is not None:
                    means = [entry["mean_probability"] for entry in bins]
                    shares = [entry["fake_share"] for entry in bins]
                    axes.plot(means, shares, color=colour, marker="o", markersize=3, clip_on=False, label=name)
            axes.set_aspect("equal")
            _share_axes(axes)
    return svg.getvalue()


def robustness_plot(runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """Draw the AUROC of each run over the levels of each corruption, from the uncorrupted photographs on.

    Args:
        runs: Title and the rows of ``robustness.json``.
    """
    measured = [(title, {(row["corruption"], row["level"]): row["auroc"] for row in rows}) for title, rows in runs]
    conditions = dict.fromkeys(condition for _, found in measured for condition in found)
    corruptions = list(dict.fromkeys(name for name, level in conditions if level is not None))
    with _panels([name.replace("_", " ") for name in corruptions], "level", "AUROC") as (panels, svg):
        for axes, corruption in zip(panels, corruptions, strict=True):
            levels = [level for name, level in conditions if name == corruption]
            axes.axhline(0.5, color=INK, linewidth=0.8, linestyle=":")
            for number, (title, found) in enumerate(measured):
                values = [found.get(("none", None)), *(found.get((corruption, level)) for level in levels)]
                heights = [np.nan if value is None else value for value in values]
                axes.plot(range(len(values)), heights, **_line(number), marker=".", label=title)
            axes.set_xticks(range(len(levels) + 1), ["none", *(f"{level:g}" for level in levels)], fontsize=7)
    return svg.getvalue()


def _line(number: int) -> dict[str, Any]:
    """The colour and the dashes of run ``number``."""
    return {"color": f"C{number % 10}", "linestyle": ("-", "--", ":")[number // 10 % 3]}


@contextmanager
def _panels(titles: Sequence[str], x: str, y: str) -> Iterator[tuple[list[Axes], StringIO]]:
    """Give a plot for each title, up to four in a row, with one legend for all."""
    columns = max(1, min(4, len(titles)))
    rows = max(1, -(-len(titles) // columns))
    with _figure(max(3.2, 2.2 * columns), 2.4 * rows + 0.5) as (figure, svg):
        panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
        for axes, title in zip(panels, titles, strict=False):
            axes.set_title(title, fontsize=8)
        for axes in panels[len(titles) :]:
            axes.set_axis_off()
        yield panels[: len(titles)], svg
        figure.supxlabel(x, fontsize=9)
        figure.supylabel(y, fontsize=9)
        lines = {name: line for axes in panels for line, name in zip(*axes.get_legend_handles_labels(), strict=True)}
        figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=2, fontsize=8)


def _share_axes(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(PercentFormatter(1))


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Figure, StringIO]]:
    """Give a figure of a size in inches; once it is drawn, its SVG is in the buffer."""
    svg = StringIO()
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, svg
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})

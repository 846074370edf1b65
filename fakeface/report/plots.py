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

from fakeface.training.curves import Curves

Bins = Sequence[Mapping[str, float]]
"""The fields of each ``calibration.ReliabilityBin``."""

INK, PAPER = "#222222", "#ffffff"
"""Colours of text and ground, which HTML replaces by those of the page."""

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
_COLOURS = (
    "#4c78c8",
    "#e07b39",
    "#3f9f6b",
    "#c8504c",
    "#8a6fc0",
    "#97704f",
    "#d072ab",
    "#7f7f7f",
    "#a9a23c",
    "#35a3b4",
)
_LINES = ("-", "--", ":")
_TRAIN, _VALIDATION = _COLOURS[0], _COLOURS[1]


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
            for stage, title, colour in (("train", "train", _TRAIN), ("val", "validation", _VALIDATION)):
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
    columns = min(4, len(runs))
    rows = -(-len(runs) // columns)
    with _figure(max(3.2, 2.2 * columns), 2.5 * rows + 0.4) as (figure, svg):
        panels = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
        for axes in panels[len(runs) :]:
            axes.set_axis_off()
        for axes, (title, raw, calibrated) in zip(panels, runs, strict=False):
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
            for bins, name, colour in ((raw, "as scored", _COLOURS[7]), (calibrated, "calibrated", _COLOURS[0])):
                if bins is not None:
                    means = [entry["mean_probability"] for entry in bins]
                    shares = [entry["fake_share"] for entry in bins]
                    axes.plot(means, shares, color=colour, marker="o", markersize=3, clip_on=False, label=name)
            axes.set_title(title, fontsize=8)
            axes.set_aspect("equal")
            _share_axes(axes)
        figure.supxlabel("probability of fake", fontsize=9)
        figure.supylabel("share of fakes", fontsize=9)
        lines = {name: line for axes in panels for line, name in zip(*axes.get_legend_handles_labels(), strict=True)}
        figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=2, fontsize=8)
    return svg.getvalue()


def robustness_plot(runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """Draw the AUROC of each run over the levels of each corruption, from the uncorrupted photographs on.

    Args:
        runs: Title and the rows of ``robustness.json``.
    """
    measured = [(title, {(row["corruption"], row["level"]): row["auroc"] for row in rows}) for title, rows in runs]
    levels: dict[str, list[float]] = {}
    for corruption, level in dict.fromkeys(condition for _, found in measured for condition in found):
        if level is not None:
            levels.setdefault(corruption, []).append(level)
    columns = max(1, min(4, len(levels)))
    height = -(-len(levels) // columns)
    with _figure(max(3.2, 2.2 * columns), 2 * max(1, height) + 0.5) as (figure, svg):
        panels = list(figure.subplots(max(1, height), columns, squeeze=False, sharey=True).flat)
        for axes in panels[len(levels) :]:
            axes.set_axis_off()
        for axes, (corruption, steps) in zip(panels, levels.items(), strict=False):
            axes.axhline(0.5, color=INK, linewidth=0.8, linestyle=":")
            for number, (title, found) in enumerate(measured):
                values = [found.get(("none", None)), *(found.get((corruption, step)) for step in steps)]
                heights = [np.nan if value is None else value for value in values]
                axes.plot(range(len(values)), heights, **_line(number), marker=".", label=title)
            axes.set_xticks(range(len(steps) + 1), ["none", *(f"{step:g}" for step in steps)], fontsize=7)
            axes.set_title(corruption.replace("_", " "), fontsize=8)
        figure.supylabel("AUROC", fontsize=9)
        if levels:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return svg.getvalue()


def _line(number: int) -> dict[str, Any]:
    """The colour and the dashes of run ``number``."""
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _LINES[number // len(_COLOURS) % len(_LINES)],
    }


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

"""The plots, read back from their SVG."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from fakeface.report.plots import curves_plot, reliability_plot, robustness_plot, roc_plot

BLUE, ORANGE = "#1f77b4", "#ff7f0e"
BINS = [{"mean_probability": 0.2, "fake_share": 0.1}, {"mean_probability": 0.8, "fake_share": 0.9}]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def lines(svg: str, colour: str) -> list[list[tuple[float, float]]]:
    """The points of each line of a colour, with y upwards; a legend's sample has two."""
    found = []
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        if f"stroke: {colour}" in path.get("style", "") and "M" in path.get("d", ""):
            points = re.findall(r"[ML] (\S+) (\S+)", path.get("d", ""))
            found.append([(float(x), -float(y)) for x, y in points])
    return found


@pytest.mark.parametrize(
    ("scores", "corner"), [([0.1, 0.2, 0.8, 0.9], "upper left"), ([0.9, 0.8, 0.2, 0.1], "lower right")]
)
def test_a_roc_curve_runs_through_the_corner_of_its_skill(scores: list[float], corner: str) -> None:
    svg = roc_plot([("all right", np.array([0, 0, 1, 1]), np.array(scores))])
    curve = max(lines(svg, BLUE), key=len)
    (left, lower), (right, upper) = curve[0], curve[-1]
    assert left < right
    assert lower < upper
    assert {"upper left": (left, upper), "lower right": (right, lower)}[corner] in curve
    assert "all right" in texts(svg)


def test_curves_have_a_point_for_each_epoch_and_mark_the_tested_one() -> None:
    curves = {"train/loss": {0: 0.7, 1: 0.5, 2: 0.4}, "val/loss": {0: 0.6, 2: 0.65}, "val/accuracy": {0: 0.5}}
    svg = curves_plot(curves, tested_epoch=1)
    assert len(lines(svg, BLUE)[0]) == 3
    assert len(lines(svg, ORANGE)[0]) == 2
    assert {"train", "validation", "tested", "epoch", "loss", "accuracy"} <= set(texts(svg))
    assert "tested" not in texts(curves_plot(curves, tested_epoch=None))


def test_each_run_has_a_reliability_diagram() -> None:
    svg = reliability_plot([("first", BINS, BINS), ("second", BINS, None)])
    assert {"first", "second", "as scored", "calibrated", "probability of fake"} <= set(texts(svg))
    assert sum(len(line) == 2 and line[0][1] < line[1][1] for line in lines(svg, BLUE)) == 1


def test_robustness_has_a_panel_for_each_corruption_and_starts_uncorrupted() -> None:
    conditions = [("none", None, 0.9), ("jpeg", 90, 0.8), ("jpeg", 50, 0.7), ("blur", 2, None)]
    rows = [{"corruption": name, "level": level, "auroc": auroc} for name, level, auroc in conditions]
    svg = robustness_plot([("first", rows), ("second", rows[:2])])
    assert {"jpeg", "blur", "first", "second", "none", "90", "50", "2"} <= set(texts(svg))
    curve = max(lines(svg, BLUE), key=len)
    assert [height for _, height in curve] == sorted((height for _, height in curve), reverse=True)
    assert len(curve) == 3


def test_one_plot_is_the_same_bytes_twice() -> None:
    assert curves_plot({"train/loss": {0: 0.7}}, 0) == curves_plot({"train/loss": {0: 0.7}}, 0)

"""What a report says: everything that its template, ``report.jinja``, shows."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.images import ImageError, read_image
from fakeface.data.records import FAKE, REAL
from fakeface.demo.data_set import are_drawn
from fakeface.report import tables
from fakeface.report.comparisons import comparison_row, comparison_table, fusion_pairs, pairs_with_best
from fakeface.report.numbers import decimal, interval
from fakeface.report.pages import Photograph, Plot
from fakeface.report.paper import paper_table, read_paper_tables
from fakeface.report.plots import curves_plot, reliability_plot, robustness_plot, roc_plot
from fakeface.report.results import Result, best_first
from fakeface.views.pictures import data_url

SHOWN = 6
"""Mistakes of each kind."""

_THUMBNAIL = 160


def report_content(
    results: Sequence[Result], probes: Sequence[dict[str, Any]], thumbnails: bool, made: str, command: str
) -> dict[str, Any]:
    """Put a report together, with the highest AUROC first wherever runs follow each other.

    Args:
        results: Runs that were tested on the same photographs.
        probes: Shortcut probes as ``read_probes`` returns them.
        thumbnails: Whether the worst mistakes are shown or only named.
        made: When and by which version the report is made.
        command: The command that makes it.

    Returns:
        What the template needs; ``plots`` are all of them by the part that shows them.
    """
    results = best_first(results)
    drawn = are_drawn(results[0].predictions.path.tolist())
    fusions, others = fusion_pairs(results), pairs_with_best(results)
    pairs = tqdm(dict.fromkeys([*fusions, *others]), "comparing runs", unit="pair", disable=None, leave=False)
    compared = {pair: comparison_row(*pair) for pair in pairs}
    return {
        "tables": tables,
        "decimal": decimal,
        "interval": interval,
        "by_source": tables.source_table(results),
        "by_kind": tables.kind_table(results),
        "results": results,
        "tested": [result for result in results if result.robustness],
        "probes": probes,
        "thumbnails": thumbnails,
        "drawn": drawn,
        "made": made,
        "command": command,
        "paper": [(table.title, paper_table(table, results)) for table in read_paper_tables()],
        "fusions": fusions and comparison_table("Each fusion against its best branch", [compared[p] for p in fusions]),
        "others": others and comparison_table("The best run against every other", [compared[p] for p in others]),
        "plots": _plots(results, drawn),
        "shown": SHOWN,
        "mistakes": [
            (result.name, worst_mistakes(result, thumbnails))
            for result in tqdm(results, "worst mistakes", unit="run", disable=None, leave=False)
        ],
    }


def _plots(results: Sequence[Result], drawn: bool) -> dict[str, list[Plot]]:
    plots: dict[str, list[Plot]] = {"roc": [], "reliability": [], "robustness": [], "curves": []}
    if results[0].auroc >= 0:
        runs = [(f"{one.name}, AUROC {one.auroc:.3f}", one.predictions.label, one.predictions.score) for one in results]
        plots["roc"].append(Plot("roc", roc_plot(runs), "ROC curves of all runs on the test photographs"))
    found = [(result.name, result.summary["calibration"]) for result in results]
    svg = reliability_plot(
        [
            (name, one["raw"]["reliability"], one["calibrated"] and one["calibrated"]["reliability"])
            for name, one in found
        ]
    )
    caption = "Reliability: share of fakes among photographs of like probability"
    plots["reliability"].append(Plot("reliability", svg, caption))
    tested = [(result.name, result.robustness) for result in results if result.robustness]
    if tested:
        caption = "AUROC by corruption and level; the dotted line is guessing"
        plots["robustness"].append(Plot("robustness", robustness_plot(tested), caption))
    rows = [row for table in read_paper_tables() for row in table.rows if not drawn]
    figures = {row.experiment: f", as Figure {row.figure} of the paper" for row in rows}
    for number, result in enumerate([result for result in results if result.curves], start=1):
        svg = curves_plot(result.curves, result.epoch)
        plots["curves"].append(Plot(f"curves-{number}", svg, f"{result.name}{figures.get(result.experiment, '')}"))
    return plots


def worst_mistakes(result: Result, thumbnails: bool) -> list[tuple[str, list[Photograph]]]:
    """Return the fakes called real with the lowest scores, and the reals called fake with the highest, with titles.

    Args:
        result: The run.
        thumbnails: Whether to put small copies of the photographs into the document.
    """
    label, score = result.predictions.label, result.predictions.score
    missed, alarms = np.flatnonzero((label == FAKE) & (score <= 0.5)), np.flatnonzero((label == REAL) & (score > 0.5))
    kinds = (("Fakes called real", missed, score), ("Reals called fake", alarms, -score))
    return [
        (
            f"{title} ({len(rows)} in all)",
            _photographs(result, rows[np.argsort(order[rows], kind="stable")], thumbnails),
        )
        for title, rows, order in kinds
    ]


def _photographs(result: Result, rows: NDArray[np.intp], thumbnails: bool) -> list[Photograph]:
    predictions = result.predictions
    root = os.path.commonpath([os.path.dirname(path) for path in predictions.path.tolist()])  # noqa: PTH120 (strings)
    photographs = []
    for row in rows[:SHOWN].tolist():
        path = Path(str(predictions.path[row]))
        caption = ", ".join(filter(None, [f"score {predictions.score[row]:.3f}", predictions.records[row].difficulty]))
        name = path.relative_to(root).as_posix()
        photographs.append(Photograph(name, caption, _thumbnail(path) if thumbnails else ""))
    return photographs


def _thumbnail(path: Path) -> str:
    """Return a small JPEG, or "" where the photograph is no longer there: the report stands without it."""
    try:
        return data_url(read_image(path), _THUMBNAIL)
    except ImageError:
        return ""

"""What a report says: everything that its template, ``report.jinja``, shows."""

from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from fakeface.demo.data_set import are_drawn
from fakeface.report.comparisons import comparison_row, comparison_table, fusion_pairs, pairs_with_best
from fakeface.report.mistakes import SHOWN, worst_mistakes
from fakeface.report.pages import Plot
from fakeface.report.paper import read_paper_tables
from fakeface.report.plots import curves_plot, reliability_plot, robustness_plot, roc_plot
from fakeface.report.results import Result, best_first
from fakeface.report.tables import (
    calibration_table,
    gap_table,
    glance_table,
    interval_note,
    localisation_table,
    overview_table,
    paper_table,
    robustness_table,
    subset_table,
    verdict,
)


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
    """
    results = best_first(results)
    drawn = are_drawn(results[0].predictions.path.tolist())
    tested = [result for result in results if result.robustness]
    fusions, others = fusion_pairs(results), pairs_with_best(results)
    pairs = tqdm(dict.fromkeys([*fusions, *others]), "comparing runs", unit="pair", disable=None)
    compared = {pair: comparison_row(*pair) for pair in pairs}
    roc, reliability, robustness, curves = (
        _roc(results),
        _reliability(results),
        _robustness(tested),
        _curves(results, drawn),
    )
    return {
        "plots": [*roc, *reliability, *robustness, *curves],
        "results": results,
        "probes": probes,
        "thumbnails": thumbnails,
        "drawn": drawn,
        "verdict": verdict(results, probes),
        "glance": glance_table(results, probes, drawn, made, command),
        "interval_note": interval_note(results[0]),
        "paper": [(table.title, paper_table(table, results)) for table in read_paper_tables()],
        "overview": overview_table(results, probes),
        "roc": roc,
        "subsets": subset_table(results),
        "fusions": fusions and comparison_table("Each fusion against its best branch", [compared[p] for p in fusions]),
        "others": others and comparison_table("The best run against every other", [compared[p] for p in others]),
        "calibration": calibration_table(results),
        "reliability": reliability,
        "robustness": robustness_table(tested) if tested else None,
        "robustness_plots": robustness,
        "localisation": localisation_table(results),
        "curves": curves,
        "shown": SHOWN,
        "mistakes": [
            (result.name, worst_mistakes(result, thumbnails))
            for result in tqdm(results, "worst mistakes", unit="run", disable=None)
        ],
        "gaps": gap_table(results),
    }


def _roc(results: Sequence[Result]) -> list[Plot]:
    if results[0].auroc < 0:
        return []
    runs = [(f"{one.name}, AUROC {one.auroc:.3f}", one.predictions.label, one.predictions.score) for one in results]
    return [Plot("roc", roc_plot(runs), "ROC curves of all runs on the test photographs")]


def _reliability(results: Sequence[Result]) -> list[Plot]:
    found = [(result.name, result.summary["calibration"]) for result in results]
    bins = [
        (name, one["raw"]["reliability"], one["calibrated"] and one["calibrated"]["reliability"]) for name, one in found
    ]
    return [
        Plot("reliability", reliability_plot(bins), "Reliability: share of fakes among photographs of like probability")
    ]


def _robustness(tested: Sequence[Result]) -> list[Plot]:
    if not tested:
        return []
    svg = robustness_plot([(result.name, result.robustness) for result in tested])
    return [Plot("robustness", svg, "AUROC by corruption and level; the dotted line is guessing")]


def _curves(results: Sequence[Result], drawn: bool) -> list[Plot]:
    rows = [row for table in read_paper_tables() for row in table.rows if not drawn]
    figures = {row.experiment: f", as Figure {row.figure} of the paper" for row in rows}
    return [
        Plot(
            f"curves-{number}",
            curves_plot(result.curves, result.epoch),
            f"{result.name}{figures.get(result.experiment, '')}",
        )
        for number, result in enumerate([result for result in results if result.curves], start=1)
    ]

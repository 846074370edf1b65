"""The tables of a report about where photographs come from and how fakes were made."""

from collections.abc import Sequence

from fakeface.data.records import FAKE
from fakeface.evaluation.sources import Figure
from fakeface.report.numbers import NONE, decimal, interval, percent_interval, share
from fakeface.report.pages import Cell, Table
from fakeface.report.results import Result
from fakeface.training.runs import read_split


def source_table(results: Sequence[Result]) -> Table | None:
    """Return a row for each source, the worst ones and the means over sources; ``None`` where no source is known."""
    found = [figures for result in results if (figures := result.summary["sources"])]
    rows: list[list[Cell]] = []
    strong = []
    for part, what in (("auroc", "its fakes against all reals, AUROC"), ("false_alarms", "its reals called fake")):
        own = [figures["auroc"] if part == "auroc" else figures["false_alarms"] for figures in found]
        for name in sorted({name for figures in own for name in figures}):
            sizes = {str(figures[name]["photographs"]) for figures in own if name in figures}
            size = sizes.pop() if len(sizes) == 1 else "differs"
            rows.append([name, what, size, *(_cell(figures.get(name), part) for figures in own)])
        if any(own):
            strong += [len(rows), len(rows) + 1]
            means = [_cell(figures["mean"].get(part), part) for figures in found]
            rows.append(["mean of sources", what, "", *means])
            rows.append(["worst source", what, "", *(figures["worst"].get(part, NONE) for figures in found)])
    names = [result.name for result in results if result.summary["sources"]]
    return Table("By source", ["Source", "What", "Photographs", *names], rows, 2, strong) if rows else None


def kind_table(results: Sequence[Result]) -> Table | None:
    """Return the kinds that each run was trained on against the kinds that it was tested on; ``None`` without any."""
    sources = [result.summary["sources"] for result in results]
    found = [figures["kinds"] if figures else {} for figures in sources]
    kinds = sorted({kind for figures in found for kind in figures})
    if not kinds:
        return None
    rows: list[list[Cell]] = [
        [result.name, _trained_on(result), *(_cell(figures.get(kind), "auroc") for kind in kinds)]
        for result, figures in zip(results, found, strict=True)
    ]
    return Table("AUROC of each kind of fakes against all reals", ["Run", "Trained on", *kinds], rows, text_columns=2)


def _trained_on(result: Result) -> str:
    split = read_split(result.folder)
    kinds = {record.kind or "not said" for record in split if record.split == "train" and record.label == FAKE}
    return ", ".join(sorted(kinds)) or "not known"


def _cell(figure: Figure | None, part: str) -> Cell:
    if figure is None:
        return NONE
    if part == "auroc":
        return decimal(figure["value"]), interval(figure["interval"])
    return share(figure["value"]), percent_interval(figure["interval"])

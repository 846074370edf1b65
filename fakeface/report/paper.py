"""The result tables of the group project report that fakeface reproduces, "the paper" wherever results are reported."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np

from fakeface.data.records import LABEL_NAMES, Record
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.scores import compute_scores
from fakeface.evaluation.summary import Figures
from fakeface.report.numbers import NONE, decimal, measured, share
from fakeface.report.pages import Cell, Table
from fakeface.report.results import Result

PositiveClass = Literal["real", "fake"]


PAPER_COLUMNS = (
    *("Model", "Result", "Training accuracy", "Validation accuracy", "Test accuracy", "Precision", "Recall", "F1"),
    *("Balanced accuracy (paper: AU-ROC)", "AUROC", "TP / FP / FN / TN"),
)
"""Of the paper's tables, with what the paper prints beside what it means."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One column of the paper's tables: a network and its results.

    Attributes:
        experiment: Name of the configuration that reproduces it.
        model: As the paper calls it.
        figure: Number of the figure with its loss and accuracy curves.
        positive_class: The class that the printed precision, recall and F1 count as positive.
        printed: The figures as printed: ``train_accuracy``, ``val_accuracy``, ``accuracy``, ``precision``, ``recall``,
            ``f1``, and ``au_roc``, which is the balanced accuracy.
        counts: The verdicts on the test images, reconstructed, such as ``reals_called_fake``.
    """

    experiment: str
    model: str
    figure: int
    positive_class: PositiveClass
    printed: dict[str, float]
    counts: dict[str, int]

    def verdicts(self) -> Predictions:
        """Return the verdicts as scores 0 and 1 of photographs that have numbers in place of names, and no source."""
        cells = [
            (label, verdict, self.counts[f"{shown}s_called_{called}"])
            for label, shown in enumerate(LABEL_NAMES)
            for verdict, called in enumerate(LABEL_NAMES)
        ]
        labels = [label for label, _, count in cells for _ in range(count)]
        scores = np.array([float(verdict) for _, verdict, count in cells for _ in range(count)])
        return Predictions([Record(Path(str(number)), label) for number, label in enumerate(labels)], scores)


@dataclass(frozen=True, slots=True)
class PaperTable:
    """One of the paper's three result tables."""

    title: str
    rows: tuple[PaperRow, ...]


def read_paper_tables() -> list[PaperTable]:
    """Read ``paper_results.json``, whose notes say how the counts were found."""
    content = json.loads(files("fakeface.report").joinpath("paper_results.json").read_text(encoding="utf-8"))
    return [PaperTable(table["title"], tuple(PaperRow(**row) for row in table["rows"])) for table in content["tables"]]


def paper_table(table: PaperTable, results: Sequence[Result]) -> Table:
    """Return one of the paper's tables with the trained networks of the same experiments beside it."""
    rows: list[Sequence[Cell]] = []
    strong = []
    for paper_row in table.rows:
        rows += _paper_rows(paper_row)
        for result in results:
            if result.experiment == paper_row.experiment and not result.classifier:
                strong.append(len(rows))
                curves = (share(result.at_tested_epoch(tag)) for tag in ("train/accuracy", "val/accuracy"))
                rows.append([paper_row.model, result.name, *curves, *figure_cells(result.summary)])
    title = f"The paper's results and these runs: {table.title}"
    return Table(title, PAPER_COLUMNS, rows, text_columns=2, strong=strong)


def _paper_rows(row: PaperRow) -> list[list[Cell]]:
    printed, verdicts = row.printed, row.verdicts()
    metrics = compute_scores(verdicts.label, verdicts.score)
    cells = ("fakes_called_fake", "reals_called_fake", "fakes_called_real", "reals_called_real")
    counts = " / ".join(str(row.counts[cell]) for cell in cells)
    accuracies = [share(printed[name], digits=2) for name in ("train_accuracy", "val_accuracy", "accuracy")]
    figures = [f"{printed[name]:.5f}" for name in ("precision", "recall", "f1", "au_roc")]
    if row.positive_class == "fake":
        return [[row.model, "paper, fake is positive", *accuracies, *figures, NONE, counts]]
    recomputed = [decimal(metrics[name]) for name in ("precision", "recall", "f1", "balanced_accuracy")]
    return [
        [row.model, "paper, real is positive", *accuracies, *figures, NONE, NONE],
        [row.model, "the same verdicts, fake is positive", "", "", "", *recomputed, NONE, counts],
    ]


def figure_cells(figures: Figures) -> list[Cell]:
    """Return the test accuracy and what follows it in ``PAPER_COLUMNS``."""
    metrics = ("accuracy", "precision", "recall", "f1", "balanced_accuracy", "auroc")
    counts = " / ".join(str(figures["counts"][name]) for name in ("tp", "fp", "fn", "tn"))
    return [*(measured(figures, metric) for metric in metrics), counts]

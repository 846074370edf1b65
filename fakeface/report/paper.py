"""The result tables of the group project report that fakeface reproduces, "the paper" wherever results are reported."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np

from fakeface.data.records import LABEL_NAMES, Record
from fakeface.evaluation.predictions import Predictions

PositiveClass = Literal["real", "fake"]


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
        counts: The verdicts on the test images, reconstructed: ``reals_called_real``, ``reals_called_fake``,
            ``fakes_called_real`` and ``fakes_called_fake``.
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

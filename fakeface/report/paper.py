"""The result tables of the group project report that fakeface reproduces, "the paper" wherever results are reported."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

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

    def metrics(self, positive_class: PositiveClass = "fake") -> dict[str, float]:
        """Return accuracy, precision, recall, F1 and balanced accuracy of the counts."""
        negative_class = "real" if positive_class == "fake" else "fake"
        tp = self.counts[f"{positive_class}s_called_{positive_class}"]
        fn = self.counts[f"{positive_class}s_called_{negative_class}"]
        fp = self.counts[f"{negative_class}s_called_{positive_class}"]
        tn = self.counts[f"{negative_class}s_called_{negative_class}"]
        return {
            "accuracy": (tp + tn) / (tp + fp + fn + tn),
            "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
            "f1": 2 * tp / (2 * tp + fp + fn),
        }


@dataclass(frozen=True, slots=True)
class PaperTable:
    """One of the paper's three result tables."""

    title: str
    rows: tuple[PaperRow, ...]


def read_paper_tables() -> list[PaperTable]:
    """Read ``paper_results.json``, whose notes say how the counts were found."""
    content = json.loads(files("fakeface.report").joinpath("paper_results.json").read_text(encoding="utf-8"))
    return [PaperTable(table["title"], tuple(PaperRow(**row) for row in table["rows"])) for table in content["tables"]]

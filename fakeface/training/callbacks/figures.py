"""Figures for TensorBoard, drawn with matplotlib's object interface, which needs no display and no global state."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, RocCurveDisplay

from fakeface.data.records import LABEL_NAMES

Image = NDArray[np.uint8]


def image_grid(rows: Sequence[Sequence[Image]], row_titles: Sequence[str], column_titles: Sequence[str]) -> Figure:
    """Draw images ``(H, W, 3)`` in rows, with a title beside each row and above each column."""
    columns = len(column_titles)
    figure = Figure(figsize=(1.6 * columns + 1.2, 1.6 * len(rows) + 0.4), layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            axes: Axes = grid[row, column]
            axes.imshow(image)
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(column_titles[column], fontsize=8)
            if column == 0:
                axes.set_ylabel(row_titles[row], fontsize=8)
    return figure


def verdict_figures(label: NDArray[np.int64], probability: NDArray[np.float64]) -> dict[str, Figure]:
    """Draw confusion matrix (at 0.5), ROC and precision-recall curve of labels and probabilities of fake ``(N,)``."""
    figures = {
        name: Figure(figsize=(4, 4), layout="constrained") for name in ("confusion_matrix", "roc", "precision_recall")
    }
    matrix, roc, precision_recall = (figure.subplots() for figure in figures.values())
    ConfusionMatrixDisplay.from_predictions(
        label, probability > 0.5, labels=[0, 1], display_labels=LABEL_NAMES, colorbar=False, cmap="Blues", ax=matrix
    )
    matrix.set(xlabel="Predicted", ylabel="True")
    RocCurveDisplay.from_predictions(label, probability, name="fake", plot_chance_level=True, ax=roc)
    roc.set(xlabel="False positive rate: reals called fake", ylabel="True positive rate: fakes found")
    PrecisionRecallDisplay.from_predictions(
        label, probability, name="fake", plot_chance_level=True, ax=precision_recall
    )
    precision_recall.set(xlabel="Recall of fakes", ylabel="Precision of fakes")
    return figures

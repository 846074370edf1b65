"""What TensorBoard shows of a run besides its scalars: samples, augmentations, curves, the network, final figures."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.model_summary.model_summary import ModelSummary
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, RocCurveDisplay
from torch import Tensor, nn

from fakeface.data.dataset import FaceDataset
from fakeface.data.records import LABEL_NAMES
from fakeface.models.network import FaceNetwork, FaceOutput
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.metrics import FaceMetrics
from fakeface.training.module import FakeFaceModule

Image = NDArray[np.uint8]

PANEL_SAMPLES = 6

CURVES = {name: {name: ["Multiline", [f"train/{name}", f"val/{name}"]]} for name in ("loss", "accuracy", "auroc", "f1")}
"""Custom scalars: train and validation on the same axes, as in Figures 5 to 18 of the report."""


class TensorBoardFigures(Callback):
    """Draws into TensorBoard; does nothing with other loggers."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw sample pairs and augmentations, and describe the network, unless a run is continued that has them."""
        data = getattr(trainer, "datamodule", None)
        writer = _writer(trainer)
        if writer is None or not isinstance(data, FaceDataModule):
            return
        if trainer.ckpt_path is not None and Path(writer.log_dir) in Path(trainer.ckpt_path).parents:
            return
        writer.add_custom_scalars(CURVES)
        writer.add_text("network", f"<pre>{ModelSummary(pl_module, max_depth=3)}</pre>")
        if isinstance(pl_module, FakeFaceModule):
            draw_graph(writer, pl_module.net, data.parameters.size, pl_module.device)
        train = data.datasets["train"]
        writer.add_figure("samples", _sample_panel(train, data.views))
        if data.augmentation != "none":
            writer.add_figure("augmentations", _augmentation_panel(train, data.views))

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the curves of the validation samples."""
        if isinstance(pl_module, FakeFaceModule):
            _draw_curves(trainer, "val", pl_module.val_metrics)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the curves of the test samples."""
        if isinstance(pl_module, FakeFaceModule):
            _draw_curves(trainer, "test", pl_module.test_metrics)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the hyperparameters with the last epoch's figures, for TensorBoard's HPARAMS page."""
        logger = trainer.logger
        if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
            data = getattr(trainer, "datamodule", None)
            hyperparameters = dict(pl_module.hparams_initial) | (dict(data.hparams_initial) if data is not None else {})
            shown = {name: value for name, value in hyperparameters.items() if not name.startswith("_")}
            # Under names of their own: Lightning logs them at step 0, which would bend the curves of the others. AUROC
            # comes first, for its columns are the leftmost on the page.
            names = [name for name in trainer.callback_metrics if not name.endswith("_step")]
            names.sort(key=lambda name: not name.endswith("auroc"))
            logger.log_hyperparams(shown, {f"final/{name}": float(trainer.callback_metrics[name]) for name in names})


def _writer(trainer: Trainer) -> Any:
    """Return TensorBoard's writer on the process that writes, else None."""
    if isinstance(trainer.logger, TensorBoardLogger) and trainer.is_global_zero:
        return trainer.logger.experiment
    return None


class NetworkGraph(nn.Module):
    """The network with its views one after the other, as TensorBoard wants them; its name is what the graph shows."""

    def __init__(self, net: FaceNetwork) -> None:
        super().__init__()
        self.net = net

    def forward(self, *views: Tensor) -> Tensor:
        """Return the logits of the label."""
        output: FaceOutput = self.net(dict(zip(self.net.views, views, strict=True)))
        return output.label


def draw_graph(writer: Any, net: FaceNetwork, size: int, device: torch.device) -> None:
    """Let TensorBoard show the network as a graph; one that cannot be traced is said, and trains all the same."""
    views = tuple(torch.zeros(1, 3, size, size, dtype=torch.uint8, device=device) for _ in net.views)
    modes = {module: module.training for module in net.modules()}
    net.eval()  # nothing may be drawn at random, and no running mean may move
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # tracing is deprecated, and TensorBoard reads nothing else
            writer.add_graph(NetworkGraph(net), views)
    except (RuntimeError, TypeError, ValueError) as error:
        rank_zero_info(f"TensorBoard shows no graph, for the network cannot be traced: {error}")
    finally:
        for module, mode in modes.items():
            module.training = mode


def _draw_curves(trainer: Trainer, stage: str, metrics: FaceMetrics) -> None:
    _, logit, label = metrics.samples()  # asks all processes
    writer = _writer(trainer)
    if writer is None or trainer.sanity_checking or label.unique().numel() < 2:
        return
    labels, probabilities = label.cpu().numpy(), logit.sigmoid().cpu().numpy()
    for name, figure in verdict_figures(labels, probabilities).items():
        writer.add_figure(f"{stage}/{name}", figure, trainer.current_epoch)


def _sample_panel(dataset: FaceDataset, views: list[str]) -> Figure:
    """Pairs of original and ELA of real and fake photographs in turn (Figures 1 and 2 of the report)."""
    by_label = [[i for i, record in enumerate(dataset.records) if record.label == label] for label in (0, 1)]
    chosen = [pair[i] for i in range(PANEL_SAMPLES // 2) for pair in by_label if i < len(pair)]
    columns = [dataset.source[position] for position in chosen]
    records = [dataset.records[position] for position in chosen]
    titles = [f"{record.stratum} {record.regions.strip('0') and record.regions}" for record in records]
    return image_grid([[column[view] for column in columns] for view in views], views, titles)


def _augmentation_panel(dataset: FaceDataset, views: list[str]) -> Figure:
    """The first photograph under the augmentations (Figure 3 of the report)."""
    if dataset.augmentation == "paper":
        samples, titles = [dataset[0, copy] for copy in range(dataset.copies)], list(dataset.operations)
    else:
        epochs = range(PANEL_SAMPLES)
        samples, titles = [dataset[epoch, 0] for epoch in epochs], [f"epoch {epoch}" for epoch in epochs]
    return image_grid([[sample[view].permute(1, 2, 0).numpy() for sample in samples] for view in views], views, titles)


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

"""What TensorBoard shows of a run, read back from its event files."""

import io
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import precision_recall_curve as sklearn_precision_recall_curve
from sklearn.metrics import roc_curve as sklearn_roc_curve
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from torch.utils.tensorboard import SummaryWriter

from fakeface.cli import main
from fakeface.data.augment import PAPER_OPERATIONS
from fakeface.data.dataset import Augmentation
from fakeface.models import FaceClassifier, FaceOutput
from fakeface.training.callbacks import TensorBoardFigures, tensorboard_figures
from fakeface.training.callbacks.tensorboard_figures import image_grid, verdict_figures
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule


def read_events(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    events.Reload()
    return events


@pytest.fixture(scope="module")
def events(tested: Path) -> EventAccumulator:
    return read_events(tested)


def points(events: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in events.Scalars(tag)]


def text(events: EventAccumulator, tag: str) -> bytes:
    (tensor,) = events.Tensors(tag)
    content: bytes = tensor.tensor_proto.string_val[0]
    return content


@pytest.mark.parametrize("name", ["loss", "accuracy", "precision", "recall", "f1", "auroc", "balanced_accuracy"])
def test_train_and_validation_have_a_point_for_every_epoch(events: EventAccumulator, name: str) -> None:
    # Two epochs of four batches.
    assert [step for step, _ in points(events, f"train/{name}")] == [3, 7]
    assert [step for step, _ in points(events, f"val/{name}")] == [3, 7]
    assert [step for step, _ in points(events, f"test/{name}")] == [0]


def test_train_and_validation_share_their_axes(events: EventAccumulator) -> None:
    layout = Layout.FromString(text(events, "custom_scalars__config__"))
    charts = {chart.title: list(chart.multiline.tag) for category in layout.category for chart in category.chart}
    assert charts["loss"] == ["train/loss", "val/loss"]
    assert charts["accuracy"] == ["train/accuracy", "val/accuracy"]
    assert {tag for tags in charts.values() for tag in tags} <= set(events.Tags()["scalars"])


def test_no_curve_has_two_points_at_one_step(events: EventAccumulator) -> None:
    # Lightning logs the epoch beside every group of figures.
    for tag in set(events.Tags()["scalars"]) - {"epoch"}:
        steps = [step for step, _ in points(events, tag)]
        assert len(steps) == len(set(steps)), tag


def test_every_figure_is_a_picture(events: EventAccumulator) -> None:
    panels = {"samples": 1, "augmentations": 1}
    curves = {f"val/{name}": 2 for name in ("confusion_matrix", "roc", "precision_recall")}
    tests = {f"test/{name}": 1 for name in ("confusion_matrix", "roc", "precision_recall")}
    assert {tag: len(events.Images(tag)) for tag in events.Tags()["images"]} == panels | curves | tests
    for tag in events.Tags()["images"]:
        for event in events.Images(tag):
            picture = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)).convert("RGB"))
            assert picture.shape == (event.height, event.width, 3)
            assert min(picture.shape[:2]) >= 300
            assert picture.std() > 5, tag


def test_the_network_is_described(events: EventAccumulator) -> None:
    summary = text(events, "network/text_summary").decode()
    assert "net.branches.original" in summary
    assert "net.branches.ela" in summary
    assert "Total params" in summary


def test_the_graph_shows_both_branches_and_the_learning_rate_is_a_curve(events: EventAccumulator) -> None:
    nodes = {node.name for node in events.Graph().node}
    for branch in ("original", "ela"):
        assert any(f"Branch[{branch}]" in name for name in nodes), branch
    assert [value for _, value in points(events, "lr-SGD")] == pytest.approx([0.001] * len(points(events, "lr-SGD")))
    assert points(events, "lr-SGD")


def test_a_network_that_cannot_be_traced_is_said_and_trains_as_before(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(FaceClassifier):
        def forward(self, views: dict[str, torch.Tensor]) -> FaceOutput:
            raise RuntimeError("no way")

    net = Stubborn({"original": "custom_cnn"}, pretrained=False).train()
    net.head.eval()
    with SummaryWriter(tempfile.mkdtemp()) as writer, caplog.at_level("INFO"):
        tensorboard_figures.draw_graph(writer, net, 32, torch.device("cpu"))
    assert "no graph, for the network cannot be traced: no way" in caplog.text
    assert net.training
    assert not net.head.training


def test_hyperparameters_stand_beside_the_final_figures(events: EventAccumulator) -> None:
    content = {name: HParamsPluginData.FromString(data) for name, data in events.PluginTagToContent("hparams").items()}
    started = content["_hparams_/session_start_info"].session_start_info.hparams
    assert started["net/init_args/hidden_features"].number_value == 16
    assert started["optimizer/class_path"].string_value == "torch.optim.SGD"
    assert started["batch_size"].number_value == 8
    metrics = [info.name.tag for info in content["_hparams_/experiment"].experiment.metric_infos]
    assert {"final/train/loss", "final/val/loss", "final/val/auroc", "final/val/accuracy"} <= set(metrics)
    assert {name.endswith("auroc") for name in metrics[:2]} == {True}
    assert not any(tag.endswith("_step") for tag in metrics)
    for tag in metrics:
        assert points(events, tag) == [(0, points(events, tag.removeprefix("final/"))[-1][1])]


def test_a_continued_run_is_described_once(workplace: Path) -> None:
    assert main(["fit", "--config", "tiny.yaml", "--ckpt_path", "last", "--trainer.max_epochs", "3"]) == 0
    events = read_events(workplace / "lightning_logs/tiny/version_0")
    assert [image.step for image in events.Images("samples")] == [0]
    assert [image.step for image in events.Images("augmentations")] == [0]
    assert len(text(events, "network/text_summary")) > 0
    assert [image.step for image in events.Images("val/roc")] == [0, 1, 2]


Grid = tuple[list[list[NDArray[np.uint8]]], list[str], list[str]]


def draw_panels(
    monkeypatch: pytest.MonkeyPatch, folder: Path, root: Path, augmentation: Augmentation
) -> tuple[FaceDataModule, list[Grid]]:
    """The panels that are drawn when training starts, as rows of images with their titles."""
    grids: list[Grid] = []

    def record(rows: Any, row_titles: Any, column_titles: Any) -> Figure:
        grids.append((rows, row_titles, column_titles))
        return Figure()

    monkeypatch.setattr(tensorboard_figures, "image_grid", record)
    data = FaceDataModule(root=root, size=32, augmentation=augmentation, cache=False)
    data.setup("fit")
    trainer: Any = SimpleNamespace(
        logger=TensorBoardLogger(folder), is_global_zero=True, datamodule=data, ckpt_path=None
    )
    module = FakeFaceModule(FaceClassifier({"ela": "test_resnet"}, pretrained=False), torch.optim.SGD)
    TensorBoardFigures().on_fit_start(trainer, module)
    return data, grids


@pytest.mark.parametrize("augmentation", ["none", "paper", "online"])
def test_samples_are_photographs_as_they_are_with_their_error_levels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_root: Path, augmentation: Augmentation
) -> None:
    data, grids = draw_panels(monkeypatch, tmp_path, demo_root, augmentation)
    rows, row_titles, column_titles = grids[0]
    assert row_titles == ["original", "ela"]
    assert [title.split("-")[0].strip() for title in column_titles] == ["real", "fake"] * 3
    train = data.datasets["train"]
    first_fake = next(i for i, record in enumerate(train.records) if record.label == 1)
    for column, position in ((0, 0), (1, first_fake)):
        for row, view in enumerate(row_titles):
            assert np.array_equal(rows[row][column], train.source[position][view])
    assert column_titles[1] == f"{train.records[first_fake].stratum} {train.records[first_fake].regions}"
    assert len(grids) == (1 if augmentation == "none" else 2)


def test_the_augmentations_of_the_paper_are_shown_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_root: Path
) -> None:
    data, (_, (rows, _, column_titles)) = draw_panels(monkeypatch, tmp_path, demo_root, "paper")
    assert column_titles == list(PAPER_OPERATIONS)
    original = data.datasets["train"].source[0]["original"]
    assert np.array_equal(rows[0][0], original)
    assert np.array_equal(rows[0][1], original[:, ::-1])


def test_an_image_grid_has_its_titles_at_the_edges() -> None:
    images = [[np.full((4, 4, 3), 10 * row + column, dtype=np.uint8) for column in range(3)] for row in range(2)]
    axes = image_grid(images, ["original", "ela"], ["a", "b", "c"]).axes
    assert [np.unique(np.asarray(each.images[0].get_array())).tolist() for each in axes] == [
        [0],
        [1],
        [2],
        [10],
        [11],
        [12],
    ]
    assert [each.get_title() for each in axes] == ["a", "b", "c", "", "", ""]
    assert [each.get_ylabel() for each in axes] == ["original", "", "", "ela", "", ""]


LABEL = np.array([0, 0, 0, 1, 1])
PROBABILITY = np.array([0.1, 0.6, 0.2, 0.7, 0.4])


def test_the_confusion_matrix_has_the_true_class_in_rows() -> None:
    (axes,) = verdict_figures(LABEL, PROBABILITY)["confusion_matrix"].axes
    assert [int(number.get_text()) for number in axes.texts] == [2, 1, 1, 1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["real", "fake"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted", "True")


def test_the_curves_are_those_of_scikit_learn() -> None:
    roc = verdict_figures(LABEL, PROBABILITY)["roc"].axes[0].lines[0]
    expected = sklearn_roc_curve(LABEL, PROBABILITY)
    assert np.allclose(np.asarray(roc.get_xdata()), expected[0])
    assert np.allclose(np.asarray(roc.get_ydata()), expected[1])
    figure = verdict_figures(LABEL, PROBABILITY)["precision_recall"].axes[0]
    precision, recall, _ = sklearn_precision_recall_curve(LABEL, PROBABILITY)
    assert np.allclose(np.asarray(figure.lines[0].get_xdata()), recall)
    assert np.allclose(np.asarray(figure.lines[0].get_ydata()), precision)
    assert "fakes" in figure.get_ylabel()

"""The view of docs/extending.md, added by nothing but its two files: trained, cached, shown, explained, exported."""

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fakeface.cli import main
from fakeface.data.cache import DecodedViews
from fakeface.data.images import read_image
from fakeface.data.records import Record
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer, draw_explanation
from fakeface.views.base import resize
from fakeface.views.view import ViewParameters
from tests.documentation import REPOSITORY, blocks

pytestmark = pytest.mark.usefixtures("no_pictures")

NAME = "noise_view.Noise"
FIT = [
    *("--data.size", "32", "--data.batch_size", "8", "--data.cache", "cache", "--data.augmentation", "online"),
    *("--trainer.max_epochs", "1", "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    *("--trainer.precision", "32-true"),
]


@pytest.fixture(scope="module")
def trained(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which a reader of the page wrote its view and its configuration, and trained with them."""
    folder = tmp_path_factory.mktemp("own_view")
    written = {block.text.split()[1]: block.text for block in blocks(REPOSITORY / "docs" / "extending.md")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        for name in ("noise_view.py", "noise.yaml"):
            Path(name).write_text(written[name], encoding="utf-8")
        assert main(["fit", "--config", "noise.yaml", "--data.root", str(demo_root), *FIT]) == 0
        yield folder
    sys.modules.pop("noise_view", None)


def run_of(folder: Path) -> Path:
    return folder / "lightning_logs" / "noise" / "version_0"


def test_the_page_shows_a_view_of_ten_lines() -> None:
    (block,) = (block for block in blocks(REPOSITORY / "docs" / "extending.md") if "# noise_view.py" in block.text)
    assert sum(bool(line.strip()) for line in block.text.splitlines()[1:]) <= 10


def test_the_network_is_given_what_the_view_draws(trained: Path, demo_root: Path) -> None:
    path = min(demo_root.glob("training_real/*.jpg"))
    image = read_image(path)
    residual = image.astype(np.int16) - cv2.medianBlur(image, 3)
    expected = resize(np.clip(128 + 8 * residual, 0, 255).astype(np.uint8), 32)
    np.testing.assert_array_equal(DecodedViews([Record(path, 0)], [NAME], ViewParameters(32))[0][NAME], expected)
    np.testing.assert_array_equal(Detector.load(run_of(trained)).look(image)[NAME].pixels, expected)


def test_the_cache_and_tensorboard_hold_it(trained: Path) -> None:
    assert sorted(path.name.split("-")[0] for path in (trained / "cache").glob("*.pixels")) == [NAME, "original"]
    events = EventAccumulator(str(run_of(trained)), size_guidance={"images": 0})
    events.Reload()
    assert {"samples", "augmentations"} <= set(events.Tags()["images"])


def test_its_heat_map_lies_over_what_it_draws(trained: Path, demo_root: Path) -> None:
    explainer = Explainer(Detector.load(run_of(trained)))
    explanation = explainer.explain(min(demo_root.glob("training_fake/*.jpg")))
    titles = [axes.get_title() for axes in draw_explanation(explanation).axes]
    assert titles == ["photograph", "error levels (ELA)", "heat map: original", f"heat map: {NAME}"]


def test_it_is_exported_and_judges_the_same(trained: Path, demo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    assert main(["export", "--ckpt_path", "best", "--out", "noise.onnx"]) == 0
    paths = sorted(demo_root.glob("training_fake/*.jpg"))[:4]
    torch, onnx = (Detector.load(source).predict(paths) for source in ("best", "noise.onnx"))
    assert [verdict.probability for verdict in onnx] == pytest.approx(
        [verdict.probability for verdict in torch], abs=1e-4
    )

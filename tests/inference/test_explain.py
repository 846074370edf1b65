from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from PIL import Image

from fakeface.data.images import ImageError, read_image
from fakeface.inference.detector import Detector
from fakeface.inference.explain import CAPTION, Explainer, draw_explanation, overlay, write_explanation
from fakeface.inference.verdicts import FaceVerdict
from fakeface.views.ela import error_level_analysis
from tests.networks import ELA, write_checkpoint


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    write_checkpoint(path, region_head=True)
    return Explainer(Detector.load(path))


@pytest.fixture
def photograph(demo_root: Path) -> Path:
    return min(demo_root.glob("training_fake/*.jpg"))


def test_explanation_holds_all_that_the_verdict_rests_on(explainer: Explainer, photograph: Path) -> None:
    explanation = explainer.explain(photograph)
    pixels = read_image(photograph)
    assert explanation.verdict == explainer.detector.predict([photograph])[0]
    assert (explanation.photograph == pixels).all()
    assert (explanation.error_levels == error_level_analysis(pixels, ELA)).all()
    assert list(explanation.heat_maps) == list(explanation.pictures) == ["original", "ela"]
    assert (explanation.pictures["original"] == pixels).all()
    assert (explanation.pictures["ela"] == explanation.error_levels).all()
    for heat in explanation.heat_maps.values():
        assert heat.shape == pixels.shape[:2]
        assert 0 <= heat.min() <= heat.max() <= 1.001


def test_pixels_are_explained_like_their_file(explainer: Explainer, photograph: Path) -> None:
    from_file, from_pixels = explainer.explain(str(photograph)), explainer.explain(read_image(photograph))
    assert from_pixels.verdict.path is None
    assert from_pixels.verdict.probability == from_file.verdict.probability
    assert (from_pixels.heat_maps["ela"] == from_file.heat_maps["ela"]).all()


def test_picture_shows_every_part(explainer: Explainer, photograph: Path) -> None:
    explanation = explainer.explain(photograph)
    figure = draw_explanation(explanation)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "photograph", "error levels (ELA)", "heat map: original", "heat map: ela", "probability of an edit",
    ]  # fmt: skip
    verdict = explanation.verdict
    assert (
        figure.get_suptitle() == f"{photograph.name}: {verdict.verdict}, probability of fake {verdict.probability:.0%}"
    )
    assert figure.get_supxlabel() == CAPTION
    assert np.array_equal(np.asarray(figure.axes[0].images[0].get_array()), explanation.photograph)
    assert verdict.regions is not None
    bars = [bar.get_width() for bar in figure.axes[-1].patches if isinstance(bar, Rectangle)]
    assert bars == list(verdict.regions.values())


def test_network_without_region_head_gets_no_bars(tmp_path: Path, photograph: Path) -> None:
    write_checkpoint(tmp_path / "a.ckpt", {"ela": "test_resnet"})
    explanation = Explainer(Detector.load(tmp_path / "a.ckpt")).explain(photograph)
    titles = [axes.get_title() for axes in draw_explanation(explanation).axes]
    assert titles == ["photograph", "error levels (ELA)", "heat map: ela"]


def test_overlay_is_grey_where_it_is_cold_and_bright_where_it_is_hot() -> None:
    image = np.full((4, 4, 3), (200, 100, 0), dtype=np.uint8)
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[1, 2] = 1
    picture = overlay(image, heat)
    assert len(set(picture[0, 0].tolist())) == 1
    assert picture[1, 2].tolist() != picture[0, 0].tolist()
    assert picture[1, 2, 0] > 200


def test_faces_are_marked_and_the_suspect_in_red(explainer: Explainer) -> None:
    faces = (FaceVerdict((10, 20, 40, 60), 0.9, "real", 0.1), FaceVerdict((480, 0, 960, 480), 0.9, "fake", 0.9))
    explanation = explainer.explain(np.zeros((480, 960, 3), dtype=np.uint8))
    verdict = replace(explanation.verdict, faces=faces, regions=None)
    (photograph, *_) = draw_explanation(replace(explanation, verdict=verdict)).axes
    boxes = [patch for patch in photograph.patches if isinstance(patch, Rectangle)]
    assert [to_hex(box.get_edgecolor()) for box in boxes] == [to_hex("white"), to_hex("red")]
    assert [box.get_bbox().bounds for box in boxes] == [(5, 10, 15, 20), (240, 0, 240, 240)]  # at half size
    assert [text.get_text() for text in photograph.texts] == ["1", "2"]


@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 1280, 3), (1500, 900, 3)])
def test_pictures_of_any_size_are_written(explainer: Explainer, tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert write_explanation(explainer.explain(pixels), tmp_path) == tmp_path / "pixels.png"
    with Image.open(tmp_path / "pixels.png") as picture:
        assert picture.width < 2500


def test_pictures_of_equal_names_are_numbered(explainer: Explainer, photograph: Path, tmp_path: Path) -> None:
    explanation = explainer.explain(photograph)
    names = [write_explanation(explanation, tmp_path).name for _ in range(3)]
    assert names == [f"{photograph.stem}{number}.png" for number in ("", "_2", "_3")]


def test_unreadable_file_is_an_error(explainer: Explainer, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        explainer.explain(tmp_path / "missing.jpg")

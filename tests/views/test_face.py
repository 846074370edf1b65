from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.data.images import read_image
from fakeface.faces.alignment import CROP, CROP_CENTRE, POINTS, transform_points
from fakeface.views.face import AlignedFace

GREY = np.full((120, 160, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def photograph(demo_root: Path) -> NDArray[np.uint8]:
    return read_image(sorted((demo_root / "training_real").iterdir())[0])


def test_without_a_face_the_view_is_the_central_square() -> None:
    image = GREY.copy()
    image[:, :20], image[:, 140:] = 0, 255
    view = AlignedFace(60)(image)
    assert view.pixels.shape == (60, 60, 3)
    assert (view.pixels[:, 1:-1] == 128).all()
    assert view.found is False


def test_the_view_is_that_of_the_face_that_is_asked_for() -> None:
    # Another face than the largest: its points are white, and come to lie where they should.
    points = POINTS / 4 + [300, 200]
    image = np.zeros((400, 500, 3), dtype=np.uint8)
    for x, y in points:
        cv2.circle(image, (round(x), round(y)), 3, (255, 255, 255), -1)
    view = AlignedFace(CROP)(image, points)
    assert view.found
    assert np.allclose(transform_points(POINTS - CROP_CENTRE + CROP / 2, view.placement), points)
    assert all(view.pixels[int(y), int(x), 0] > 200 for x, y in POINTS - CROP_CENTRE + CROP / 2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (37, 5), (161, 159)])
def test_any_photograph_has_a_view(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert AlignedFace(32)(image).pixels.shape == (32, 32, 3)


def test_a_drawn_face_is_found(photograph: NDArray[np.uint8]) -> None:
    assert AlignedFace(32)(photograph).found

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.data.images import read_image
from fakeface.views.face import (
    CANVAS,
    CROP,
    CROP_CENTRE,
    POINTS,
    AlignedFace,
    align_face,
    alignment,
    central_points,
    crop_matrix,
    face_points,
    locate_face,
    similarity,
    transform_points,
)

GREY = np.full((120, 160, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def photograph(demo_root: Path) -> NDArray[np.uint8]:
    return read_image(sorted((demo_root / "training_real").iterdir())[0])


def test_the_similarity_of_turned_scaled_and_shifted_points_is_what_turned_them() -> None:
    turn = 2.0 * np.array([[0.0, -1.0], [1.0, 0.0]])  # a quarter turn, twice as large
    moved = POINTS @ turn.T + [10, -20]
    assert np.allclose(similarity(POINTS, moved), [[0, -2, 10], [2, 0, -20]])
    assert np.allclose(transform_points(moved, alignment(moved)), POINTS)


def test_aligned_points_lie_where_the_canvas_wants_them() -> None:
    # A white dot at each point of a face that is small, turned by 20 degrees and off the centre.
    angle = np.radians(20)
    turn = 0.8 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = POINTS @ turn.T + [150, 30]
    image = np.zeros((400, 500, 3), dtype=np.uint8)
    for x, y in points:
        cv2.circle(image, (round(x), round(y)), 4, (255, 255, 255), -1)
    canvas = align_face(image, points)
    assert canvas.shape == (CANVAS, CANVAS, 3)
    assert all(canvas[round(y), round(x), 0] > 200 for x, y in POINTS)
    assert (canvas > 128).mean() < 0.01


def test_the_crop_is_the_middle_of_the_canvas() -> None:
    corners = np.array([CROP_CENTRE, np.array(CROP_CENTRE) - CROP / 2])
    assert np.allclose(transform_points(corners, crop_matrix(64)), [[32, 32], [0, 0]])
    # Twice as large, upside down: the corner of the usual crop lies beyond the opposite one.
    assert np.allclose(transform_points(corners, crop_matrix(64, scale=2, roll=180)), [[32, 32], [96, 96]])


def test_without_a_face_the_view_is_the_central_square() -> None:
    assert locate_face(GREY) is None
    assert np.allclose(face_points(GREY), central_points(120, 160))
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


def test_points_of_a_mirrored_photograph_are_mirrored(photograph: NDArray[np.uint8]) -> None:
    points, mirrored = locate_face(photograph), locate_face(np.ascontiguousarray(photograph[:, ::-1]))
    assert points is not None
    assert mirrored is not None
    assert AlignedFace(32)(photograph).found
    width = photograph.shape[1]
    assert np.allclose(mirrored[[1, 0, 2, 4, 3]] * [-1, 1] + [width, 0], points, atol=0.5)


def test_every_thread_has_a_locator_of_its_own(photograph: NDArray[np.uint8]) -> None:
    found: list[NDArray[np.uint8]] = []
    threads = [threading.Thread(target=lambda: found.append(AlignedFace(32)(photograph).pixels)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((view == AlignedFace(32)(photograph).pixels).all() for view in found)

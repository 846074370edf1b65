import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.faces.alignment import LEAST_EYE_DISTANCE
from fakeface.forensic.histories import LARGEST_EYE_DISTANCE, random_history, web_history

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
POINTS = np.array([[150.0, 140.0], [250.0, 140.0], [200.0, 200.0], [160.0, 250.0], [240.0, 250.0]])


def marked() -> NDArray[np.uint8]:
    """A grey picture with a white disc on each point."""
    image = np.full((400, 400, 3), 90, dtype=np.uint8)
    for x, y in POINTS.astype(int):
        cv2.circle(image, (int(x), int(y)), 9, (255, 255, 255), -1)
    return image


@pytest.mark.parametrize("seed", range(12))
def test_points_move_with_the_picture(seed: int) -> None:
    image, points = web_history(marked(), POINTS, np.random.default_rng(seed))
    grey = image.mean(axis=2)
    for x, y in points:
        assert grey[round(y), round(x)] > 200
    assert np.median(grey) == pytest.approx(90, abs=3)


def test_faces_are_scaled_within_the_bounds() -> None:
    distances = []
    for seed in range(60):
        _, points = web_history(marked(), POINTS, np.random.default_rng(seed))
        distances.append(np.linalg.norm(points[1] - points[0]))
    assert min(distances) > LEAST_EYE_DISTANCE * 0.75  # the last step may shrink it once more
    assert max(distances) < 100 * 1.3 * 1.15 + 1
    assert np.std(distances) > 10


def test_a_large_face_is_always_scaled_down() -> None:
    large = cv2.resize(marked(), (1600, 1600))
    for seed in range(8):
        _, points = web_history(large, POINTS * 4, np.random.default_rng(seed))
        assert np.linalg.norm(points[1] - points[0]) <= LARGEST_EYE_DISTANCE * 1.3 * 1.15 + 1


def test_the_same_generator_gives_the_same_pixels_and_the_input_stays() -> None:
    image = marked()
    before = image.copy()
    first, _ = web_history(image, POINTS, np.random.default_rng(3))
    second, _ = web_history(image, POINTS, np.random.default_rng(3))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, before)


def test_a_jpeg_history_depends_on_the_generator_alone_and_differs_from_draw_to_draw() -> None:
    drawn = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    again = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    assert all((one == two).all() for one, two in zip(drawn, again, strict=True))
    assert all(image.shape == NOISE.shape and image.dtype == np.uint8 for image in drawn)
    assert len({image.tobytes() for image in drawn}) == 12

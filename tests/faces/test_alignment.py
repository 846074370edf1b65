import cv2
import numpy as np

from fakeface.faces.alignment import (
    CANVAS,
    CROP,
    CROP_CENTRE,
    POINTS,
    align_face,
    alignment,
    crop_matrix,
    similarity,
    transform_points,
)


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

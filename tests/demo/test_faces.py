from dataclasses import replace

import numpy as np
import pytest

from fakeface.demo.canvas import Pose
from fakeface.demo.faces import draw_face, sample_pose
from fakeface.faces.finder import find_faces

UPRIGHT = Pose(0.5, 0.5, 0.34, 0.0)


@pytest.mark.parametrize("size", [64, 96, 257])
def test_face_fills_a_picture_of_any_size(size: int) -> None:
    face = draw_face(np.random.default_rng(0), UPRIGHT, size)
    assert face.pixels.shape == (size, size, 3)
    assert face.pixels.dtype == np.float32
    assert face.pixels.min() >= 0
    assert face.pixels.max() <= 1


def test_same_generator_draws_the_same_face() -> None:
    first, same, other = (draw_face(np.random.default_rng(seed), UPRIGHT, 64).pixels for seed in (0, 0, 1))
    assert (first == same).all()
    assert np.abs(first - other).mean() > 0.05


def test_regions_lie_in_the_picture_as_named() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        left, right, nose, mouth = draw_face(rng, sample_pose(rng), 100).regions
        assert left[0] < nose[0] < right[0]
        assert max(left[1], right[1]) < nose[1] < mouth[1]
        for x, y, width, height in (left, right, nose, mouth):
            assert 0 < x - width < x + width < 100
            assert 0 < y - height < y + height < 100


def test_regions_follow_the_pose() -> None:
    here = draw_face(np.random.default_rng(0), UPRIGHT, 100).regions
    there = draw_face(np.random.default_rng(0), replace(UPRIGHT, x=0.55, y=0.47), 100).regions
    for (x, y, *size), (moved_x, moved_y, *moved_size) in zip(here, there, strict=True):
        assert (moved_x, moved_y) == pytest.approx((x + 5, y - 3))
        assert size == moved_size


def test_eyes_are_where_the_regions_say() -> None:
    """Both eyes hold white and black, the cheek below neither."""
    face = draw_face(np.random.default_rng(4), UPRIGHT, 256)
    brightness = face.pixels.mean(axis=2)
    for x, y, width, height in face.regions[:2]:
        eye = brightness[int(y - height / 2) : int(y + height), int(x - width) : int(x + width)]
        cheek = brightness[int(y + 2 * height) : int(y + 3 * height), int(x - width / 2) : int(x + width / 2)]
        assert np.ptp(eye) > 3 * np.ptp(cheek)


def test_people_differ() -> None:
    faces = [draw_face(np.random.default_rng(seed), UPRIGHT, 64) for seed in range(60)]
    cheeks = []
    for face in faces:
        x, y, width, height = face.regions[0]
        cheeks.append(float(face.pixels[int(y + 2 * height) : int(y + 3 * height), int(x) : int(x + width)].mean()))
    assert max(cheeks) - min(cheeks) > 0.4
    # Beside the jaw, most people have a background, and some have hair.
    assert len({round(float(face.pixels[45, 12].mean()), 2) for face in faces}) > 20


def test_a_face_finder_finds_them_where_they_are() -> None:
    for seed in range(10):
        rng = np.random.default_rng([4, seed])
        face = draw_face(rng, sample_pose(rng), 256)
        points = find_faces(np.rint(face.pixels * 255).astype(np.uint8))[0].points
        left, right, _, mouth = (np.array(region[:2]) for region in face.regions)
        for found, drawn in ((points[0], left), (points[1], right), (points[3:].mean(axis=0), mouth)):
            assert np.linalg.norm(found - drawn) < 0.25 * np.linalg.norm(left - right)

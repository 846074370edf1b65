import threading
import tracemalloc

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from fakeface.faces.alignment import central_points
from fakeface.faces.finder import face_points, find_faces

ASTRONAUT: NDArray[np.uint8] = skimage.data.astronaut()
"""A portrait by NASA, in the public domain; scikit-image carries it."""

LEFT_EYE, RIGHT_EYE = (205, 103), (248, 106)
"""Measured in the picture by eye."""


def test_a_portrait_has_one_face_with_its_eyes_where_they_are() -> None:
    (face,) = find_faces(ASTRONAUT)
    assert np.allclose(face.points[:2], [LEFT_EYE, RIGHT_EYE], atol=5)
    assert face.confidence > 0.8
    left, top, right, bottom = face.box
    assert left < LEFT_EYE[0] < RIGHT_EYE[0] < right
    assert top < LEFT_EYE[1] < bottom
    assert face.side == pytest.approx(np.sqrt((right - left) * (bottom - top)))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photograph_gives_the_same_points_turned(turns: int) -> None:
    (upright,) = find_faces(ASTRONAUT)
    (turned,) = find_faces(np.ascontiguousarray(np.rot90(ASTRONAUT, turns)))
    x, y = upright.points.T
    expected = {1: (y, 511 - x), 2: (511 - x, 511 - y), 3: (511 - y, x)}[turns]
    assert np.allclose(turned.points, np.stack(expected, axis=1), atol=1e-6)


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_mirrored_photograph_gives_the_same_points_mirrored(turns: int) -> None:
    image = np.ascontiguousarray(np.rot90(ASTRONAUT, turns))
    width = image.shape[1]
    (face,), (mirrored,) = find_faces(image)[:1], find_faces(np.ascontiguousarray(image[:, ::-1]))[:1]
    np.testing.assert_allclose(mirrored.points[[1, 0, 2, 4, 3]] * [-1, 1] + [width - 1, 0], face.points, atol=1e-6)
    np.testing.assert_allclose(width - 1 - mirrored.box[[2, 0]], face.box[[0, 2]], atol=1e-6)
    assert mirrored.confidence == face.confidence


def test_upright_and_turned_faces_of_one_photograph_are_found() -> None:
    (upright,) = find_faces(ASTRONAUT)
    both = np.concatenate([ASTRONAUT[:256], ASTRONAUT[255::-1, ::-1]], axis=1)
    left, right = sorted(find_faces(both), key=lambda face: face.box[0])
    assert np.allclose(left.points, upright.points, atol=8)
    assert np.allclose(right.points, [1023, 255] - upright.points, atol=8)


def test_a_face_that_fills_the_picture_is_found() -> None:
    (face,) = find_faces(ASTRONAUT)
    left, top = 195, 80
    (close,) = find_faces(np.ascontiguousarray(ASTRONAUT[top:160, left:260]))
    assert np.allclose(close.points + np.array([left, top]), face.points, atol=8)


def test_a_slanted_face_is_found() -> None:
    slant = cv2.getRotationMatrix2D((227, 120), 30, 1.0)
    (face,) = find_faces(cv2.warpAffine(ASTRONAUT, slant, (512, 512)))
    eyes = np.array([LEFT_EYE, RIGHT_EYE]) @ slant[:, :2].T + slant[:, 2]
    assert np.allclose(face.points[:2], eyes, atol=8)


def test_every_face_of_a_group_is_found_the_most_prominent_first() -> None:
    small = cv2.resize(ASTRONAUT[:256, 96:352], (160, 160), interpolation=cv2.INTER_AREA)
    group = np.full((640, 960, 3), 200, dtype=np.uint8)
    for number in range(5):
        row, column = divmod(number, 3)
        group[40 + 190 * row :, 40 + 190 * column :][:160, :160] = small
    group[380:636, 600:856] = ASTRONAUT[:256, 96:352]
    faces = find_faces(group)
    assert len(faces) == 6
    assert faces[0].side == max(face.side for face in faces)


def test_a_small_face_in_a_large_photograph_is_found() -> None:
    large = np.full((3000, 4000, 3), 90, dtype=np.uint8)
    large[2200:2456, 3100:3356] = cv2.resize(ASTRONAUT[:300, 80:380], (256, 256), interpolation=cv2.INTER_AREA)
    (face,) = find_faces(large)
    assert 3100 < face.box[0] < face.box[2] < 3356


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea", "brick", "grass", "gravel", "moon", "text", "coins"])
def test_pictures_without_a_face_have_none(name: str) -> None:
    image = getattr(skimage.data, name)()
    image = np.repeat(image[..., np.newaxis], 3, axis=2) if image.ndim == 2 else image[..., :3]
    assert find_faces(np.ascontiguousarray(image)) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (4000, 3), (64, 64)])
def test_any_shape_is_searched(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert find_faces(image) == []
    assert np.array_equal(face_points(image), central_points(*shape))


def test_every_thread_has_a_network_of_its_own() -> None:
    expected = find_faces(ASTRONAUT)[0].points
    found: list[NDArray[np.float64]] = []
    threads = [threading.Thread(target=lambda: found.append(find_faces(ASTRONAUT)[0].points)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(np.array_equal(points, expected) for points in found)


def test_a_thin_picture_takes_no_memory_by_its_longer_side() -> None:
    thin = np.zeros((3, 30_000, 3), dtype=np.uint8)
    tracemalloc.start()
    assert find_faces(thin) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6

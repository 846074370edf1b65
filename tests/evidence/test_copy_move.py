import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.evidence.copy_move import Box, find_copies
from fakeface.views.pictures import save_as_jpeg
from tests.evidence.files import portrait


def overlap(box: Box, other: Box) -> float:
    """Share of the box that lies in the other."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(width, 0) * max(height, 0) / ((box[2] - box[0]) * (box[3] - box[1]))


def copied(turned: bool = False) -> NDArray[np.uint8]:
    """The portrait with 100 pixels square around the face beside it once more."""
    pixels = portrait()
    patch = pixels[60:160, 180:280]
    pixels[30:130, 330:430] = np.rot90(patch) if turned else patch
    return pixels


@pytest.mark.parametrize("quality", [None, 75])
def test_copied_part_is_found_and_located(quality: int | None) -> None:
    pixels = copied() if quality is None else save_as_jpeg(copied(), quality)
    (copy,) = find_copies(pixels)
    first, second = sorted([copy.first, copy.second])
    assert overlap(first, (180, 60, 280, 160)) == 1
    assert overlap(second, (330, 30, 430, 130)) == 1
    assert copy.matches >= 20
    assert abs(copy.scale - 1) < 0.02
    assert abs(copy.turned) < 1


def test_turned_copy_is_found() -> None:
    (copy,) = find_copies(copied(turned=True))
    assert abs(abs(copy.turned) - 90) < 2


def test_places_are_those_of_a_large_photograph() -> None:
    large = np.asarray(cv2.resize(copied(), (2048, 2048), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    (copy,) = find_copies(large)
    first, _ = sorted([copy.first, copy.second])
    assert overlap(first, (720, 240, 1120, 640)) == 1


def test_photograph_without_copies_has_none() -> None:
    assert find_copies(portrait()) == []
    assert find_copies(save_as_jpeg(portrait(), 60)) == []


def test_pictures_without_features_have_none() -> None:
    assert find_copies(np.full((200, 200, 3), 128, np.uint8)) == []
    assert find_copies(np.zeros((1, 1, 3), np.uint8)) == []


def test_the_same_picture_gives_the_same_copies() -> None:
    assert find_copies(copied()) == find_copies(copied())

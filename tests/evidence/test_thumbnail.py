from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.evidence.thumbnail import Thumbnail, compare, read_thumbnail
from tests.evidence.files import exif_with_thumbnail, jpeg, portrait


def small(pixels: NDArray[np.uint8], size: tuple[int, int] = (160, 160)) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def edited() -> NDArray[np.uint8]:
    """The portrait with the lower half of the face painted over."""
    pixels = portrait()
    pixels[120:200, 190:270] = 20
    return pixels


def read(photograph: NDArray[np.uint8], thumbnail: bytes, orientation: int = 1) -> Thumbnail | None:
    with Image.open(BytesIO(jpeg(photograph, exif=exif_with_thumbnail(thumbnail, orientation)))) as image:
        return read_thumbnail(image, photograph)


def test_thumbnail_of_the_photograph_does_not_differ() -> None:
    thumbnail = read(portrait(), jpeg(small(portrait()), 50))
    assert thumbnail is not None
    assert thumbnail.pixels.shape == (160, 160, 3)
    assert thumbnail.difference < 12
    assert not thumbnail.differs


def test_thumbnail_from_before_an_edit_differs() -> None:
    thumbnail = read(edited(), jpeg(small(portrait())))
    assert thumbnail is not None
    assert thumbnail.differs


def test_thumbnail_of_another_picture_differs() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    thumbnail = read(portrait(), jpeg(np.repeat(np.repeat(noise, 20, 0), 20, 1)))
    assert thumbnail is not None
    assert thumbnail.differs


@pytest.mark.parametrize("gain", [0.7, 1.3])
def test_another_brightness_is_no_difference(gain: float) -> None:
    darker = np.clip(small(portrait()) * 0.8 * gain, 0, 255).astype(np.uint8)
    assert compare(darker, portrait()) < 25


def test_black_bars_and_cut_borders_are_no_difference() -> None:
    wide = np.ascontiguousarray(portrait()[100:400])
    barred = np.zeros((120, 160, 3), np.uint8)
    barred[13:107] = small(wide, (160, 94))
    assert compare(barred, wide) < 25
    cut = small(np.ascontiguousarray(wide[:, 56:456]), (160, 120))
    assert compare(cut, wide) < 25


def test_thumbnail_is_turned_like_the_photograph() -> None:
    # An orientation of 6 asks for a quarter turn clockwise, so what is stored is turned the other way.
    stored = np.ascontiguousarray(np.rot90(portrait()))
    thumbnail = read(portrait(), jpeg(small(stored)), orientation=6)
    assert thumbnail is not None
    assert not thumbnail.differs


@pytest.mark.parametrize("broken", [b"", b"no picture", jpeg(np.zeros((8, 8, 3), np.uint8))[:80]])
def test_broken_thumbnail_is_none(broken: bytes) -> None:
    assert read(portrait(), broken) is None


def test_thumbnail_that_is_a_bomb_is_not_decoded() -> None:
    buffer = BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 60_000
    assert read(portrait(), buffer.getvalue()) is None

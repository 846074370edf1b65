"""The small picture that EXIF data carry, beside the photograph: programs that edit may forget to renew it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from fakeface.data.images import ImageError, decode_image
from fakeface.data.orientation import read_orientation, turn_upright

MOST_PIXELS = 1_000_000
DIFFERENT = 25.0
"""Grey levels, of 255, from which on the largest difference is one: JPEG and scaling alone leave up to 10."""

_GRID = 12
_PREFIX = b"Exif\0\0"


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """The thumbnail of a file.

    Attributes:
        pixels: RGB, ``(H, W, 3)``, turned like the photograph.
        difference: Largest difference to the photograph in grey levels, of the squares of a 12×12 grid, once brightness
            and contrast are the same.
    """

    pixels: NDArray[np.uint8]
    difference: float

    @property
    def differs(self) -> bool:
        """Whether it shows something else than the photograph."""
        return self.difference >= DIFFERENT


def read_thumbnail(image: Image.Image, photograph: NDArray[np.uint8]) -> Thumbnail | None:
    """Return the thumbnail of an opened file, whose upright pixels are ``(H, W, 3)``; ``None`` without one."""
    data = _thumbnail_bytes(image)
    if not data:
        return None
    try:
        pixels = decode_image(data, Path("thumbnail"), MOST_PIXELS, least_side=1)
    except ImageError:
        return None
    turned = turn_upright(pixels, read_orientation(image))
    return Thumbnail(turned, compare(turned, photograph))


def compare(thumbnail: NDArray[np.uint8], photograph: NDArray[np.uint8]) -> float:
    """Return how far a thumbnail is from a photograph; see ``Thumbnail.difference``.

    Cameras add black bars where the shapes differ, and others cut the photograph; whichever fits better counts.
    """
    height, width = photograph.shape[:2]
    small_height, small_width = thumbnail.shape[:2]
    fit = min(small_height / height, small_width / width)
    inner = max(1, round(height * fit)), max(1, round(width * fit))
    fill = min(height / small_height, width / small_width)
    cut = max(1, round(small_height * fill)), max(1, round(small_width * fill))
    return min(
        _difference(_middle(thumbnail, inner), photograph),
        _difference(thumbnail, _middle(photograph, cut)),
    )


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    grids = [
        cv2.resize(
            cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA
        )
        for image in (one, other)
    ]
    # The median and the spread around it are moved by no single square, which may be what was edited.
    levels = [grid - np.median(grid) for grid in grids]
    spreads = [float(np.mean(np.abs(level))) for level in levels]
    gain = spreads[1] / spreads[0] if min(spreads) > 1 else 1.0
    return float(np.abs(levels[0] * np.clip(gain, 0.5, 2.0) - levels[1]).max())


def _middle(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    top, left = ((length - part) // 2 for length, part in zip(image.shape[:2], size, strict=True))
    return image[top : top + size[0], left : left + size[1]]


def _thumbnail_bytes(image: Image.Image) -> bytes:
    try:
        exif = image.info.get("exif", b"")
        tags = image.getexif().get_ifd(ExifTags.IFD.IFD1)
        start = int(tags[ExifTags.Base.JpegIFOffset]) + (len(_PREFIX) if exif.startswith(_PREFIX) else 0)
        return bytes(exif[start : start + int(tags[ExifTags.Base.JpegIFByteCount])])
    except Exception:  # Pillow answers hostile data with almost any exception
        return b""

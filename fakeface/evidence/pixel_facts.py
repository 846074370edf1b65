"""All that the pixels of a photograph show beside the network's verdict."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.data.orientation import turn_upright
from fakeface.evidence.blocks import SIDE, Grid, Rounding, brightness, count_rounding, find_grid
from fakeface.evidence.copy_move import Copy, find_copies
from fakeface.evidence.jpeg_tables import JpegTables
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.pictures import shrink

LONGEST = 4096
"""Sides in pixels from which on blocks are looked for in the middle alone."""

FREQUENCIES = ((0, 1), (1, 0), (1, 1))
"""Rows and columns of the coefficients whose rounding is counted."""

QUALITIES = (50, 60, 70, 75, 80, 85, 90, 95)
"""Of the error levels that are drawn, the highest last."""

GAIN = 15.0
"""Factor that makes differences of a few grey levels visible."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelFacts:
    """What pixels show.

    Attributes:
        grid: Where the borders of JPEG's blocks lie.
        rounding: How often the coefficients ``FREQUENCIES`` have each multiple of the file's step.
        copies: Parts that lie in the photograph twice.
        error_levels: By quality, made small.
        noise: The noise residual, ``(H, W, 3)``.
    """

    grid: Grid
    rounding: dict[str, Rounding]
    copies: list[Copy]
    error_levels: dict[int, NDArray[np.uint8]]
    noise: NDArray[np.uint8]


def read_pixel_facts(photograph: NDArray[np.uint8], orientation: int, tables: JpegTables | None) -> PixelFacts:
    """Look at the pixels of a photograph.

    Args:
        photograph: Upright, ``(H, W, 3)``.
        orientation: That of the file, 1 to 8: blocks lie in the file as it was stored.
        tables: Those of the file, where it is a JPEG.
    """
    stored = brightness(_middle(as_stored(photograph, orientation)))
    grid = find_grid(stored)
    rounding = {}
    for row, column in FREQUENCIES:
        step = tables.luminance[row * SIDE + column] if tables is not None else 1
        rounding[f"row {row}, column {column}"] = count_rounding(stored, step, (row, column))
    return PixelFacts(grid, rounding, find_copies(photograph), error_levels(photograph), noise_residual(photograph))


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a large photograph, of whole blocks, which is enough to count in."""
    top, left = (max(0, length - LONGEST) // 2 // SIDE * SIDE for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + LONGEST, left : left + LONGEST])


def as_stored(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn upright pixels back as they lie in a file with this EXIF orientation."""
    # Turns to the right and to the left undo each other, all others themselves.
    return turn_upright(pixels, {6: 8, 8: 6}.get(orientation, orientation))


def noise_residual(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how far each pixel of ``(H, W, 3)`` is from the median of the nine around it, ``GAIN`` times."""
    difference = cv2.absdiff(image, cv2.medianBlur(image, 3))
    return np.asarray(cv2.convertScaleAbs(difference, alpha=GAIN), dtype=np.uint8)


def error_levels(image: NDArray[np.uint8]) -> dict[int, NDArray[np.uint8]]:
    """Return the error levels of ``(H, W, 3)`` by quality, ``GAIN`` times, then made as small as a page needs them."""
    return {quality: shrink(error_level_analysis(image, ElaParameters(quality, GAIN, 0.0))) for quality in QUALITIES}

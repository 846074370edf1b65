"""What the quantisation tables of a JPEG tell of the program that saved it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, JpegPresets

_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *[(99,) * 8] * 4,
)
STANDARD = np.array([_LUMINANCE, _CHROMINANCE], dtype=np.int64).reshape(2, 64)
"""Tables K.1 and K.2 of the standard, for luminance and colours, ``(2, 64)``: https://www.w3.org/Graphics/JPEG/itu-t81.pdf."""

QUALITIES = range(1, 101)


@dataclass(frozen=True, slots=True)
class JpegTables:
    """The quantisation tables of a JPEG.

    Attributes:
        luminance: Row by row, 64 values.
        quality: That of libjpeg, 1 to 100, whose tables are the nearest.
        standard: Whether they are exactly these.
        program: Whose tables they are, where that is known: "Photoshop (…)"; "" for others.
    """

    luminance: tuple[int, ...]
    quality: int
    standard: bool
    program: str


def read_jpeg_tables(image: Image.Image) -> JpegTables | None:
    """Return the tables of an opened file; ``None`` where it is no JPEG or has none."""
    tables = image.quantization if isinstance(image, JpegImagePlugin.JpegImageFile) else {}
    if not tables:
        return None
    found = [tuple(tables[number]) for number in sorted(tables)]
    quality, standard = estimate_quality(found)
    return JpegTables(found[0], quality, standard, _program(found))


def standard_tables(quality: int) -> NDArray[np.int64]:
    """Return the tables ``(2, 64)`` that libjpeg writes for a quality, by the formula of its ``jcparam.c``."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((STANDARD * scale + 50) // 100, 1, 255)


def estimate_quality(tables: Sequence[Sequence[int]]) -> tuple[int, bool]:
    """Return the quality whose standard tables are the nearest, and whether the tables are these.

    Args:
        tables: That of luminance, and that of the colours where there is one; later ones do not count.
    """
    found = np.array(tables[:2], dtype=np.int64)
    # In logarithms: a step of 1 for 2 is more than one of 99 for 98.
    distances = {
        quality: float(np.abs(np.log(found / standard_tables(quality)[: len(found)])).sum()) for quality in QUALITIES
    }
    quality = min(distances, key=lambda number: distances[number])
    return quality, distances[quality] == 0


def _program(tables: Sequence[tuple[int, ...]]) -> str:
    for name, preset in JpegPresets.presets.items():
        known = cast(Sequence[Sequence[int]], preset["quantization"])
        if tables[:2] == [tuple(table) for table in known][: len(tables)]:
            return f"Photoshop ({name.replace('_', ' ')})"
    return ""

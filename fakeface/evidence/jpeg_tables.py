"""What the quantisation tables of a JPEG tell of the program that saved it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, JpegPresets

from fakeface.views.pictures import encode_jpeg

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


@cache
def standard_tables(quality: int) -> NDArray[np.int64]:
    """Return the tables that libjpeg writes for a quality, of luminance and colours, ``(2, 64)``."""
    with Image.open(BytesIO(encode_jpeg(np.zeros((8, 8, 3), np.uint8), quality))) as image:
        tables = cast(JpegImagePlugin.JpegImageFile, image).quantization
    return np.array([tables[0], tables[1]], dtype=np.int64)


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

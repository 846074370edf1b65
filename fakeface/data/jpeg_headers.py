"""What a file says before its pixels: format, quantisation tables, chroma subsampling, metadata."""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

_SUBSAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an image file says.

    Attributes:
        format: Such as "JPEG" or "PNG".
        width: In pixels.
        height: In pixels.
        mode: Such as "RGB", "L" (grey) or "CMYK".
        table: Name of the set of quantisation tables: the sum of the first, then a digest of all; "" without tables.
        subsampling: Such as "4:2:0"; "" where there is none.
        progressive: Whether the file is a progressive JPEG.
        metadata: Kinds of metadata in it, sorted, such as ``("exif", "icc_profile")``.
    """

    format: str
    width: int
    height: int
    mode: str
    table: str = ""
    subsampling: str = ""
    progressive: bool = False
    metadata: tuple[str, ...] = ()


def read_header(data: bytes) -> Header | None:
    """Read the header of an image file's bytes; ``None`` where Pillow knows no such format."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            metadata = tuple(sorted(key for key in ("exif", "icc_profile", "comment", "xmp") if image.info.get(key)))
            basics = (image.format or "", image.width, image.height, image.mode)
            if not isinstance(image, JpegImagePlugin.JpegImageFile):
                return Header(*basics, metadata=metadata)
            subsampling = _SUBSAMPLINGS.get(JpegImagePlugin.get_sampling(image), "other")
            progressive = bool(image.info.get("progressive"))
            tables = image.quantization
            values = [value for number in sorted(tables) for value in (*tables[number], -1)]
            digest = hashlib.sha256(repr(values).encode()).hexdigest()[:6]
            table = f"{sum(next(iter(tables.values())))}-{digest}"
            return Header(*basics, table, subsampling, progressive, metadata)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def read_tables(paths: Iterable[Path]) -> dict[str, str]:
    """Return the name of each file's quantisation tables by its path as text; "" where it has none."""
    headers = {str(path): read_header(path.read_bytes()) for path in paths}
    return {path: header.table if header else "" for path, header in headers.items()}


def have_common_table(paths: Sequence[Path]) -> NDArray[np.bool_]:
    """Tell which files have ``common_table``, ``(N,)``."""
    names = read_tables(paths)
    tables = [names[str(path)] for path in paths]
    return np.asarray(np.array(tables) == common_table(tables))


def common_table(tables: Iterable[str]) -> str:
    """Return the most frequent set of quantisation tables, the alphabetically first of equals.

    Files without tables, whose name is "", do not count, unless all are such.
    """
    counts = Counter(table for table in tables if table)
    return min(counts, key=lambda table: (-counts[table], table), default="")

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fakeface.evidence.jpeg_tables import JpegTables, estimate_quality, read_jpeg_tables
from tests.evidence.files import jpeg

PIXELS = np.zeros((16, 16, 3), np.uint8)
STANDARD = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
"""Table K.1, for luminance: https://www.w3.org/Graphics/JPEG/itu-t81.pdf."""


def read(data: bytes) -> JpegTables | None:
    with Image.open(BytesIO(data)) as image:
        return read_jpeg_tables(image)


@pytest.mark.parametrize("quality", range(1, 101))
def test_quality_that_pillow_saved_with_is_found(quality: int) -> None:
    tables = read(jpeg(PIXELS, quality))
    assert tables is not None
    assert tables.standard
    assert tables.program == ""
    # Where a quality has the tables of another one, either is right; 1 and 2 do not.
    assert tables.quality == quality


def test_tables_of_quality_50_are_those_of_the_standard() -> None:
    tables = read(jpeg(PIXELS, 50))
    assert tables is not None
    assert tables.luminance == STANDARD
    assert tables.luminance[:3] == (16, 11, 10)


@pytest.mark.parametrize(("preset", "name"), [("web_high", "web high"), ("maximum", "maximum")])
def test_tables_of_photoshop_are_known(preset: str, name: str) -> None:
    tables = read(jpeg(PIXELS, preset))
    assert tables is not None
    assert tables.program == f"Photoshop ({name})"
    assert not tables.standard


def test_tables_of_nobody_have_the_nearest_quality() -> None:
    # 16, 11, 10 … at quality 75 are 8, 6, 5 …; here each is one more.
    luminance = [int(value * 50 + 50) // 100 + 1 for value in STANDARD]
    quality, standard = estimate_quality([luminance])
    assert not standard
    assert 70 <= quality < 75


def test_grey_photographs_have_one_table() -> None:
    buffer = BytesIO()
    Image.new("L", (16, 16)).save(buffer, "JPEG", quality=63)
    tables = read(buffer.getvalue())
    assert tables is not None
    assert (tables.quality, tables.standard) == (63, True)


def test_other_formats_have_none() -> None:
    buffer = BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    assert read(buffer.getvalue()) is None

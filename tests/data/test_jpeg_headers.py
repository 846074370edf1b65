"""Headers of files that are made here."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakeface.data.jpeg_headers import common_table, have_common_table, read_header


def encode(format: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (20, 10), 128).save(buffer, format, **options)
    return buffer.getvalue()


def test_table_is_named_by_the_sum_of_its_first_table() -> None:
    tables = [[2] * 64, [3] * 64]
    header = read_header(encode(qtables=tables, subsampling=0))
    assert header is not None
    assert header.table.startswith("128-")
    assert (header.format, header.width, header.height, header.mode) == ("JPEG", 20, 10, "RGB")
    assert (header.subsampling, header.progressive, header.metadata) == ("4:4:4", False, ())


def test_a_table_of_the_same_sum_has_another_name() -> None:
    first = read_header(encode(qtables=[[2] * 64, [3] * 64]))
    second = read_header(encode(qtables=[[1] * 32 + [3] * 32, [3] * 64]))
    assert first is not None
    assert second is not None
    assert first.table[:4] == second.table[:4]
    assert first.table != second.table


@pytest.mark.parametrize(("subsampling", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling_and_progressive(subsampling: int, name: str) -> None:
    header = read_header(encode(subsampling=subsampling, progressive=True))
    assert header is not None
    assert (header.subsampling, header.progressive) == (name, True)


def test_metadata_are_named() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    header = read_header(encode(exif=exif, icc_profile=b"profile", comment=b"hello"))
    assert header is not None
    assert header.metadata == ("comment", "exif", "icc_profile")


def test_other_formats_have_no_table() -> None:
    header = read_header(encode("PNG", "L"))
    assert header is not None
    assert (header.format, header.mode, header.table, header.subsampling) == ("PNG", "L", "", "")


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", encode()[:30]])
def test_what_is_no_image_has_no_header(data: bytes) -> None:
    assert read_header(data) is None


def test_common_table_is_the_most_frequent() -> None:
    assert common_table(["b", "a", "b", "c"]) == "b"
    assert common_table(["b", "a"]) == "a"
    assert common_table([]) == ""


def test_files_without_a_table_do_not_count_unless_all_are_such(tmp_path: Path) -> None:
    assert common_table(["", "", "a"]) == "a"
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg", "d.png")]
    for path, quality in zip(paths, (91, 75, 91, 0), strict=True):
        Image.fromarray(pixels).save(path, quality=quality)
    assert have_common_table(paths).tolist() == [True, False, True, False]
    assert have_common_table([paths[3], paths[3], paths[0]]).tolist() == [False, False, True]
    assert have_common_table([paths[3], paths[3]]).tolist() == [True, True]

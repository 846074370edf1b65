"""Depths and colours beyond 8 bits of RGB; every expected level was worked out by hand."""

import struct
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakeface.data.images import ImageError, count_frames
from tests.data.image_files import (
    FOUR_COLOURS,
    HERE,
    PHOTOGRAPH,
    bmp,
    decode,
    decode_with_opencv,
    encode,
    encode_with_opencv,
    heic,
    palette_image,
    tiff,
    with_alpha,
)

ROW = np.array([[0, 1000, 32_768, 65_535]], np.uint16)
"""Of which the upper eight bits are 0, 3, 128 and 255."""

GREYS: dict[str, tuple[Callable[[], bytes], list[int]]] = {
    "16 bits": (lambda: tiff(ROW), [0, 3, 128, 255]),
    "16 bits, most significant first": (lambda: tiff(ROW.astype(">u2"), byteorder=">"), [0, 3, 128, 255]),
    "16 bits, white is zero": (lambda: tiff(ROW, photometric="miniswhite"), [255, 252, 127, 0]),
    "8 bits, white is zero": (lambda: tiff(np.array([[0, 3, 255]], np.uint8), photometric="miniswhite"), [255, 252, 0]),
    "16 bits in a png": (lambda: encode_with_opencv(ROW, ".png"), [0, 3, 128, 255]),
    "12 bits in 16": (lambda: tiff(np.array([[0, 1 << 11, 4095]], np.uint16)), [0, 128, 255]),
    "8 bits in 16": (lambda: tiff(np.array([[0, 7, 255]], np.uint16)), [0, 7, 255]),
    "16 signed bits": (lambda: tiff(np.array([[0, 256, 32_767]], np.int16)), [0, 1, 127]),
    "16 bits in 32": (lambda: tiff(ROW.astype(np.uint32)), [0, 3, 128, 255]),
    "8 bits in 32": (lambda: tiff(np.array([[0, 7, 255]], np.int32)), [0, 7, 255]),
    "floats to 1": (
        lambda: tiff(np.array([[0, 0.25, 0.5, 1]], np.float32)),
        [0, 64, 128, 255],
    ),
    "floats to 255": (lambda: tiff(np.array([[0, 0.6, 7.4, 255]], np.float32)), [0, 1, 7, 255]),
    "1 bit": (lambda: tiff(np.array([[True, False, True]])), [255, 0, 255]),
    "1 bit, black is transparent": (
        lambda: encode(Image.fromarray(np.array([[True, False]])), "PNG", transparency=0),
        [255, 255],
    ),
    "grey and alpha of 8 bits": (
        lambda: encode(Image.merge("LA", [Image.new("L", (1, 1), 55), Image.new("L", (1, 1), 51)]), "PNG"),
        [215],  # 55 · 0.2 + 255 · 0.8
    ),
}


@pytest.mark.parametrize("case", GREYS)
def test_grey_of_every_depth(case: str) -> None:
    build, expected = GREYS[case]
    np.testing.assert_array_equal(decode(build(), HERE), [[[level] * 3 for level in expected]])


RED_16 = np.array([[[65_535, 512, 0]]], np.uint16)
COLOURS: dict[str, tuple[Callable[[], bytes], list[int]]] = {
    "16 bits": (lambda: tiff(RED_16), [255, 2, 0]),
    "16 bits and alpha of a fifth": (
        lambda: encode_with_opencv(np.array([[[13_107, 65_535, 512, 0]]], np.uint16), ".png"),
        [255, 204, 204],
    ),
    "16 bits and alpha in a tiff": (
        lambda: tiff(np.dstack([RED_16, np.array([[13_107]], np.uint16)]), extrasamples=["unassalpha"]),
        [255, 204, 204],  # 0.2 · 2 + 0.8 · 255 = 204.4
    ),
    "cmyk of 8 bits": (lambda: tiff(np.array([[[0, 255, 255, 0]]], np.uint8), photometric="separated"), [255, 0, 0]),
    "cmyk of 16 bits": (
        lambda: tiff(np.array([[[0, 65_535, 65_535, 0]]], np.uint16), photometric="separated"),
        [255, 0, 0],
    ),
    "12 bits in 16": (lambda: tiff(np.array([[[0, 1 << 11, 4095]]], np.uint16)), [0, 128, 255]),
    "12 bits in 16, most significant first": (
        lambda: tiff(np.array([[[4095, 1 << 11, 0]]], ">u2"), byteorder=">"),
        [255, 128, 0],
    ),
    "12 bits in a png": (
        lambda: encode_with_opencv(np.array([[[0, 1 << 11, 4095]]], np.uint16), ".png"),
        [0, 128, 255],
    ),
    "13 bits in 16 are 16": (lambda: tiff(np.array([[[0, 512, 4096]]], np.uint16)), [0, 2, 16]),
    "8 bits in 16": (lambda: tiff(np.array([[[255, 7, 0]]], np.uint16), compression="zlib"), [255, 7, 0]),
    "black of 16 bits": (lambda: tiff(np.zeros((1, 1, 3), np.uint16)), [0, 0, 0]),
    "floats to 1": (lambda: tiff(np.array([[[0.25, 0.5, 1]]], np.float32)), [64, 128, 255]),
    "floats to 255": (lambda: tiff(np.array([[[0.6, 7.4, 255]]], np.float32)), [1, 7, 255]),
    "floats, most significant first": (
        lambda: tiff(np.array([[[0.6, 7.4, 255]]], ">f4"), byteorder=">", compression="zlib"),
        [1, 7, 255],
    ),
    "floats in a big tiff": (lambda: tiff(np.array([[[0, 0.25, 0.5]]], np.float32), bigtiff=True), [0, 64, 128]),
    "planes of 8 bits": (
        lambda: tiff(np.array([[[1]], [[2]], [[3]]], np.uint8), photometric="rgb", planarconfig="separate"),
        [1, 2, 3],
    ),
    "big tiff": (lambda: tiff(np.array([[[1, 2, 3]]], np.uint8), bigtiff=True), [1, 2, 3]),
    "bmp of 15 bits": (lambda: bmp(compression=0, bits=16, pixel=b"\x00\x7c"), [255, 0, 0]),
    "bmp of 16 bits": (lambda: bmp((0xF800, 0x7E0, 0x1F), bits=16, pixel=b"\x00\xf8"), [255, 0, 0]),
    "bmp of 32 bits": (lambda: bmp(compression=0, pixel=b"\x01\x02\x03\xff"), [3, 2, 1]),
    "bmp with alpha": (
        lambda: bmp((0xFF0000, 0xFF00, 0xFF, 0xFF000000), pixel=b"\x00\x00\xff\x33"),
        [255, 204, 204],
    ),
    "bmp whose alpha is empty": (
        lambda: bmp((0xFF0000, 0xFF00, 0xFF, 0xFF000000), pixel=b"\x01\x02\x03\x00"),
        [3, 2, 1],
    ),
}


@pytest.mark.parametrize("case", COLOURS)
def test_colours_of_every_depth(case: str) -> None:
    build, expected = COLOURS[case]
    np.testing.assert_array_equal(decode(build(), HERE)[0, 0], expected)


TURNED = np.array([[[0, 0, 0], [1, 1, 1]], [[2, 2, 2], [255, 3, 3]]])
"""A photograph that a quarter turn clockwise mends: its left column is the upper row, from right to left."""

STORED: dict[str, Callable[[], bytes]] = {
    "integers": lambda: tiff((TURNED * 16).astype(np.uint16), extratags=[(0x0112, 3, 1, 6, True)]),
    "floats": lambda: tiff(TURNED.astype(np.float32), extratags=[(0x0112, 3, 1, 6, True)]),
    "png": lambda: with_exif(encode_with_opencv((TURNED * 16).astype(np.uint16), ".png")),
}


def with_exif(png: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    header = len(b"\x89PNG\r\n\x1a\n") + 25
    added = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:header] + added + png[header:]


@pytest.mark.parametrize("case", STORED)
def test_deep_colours_are_turned_once(case: str) -> None:
    upright = [[[2, 2, 2], [0, 0, 0]], [[255, 3, 3], [1, 1, 1]]]
    np.testing.assert_array_equal(decode(STORED[case](), HERE), upright)


def test_a_palette_with_alpha_of_each_entry() -> None:
    data = encode(palette_image(), "PNG", transparency=bytes([255, 0, 51, 255]))
    # Red, nothing; blue with a fifth on white; almost black.
    expected = [[[255, 0, 0], [255, 255, 255]], [[204, 204, 255], [9, 9, 9]]]
    np.testing.assert_array_equal(decode(data, HERE), expected)


def test_a_jpeg_with_a_gain_map_is_its_first_picture_even_when_the_map_was_cut_off() -> None:
    gain_map = Image.new("L", (24, 15), 128)
    data = encode(PHOTOGRAPH, "MPO", save_all=True, append_images=[gain_map])
    alone = data[: data.index(b"\xff\xd9") + 2]
    expected = decode_with_opencv(data)
    np.testing.assert_array_equal(decode(data, HERE), expected)
    np.testing.assert_array_equal(decode(alone, HERE), expected)


def test_heic_is_read_and_turned() -> None:
    halves = np.repeat([[[200, 60, 20]], [[20, 60, 200]]], 64, axis=0).repeat(96, axis=1).astype(np.uint8)
    pixels = decode(heic(halves, quality=95), Path("IMG_1.HEIC"))
    assert pixels.shape == (128, 96, 3)
    assert np.abs(pixels[:60].astype(int) - [200, 60, 20]).max() < 8
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise mends it: the upper half comes to lie on the right
    turned = decode(heic(halves, quality=95, exif=exif.tobytes()), HERE)
    assert turned.shape == (96, 128, 3)
    assert np.abs(turned[:, 70:].astype(int) - [200, 60, 20]).max() < 8


def test_heic_of_another_first_brand_is_no_avif() -> None:
    data = heic(np.full((64, 64, 3), 90, np.uint8)).replace(b"ftypheic", b"ftypmif1", 1)
    assert decode(data, HERE).shape == (64, 64, 3)


def test_heic_without_its_package_names_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    data = heic(PHOTOGRAPH)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"pip install 'fakeface\[heic\]'"):
        decode(data, HERE)


def frames(kind: str, number: int) -> bytes:
    return encode(FOUR_COLOURS, kind, save_all=True, append_images=[Image.new("RGB", (2, 2), "red")] * (number - 1))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_frames_are_counted(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    for number in (1, 2):
        path.write_bytes(frames(kind, number))
        assert count_frames(path) == number


def test_what_has_one_frame_or_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (encode(with_alpha(FOUR_COLOURS, [1, 2, 3, 4]), "PNG"), encode(PHOTOGRAPH, "JPEG"), b"", b"II*\0"):
        path.write_bytes(content)
        assert count_frames(path) == 1
    path.write_bytes(encode(PHOTOGRAPH, "MPO", save_all=True, append_images=[Image.fromarray(PHOTOGRAPH)]))
    assert count_frames(path) == 1
    assert count_frames(tmp_path / "gone") == 1


def test_the_first_page_counts() -> None:
    pages = BytesIO()
    Image.fromarray(FOUR_COLOURS).save(pages, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))])
    np.testing.assert_array_equal(decode(pages.getvalue(), HERE), FOUR_COLOURS)

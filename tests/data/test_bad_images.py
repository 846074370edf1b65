import os
import pickle
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from fakeface.data.images import ImageError, decode_image, no_opencv_error
from tests.data.image_files import (
    HERE,
    NOISE,
    PHOTOGRAPH,
    RNG,
    TOO_LARGE,
    bmp,
    decode,
    encode,
    heic,
    palette_image,
    png_header,
    read,
    tiff,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


def jpeg_of_size(width: int, height: int) -> bytes:
    data = encode(PHOTOGRAPH, "JPEG")
    size = data.index(b"\xff\xc0") + 5
    return data[:size] + struct.pack(">HH", height, width) + data[size + 4 :]


def bmp_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "BMP")
    return data[:18] + struct.pack("<ii", width, height) + data[26:]


def gif_of_size(width: int, height: int) -> bytes:
    data = encode(palette_image(), "GIF")
    return data[:6] + struct.pack("<HH", width, height) + data[10:]


def tiff_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "TIFF")
    # The directory's first two entries, behind its eight bytes of header and two of count.
    return data[:10] + struct.pack("<HHIIHHII", 256, 4, 1, width, 257, 4, 1, height) + data[34:]


def webp_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "WEBP", lossless=True)
    size = data.index(b"VP8L") + 9
    (bits,) = struct.unpack("<I", data[size : size + 4])
    bits = bits >> 28 << 28 | (height - 1) << 14 | (width - 1)
    return data[:size] + struct.pack("<I", bits) + data[size + 4 :]


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def with_damage(data: bytes, marker: bytes, change: bytes) -> bytes:
    position = data.index(marker) + len(marker)
    return data[:position] + change + data[position + len(change) :]


NOT_AN_IMAGE = "not a readable image"
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "text": (lambda: b"Lorem ipsum dolor sit amet", NOT_AN_IMAGE),
    "html": (lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", NOT_AN_IMAGE),
    "json": (lambda: b'{"error": "rate limit"}', NOT_AN_IMAGE),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', NOT_AN_IMAGE),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", NOT_AN_IMAGE),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj\n", NOT_AN_IMAGE),
    "zeros": (lambda: bytes(5000), NOT_AN_IMAGE),
    "noise": (lambda: RNG.bytes(5000), NOT_AN_IMAGE),
    "one byte": (lambda: b"\xff", NOT_AN_IMAGE),
    "start of a jpeg": (lambda: b"\xff\xd8\xff\xe0", NOT_AN_IMAGE),
    "jpeg cut at 10 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.1), "truncated"),
    "jpeg cut at 60 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.6), "truncated"),
    "jpeg cut at 90 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.9), "truncated"),
    "jpeg without its last byte": (lambda: encode(PHOTOGRAPH, "JPEG")[:-1], "truncated"),
    "jpeg without its end marker": (lambda: encode(PHOTOGRAPH, "JPEG")[:-2], "truncated"),
    "jpeg filled up with zeros": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.7) + bytes(500), "truncated"),
    "progressive jpeg cut at 90 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG", progressive=True), 0.9), "truncated"),
    "cmyk jpeg cut at 90 %": (lambda: cut(encode(Image.new("CMYK", (99, 99)), "JPEG"), 0.9), "truncated"),
    "png cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "PNG"), 0.5), "truncated"),
    "gif cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "GIF"), 0.5), "truncated"),
    "bmp cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "BMP"), 0.5), "truncated"),
    "tiff cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "TIFF"), 0.5), "truncated"),
    "lzw tiff cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "TIFF", compression="tiff_lzw"), 0.5), NOT_AN_IMAGE),
    "webp cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "WEBP"), 0.5), "damaged"),
    "png with a wrong checksum": (lambda: with_damage(encode(PHOTOGRAPH, "PNG"), b"IDAT", b"damage"), "damaged"),
    "jpeg with 3-bit samples": (
        lambda: with_damage(encode(PHOTOGRAPH, "JPEG"), b"\xff\xc0\0\x11", b"\3"),
        NOT_AN_IMAGE,
    ),
    "jpeg without quantisation tables": (
        lambda: encode(PHOTOGRAPH, "JPEG").replace(b"\xff\xdb", b"\xff\xe9"),
        "damaged",
    ),
    "jpeg of no height": (lambda: jpeg_of_size(97, 0), NOT_AN_IMAGE),
    "png of no width": (lambda: png_header(0, 5), NOT_AN_IMAGE),
    "float tiff beyond 255": (lambda: tiff(np.full((9, 9), 300, np.float32)), "floating point from 300 to 300"),
    "float tiff with nan": (lambda: tiff(np.full((9, 9), np.nan, np.float32)), "floating point from nan to nan"),
    "float tiff in colour beyond 255": (
        lambda: tiff(np.full((9, 9, 3), 300, np.float32)),
        "floating point from 300 to 300",
    ),
    "float tiff in colour with nan": (
        lambda: tiff(np.full((9, 9, 3), np.nan, np.float32)),
        "floating point from nan to nan",
    ),
    "float tiff in colour cut at 50 %": (
        lambda: cut(tiff(np.ones((9, 9, 3), np.float32)), 0.5),
        "damaged (its pixels end too early)",
    ),
    "float tiff in planes": (
        lambda: tiff(np.zeros((3, 9, 9), np.float32), planarconfig="separate", photometric="rgb"),
        "separate planes of 32 bits",
    ),
    "float tiff with alpha": (
        lambda: tiff(np.zeros((9, 9, 4), np.float32), extrasamples=["unassalpha"]),
        "4 × 32-bit floating point numbers",
    ),
    "double tiff in colour": (lambda: tiff(np.zeros((9, 9, 3))), "3 × 64-bit floating point numbers"),
    "half tiff in colour": (lambda: tiff(np.zeros((9, 9, 3), np.float16)), "3 × 16-bit floating point numbers"),
    "64-bit float tiff": (lambda: tiff(np.zeros((9, 9))), "1 × 64-bit floating point numbers"),
    "32-bit integer tiff": (lambda: tiff(np.full((9, 9), 65_536, np.uint32)), "32 bits per channel, with levels from"),
    "negative tiff": (lambda: tiff(np.full((9, 9), -3, np.int16)), "levels from -3 to -3"),
    "12 bits in 16 of colour and alpha": (
        lambda: tiff(np.full((9, 9, 4), 4095, np.uint16), extrasamples=["unassalpha"]),
        "less than 16 bits of 16",
    ),
    "planes of 16 bits": (
        lambda: tiff(np.zeros((3, 9, 9), np.uint16), planarconfig="separate", photometric="rgb"),
        "separate planes",
    ),
    "lab tiff": (lambda: tiff(np.zeros((9, 9, 3), np.uint8), photometric="cielab"), "colours are LAB"),
    "camera's raw file": (lambda: tiff(np.zeros((9, 9, 3), np.uint8), subfiletype=1), "preview"),
    "bmp of 10 bits": (lambda: bmp((0x3FF00000, 0xFFC00, 0x3FF)), "unusual kind that is not read"),
    "bmp that is a jpeg": (lambda: bmp(compression=4, bits=0), "unusual kind that is not read"),
    "zip": (lambda: b"PK\x03\x04" + bytes(99), "but a ZIP archive"),
    "photoshop": (lambda: b"8BPS" + bytes(99), "but a Photoshop document"),
    "video": (lambda: b"\0\0\0\x18ftypisom" + bytes(99), "but a video"),
    "jpeg xl": (lambda: b"\xff\x0a" + bytes(99), "but JPEG XL"),
    "heic cut at 50 %": (lambda: cut(heic(PHOTOGRAPH), 0.5), "damaged"),
    "heic of 20 bytes": (lambda: heic(PHOTOGRAPH)[:28], "damaged"),
    "png bomb": (lambda: png_header(30_000, 30_000), TOO_LARGE),
    "png bomb of 101 megapixels": (lambda: png_header(10_100, 10_000), TOO_LARGE),
    "png bomb of the largest size": (lambda: png_header(2**31 - 1, 2**31 - 1), TOO_LARGE),
    "jpeg bomb": (lambda: jpeg_of_size(30_000, 30_000), TOO_LARGE),
    "bmp bomb": (lambda: bmp_of_size(30_000, 30_000), TOO_LARGE),
    "gif bomb": (lambda: gif_of_size(30_000, 30_000), TOO_LARGE),
    "tiff bomb": (lambda: tiff_of_size(30_000, 30_000), TOO_LARGE),
    "webp bomb": (lambda: webp_of_size(16_000, 16_000), TOO_LARGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_content_is_refused_with_its_reason(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build, reason = REFUSED[case]
    path = tmp_path / "photo.jpg"
    path.write_bytes(build())

    with pytest.raises(ImageError) as refused:
        read(path)

    assert reason in refused.value.reason
    assert refused.value.path == path
    assert str(path) in str(refused.value)
    with pytest.raises(ImageError) as again:
        decode(path.read_bytes(), path)
    assert again.value.reason == refused.value.reason
    assert capfd.readouterr().err == ""


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything, so give that up for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


NOT_A_FILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda path: None, "no such file or directory"),
    "folder": (lambda path: path.mkdir(), "a folder, not a file"),
    "pipe": (os.mkfifo, "not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "symlink loop": (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
    "dangling symlink": (lambda path: path.symlink_to("gone"), "no such file or directory"),
}


@pytest.mark.parametrize("case", NOT_A_FILE)
def test_what_is_not_a_file_is_refused_at_once(case: str, tmp_path: Path) -> None:
    make, reason = NOT_A_FILE[case]
    path = tmp_path / "photo.jpg"
    make(path)
    with pytest.raises(ImageError) as refused:
        read(path)
    assert refused.value.reason == reason


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch(mode=0)
    with without_privileges(), pytest.raises(ImageError, match="permission denied"):
        read(path)


@pytest.mark.parametrize(
    ("name", "reason"), [("x" * 300 + ".jpg", "file name too long"), ("nul\0.jpg", "embedded null byte")]
)
def test_impossible_names_are_refused(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=reason):
        read(tmp_path / name)


def test_the_size_limit_counts_pixels() -> None:
    data = encode(NOISE, "PNG")
    assert decode(data, HERE, max_pixels=6 * 9).shape == NOISE.shape
    with pytest.raises(ImageError, match="larger than"):
        decode(data, HERE, max_pixels=6 * 9 - 1)


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((63, 200), "too small to judge (63×200 pixels, and 64 on each side are the least)"),
        ((200, 63), "too small to judge (200×63 pixels, and 64 on each side are the least)"),
        ((1281, 64), "too long to judge (1281×64 pixels, and 20 times as long as wide is the most)"),
        ((64, 1281), "too long to judge (64×1281 pixels, and 20 times as long as wide is the most)"),
        ((32_000, 3), "too small to judge (32000×3 pixels, and 64 on each side are the least)"),
    ],
)
def test_small_and_long_photographs_are_refused_from_their_header(size: tuple[int, int], reason: str) -> None:
    with pytest.raises(ImageError) as refused:
        decode_image(png_header(*size), HERE)
    assert refused.value.reason == reason


def test_the_smallest_and_the_longest_photograph_are_read() -> None:
    for size in [(64, 64), (1280, 64), (64, 1280)]:
        assert decode_image(encode(Image.new("RGB", size), "PNG"), HERE).shape == (size[1], size[0], 3)


def test_an_error_of_opencv_is_one_of_the_photograph() -> None:
    with pytest.raises(ImageError, match=r"^photo\.jpg: OpenCV cannot work on it \("), no_opencv_error(HERE):
        cv2.resize(np.zeros((0, 0, 3), np.uint8), (9, 9))


def test_an_error_survives_pickling_and_can_be_printed() -> None:
    error = ImageError(Path(os.fsdecode(b"caf\xe9.jpg")), "truncated")
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.reason, str(again)) == (error.path, error.reason, str(error))
    assert str(error) == r"caf\xe9.jpg: truncated: replace the image or remove it from the data set"

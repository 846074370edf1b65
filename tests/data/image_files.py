"""Small pictures and their files in many formats, for the tests of reading."""

import struct
import zlib
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import tifffile
from numpy.typing import NDArray
from PIL import Image

from fakeface.data.images import decode_image, read_image

Pixels = NDArray[np.uint8]
HERE = Path("photo.jpg")
read = partial(read_image, least_side=1)
decode = partial(decode_image, least_side=1)
TOO_LARGE = "larger than 100 megapixels"
RNG = np.random.default_rng(4)
NOISE: Pixels = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY: Pixels = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
GREY_AS_RGB: Pixels = np.stack([GREY] * 3, axis=2)
SIXTEEN = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
PHOTOGRAPH: Pixels = cv2.resize(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8), (97, 61))
FOUR_COLOURS: Pixels = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)


def encode(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def encode_with_opencv(pixels: NDArray[Any], suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1])


def decode_with_opencv(data: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert pixels is not None
    return np.asarray(pixels[..., ::-1], dtype=np.uint8)


def palette_image() -> Image.Image:
    """The four colours as a palette image."""
    image = Image.fromarray(np.array([[0, 1], [2, 3]], dtype=np.uint8)).convert("P")
    image.putpalette(FOUR_COLOURS.tobytes())
    return image


def with_alpha(pixels: Pixels, alpha: list[int]) -> Pixels:
    return np.dstack([pixels, np.array(alpha, dtype=np.uint8).reshape(pixels.shape[:2])])


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    return start + struct.pack(">I", len(pixels) - 4) + pixels + struct.pack(">I", zlib.crc32(pixels))


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    """Write a TIFF as scientific programs do."""
    buffer = BytesIO()
    options = {"photometric": "rgb" if pixels.ndim == 3 else "minisblack"} | options
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def heic(pixels: Pixels, **options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    return encode(pixels, "HEIF", **options)


def bmp(masks: tuple[int, ...] = (), *, compression: int = 3, bits: int = 32, pixel: bytes = b"\0\0\0\0") -> bytes:
    """Write a BMP of 2×2 equal pixels with bit masks of red, green, blue and perhaps alpha."""
    extra = struct.pack(f"<{len(masks)}I", *masks)
    header = 56 if len(masks) == 4 else 40
    row = pixel * 2 + bytes(-2 * len(pixel) % 4)
    offset = 14 + 40 + len(extra)
    fields = struct.pack("<IiiHHIIiiII", header, 2, 2, 1, bits, compression, 2 * len(row), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", offset + 2 * len(row), 0, 0, offset) + fields + extra + row * 2


def touch(*paths: Path) -> None:
    """Make empty files: records are read without opening an image."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

"""Small pictures and their files in many formats, for the tests of reading."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
HERE = Path("photo.jpg")
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

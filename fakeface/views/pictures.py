"""Pictures made small, encoded in memory, and read back: the one place that does."""

import base64
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", np.uint8, np.float32)

LONGEST_SIDE = 640
"""Of a picture on a page, in pixels."""

QUALITY = 85
"""Of its JPEG."""

SUBSAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
)
"""Of the colours; the first is the usual one."""


def encode(image: NDArray[np.uint8], suffix: str, *settings: int) -> bytes:
    """Encode RGB ``(H, W, 3)`` in the format of a suffix such as ``.webp``, with settings of OpenCV."""
    encoded, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not encoded:
        raise RuntimeError(f"OpenCV could not encode an image of shape {image.shape} as {suffix}")
    return data.tobytes()


def encode_jpeg(image: NDArray[np.uint8], quality: int, subsampling: int = SUBSAMPLINGS[0]) -> bytes:
    """Encode RGB ``(H, W, 3)`` as JPEG, quality 1 to 100, one of ``SUBSAMPLINGS``."""
    return encode(image, ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, subsampling)


def decode(data: bytes) -> NDArray[np.uint8]:
    """Read back what ``encode`` made; a file of somebody else's is for ``fakeface.data.images``."""
    pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def save_as_jpeg(image: NDArray[np.uint8], quality: int, subsampling: int = SUBSAMPLINGS[0]) -> NDArray[np.uint8]:
    """Encode RGB ``(H, W, 3)`` as JPEG, and read it back."""
    return decode(encode_jpeg(image, quality, subsampling))


def save_as_webp(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Encode RGB ``(H, W, 3)`` as lossy WebP, quality 1 to 100, and read it back."""
    return decode(encode(image, ".webp", cv2.IMWRITE_WEBP_QUALITY, quality))


def shrink(image: NDArray[Pixel], longest: int = LONGEST_SIDE) -> NDArray[Pixel]:
    """Shrink an image ``(H, W, …)`` so that no side is longer; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=image.dtype)


def data_url(image: NDArray[np.uint8], longest: int = LONGEST_SIDE) -> str:
    """Return a small JPEG of an image that travels inside a page or an answer."""
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(shrink(image, longest), QUALITY)).decode()

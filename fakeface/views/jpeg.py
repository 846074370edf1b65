"""Pictures encoded in memory, and read back: the one place that does."""

import cv2
import numpy as np
from numpy.typing import NDArray

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

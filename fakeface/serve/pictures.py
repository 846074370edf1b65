"""Pictures for the page: small JPEGs, inside the answer or by name."""

import base64
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.jpeg import encode_jpeg

Pixel = TypeVar("Pixel", np.uint8, np.float32)

LONGEST_SIDE = 640

QUALITY = 85


def fit(image: NDArray[Pixel]) -> NDArray[Pixel]:
    """Shrink an image ``(H, W, …)`` so that no side is longer than ``LONGEST_SIDE``; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=image.dtype)


def data_url(image: NDArray[np.uint8]) -> str:
    """Return a picture of an image that travels inside JSON, at most ``LONGEST_SIDE`` pixels long."""
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(fit(image), QUALITY)).decode()

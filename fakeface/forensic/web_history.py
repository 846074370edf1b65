"""One way through the web for every training face, whatever its class and origin: scaled, saved, shot off a screen.

Each origin of photographs has its own size, crop and JPEG table, and a network learns that first. What the network is
shown has therefore gone through the same random steps on top, so that little is left of the origin
(compare "Fake or JPEG?", https://arxiv.org/abs/2403.17608).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.faces.alignment import LEAST_EYE_DISTANCE
from fakeface.views.pictures import SUBSAMPLINGS, decode, encode, save_as_jpeg

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

LARGEST_EYE_DISTANCE = 190.0
"""Pixels between the eyes above which every training face is scaled down."""

_SHRINKING = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_GROWING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def web_history(image: Pixels, points: Points, generator: np.random.Generator) -> tuple[Pixels, Points]:
    """Send a photograph through the web.

    Args:
        image: Photograph or a part of it, RGB, ``(H, W, 3)``; it is not written to.
        points: The five points of its face in pixels, ``(5, 2)``.
        generator: Where all choices come from.

    Returns:
        What arrives, and the points in it.
    """
    eye_distance = float(np.linalg.norm(points[1] - points[0]))
    if generator.random() < 0.25:
        image = _saved(image, generator)
    largest = min(eye_distance, LARGEST_EYE_DISTANCE)
    wanted = largest
    if generator.random() < 0.7 and largest > LEAST_EYE_DISTANCE:
        wanted = np.exp(generator.uniform(np.log(LEAST_EYE_DISTANCE), np.log(largest)) * 0.5 + 0.5 * np.log(largest))
    elif generator.random() < 0.3:
        wanted = largest * generator.uniform(0.9, 1.3)
    image, points = _scaled(image, points, wanted / eye_distance, generator)
    # Where the grid of 8 by 8 pixels starts must tell nothing of the origin.
    left, top = generator.integers(0, 8, 2)
    image, points = np.ascontiguousarray(image[top:, left:]), points - [left, top]
    image = _saved(image, generator)
    if generator.random() < 0.3:
        factor = generator.uniform(0.75, 1.15)  # shot off a screen, or shown at another size and saved there
        image, points = _scaled(image, points, factor, generator)
        image = _saved(image, generator)
    return image, points


def _scaled(image: Pixels, points: Points, factor: float, generator: np.random.Generator) -> tuple[Pixels, Points]:
    height, width = image.shape[:2]
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    if size == (width, height):
        return image, points
    kinds = _SHRINKING if factor < 1 else _GROWING
    scaled = cv2.resize(image, size, interpolation=int(generator.choice(kinds)))
    return np.asarray(scaled, dtype=np.uint8), points * [size[0] / width, size[1] / height]


def _saved(image: Pixels, generator: np.random.Generator) -> Pixels:
    kind = generator.random()
    if kind < 0.12:
        return image  # PNG
    if kind < 0.24:
        return save_as_webp(image, int(generator.integers(50, 96)))
    return save_as_jpeg(image, int(generator.integers(50, 98)), int(generator.choice(SUBSAMPLINGS)))


def save_as_webp(image: Pixels, quality: int) -> Pixels:
    """Encode an image ``(H, W, 3)`` as lossy WebP, quality 1 to 100, and decode it."""
    return decode(encode(image, ".webp", cv2.IMWRITE_WEBP_QUALITY, quality))

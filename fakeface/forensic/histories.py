"""What happened to a photograph before it is seen: a random JPEG history, or a random way through the web.

In CIPLAB every real photograph has the same quantisation table, and a quarter of the fakes another one. A JPEG history
makes the last compression independent of the class. Every origin of photographs has its own size, crop and table, and a
network learns that first; the way through the web hides a part of that (compare "Fake or JPEG?",
https://arxiv.org/abs/2403.17608; docs/results.md has what is left). What an earlier compression left in the pixels
stays, if fainter.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.faces.alignment import LEAST_EYE_DISTANCE
from fakeface.views.pictures import SUBSAMPLINGS, save_as_jpeg, save_as_webp

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

LARGEST_EYE_DISTANCE = 190.0
"""Pixels between the eyes above which every training face is scaled down."""

_SHRINKING = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_GROWING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def random_history(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Save a photograph ``(H, W, 3)`` as JPEG once or twice, sometimes scaled and back before the last time."""
    if generator.random() < 0.3:
        image = save_as_jpeg(image, int(generator.integers(70, 99)), generator.choice(SUBSAMPLINGS))
    if generator.random() < 0.15:
        height, width = image.shape[:2]
        factor = generator.uniform(0.7, 1.1)
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
        image = np.asarray(cv2.resize(resized, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return save_as_jpeg(image, int(generator.integers(55, 97)), generator.choice(SUBSAMPLINGS))


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
    image, points = _scaled_at_random(image, points, wanted / eye_distance, generator)
    # Where the grid of 8 by 8 pixels starts must tell nothing of the origin.
    left, top = generator.integers(0, 8, 2)
    image, points = np.ascontiguousarray(image[top:, left:]), points - [left, top]
    image = _saved(image, generator)
    if generator.random() < 0.3:
        image, points = _scaled_at_random(image, points, generator.uniform(0.75, 1.15), generator)
        image = _saved(image, generator)
    return image, points


def scaled(image: Pixels, points: Points, factor: float, interpolation: int = cv2.INTER_AREA) -> tuple[Pixels, Points]:
    """Scale a photograph ``(H, W, 3)``, to no less than 8 pixels a side, and the points ``(N, 2)`` with it."""
    height, width = image.shape[:2]
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    resized = np.asarray(cv2.resize(image, size, interpolation=interpolation), dtype=np.uint8)
    return resized, points * [size[0] / width, size[1] / height]


def _scaled_at_random(
    image: Pixels, points: Points, factor: float, generator: np.random.Generator
) -> tuple[Pixels, Points]:
    if all(max(8, round(side * factor)) == side for side in image.shape[:2]):
        return image, points
    return scaled(image, points, factor, int(generator.choice(_SHRINKING if factor < 1 else _GROWING)))


def _saved(image: Pixels, generator: np.random.Generator) -> Pixels:
    kind = generator.random()
    if kind < 0.12:
        return image  # PNG
    if kind < 0.24:
        return save_as_webp(image, int(generator.integers(50, 96)))
    return save_as_jpeg(image, int(generator.integers(50, 98)), int(generator.choice(SUBSAMPLINGS)))

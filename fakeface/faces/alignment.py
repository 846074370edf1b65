"""The similarity that brings the five points of a face to fixed places, and the crop that is shown of it."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

CANVAS = 384
"""Height and width in pixels of the canvas that faces are aligned to."""

CROP = 320
"""Height and width of the part of the canvas that is the view."""

CROP_CENTRE = (192.0, 202.0)
"""Its centre (x, y) on the canvas."""

EYE_DISTANCE = 128.0
"""Distance between the aligned eyes in pixels of the canvas."""

LEAST_EYE_DISTANCE = 28.0
"""Pixels between the eyes below which no training face is scaled, so that networks hardly know smaller ones."""

POINTS = np.array(
    [[128.0, 142.0], [256.0, 142.0], [191.744, 213.168], [138.24, 278.192], [245.76, 278.192]], dtype=np.float64
)
"""Where the eyes, the nose tip and the corners of the mouth come to lie on the canvas, ``(5, 2)``: mean positions of
frontal faces. Left and right are those of the image."""

FOUND_POINTS = POINTS + np.array([[-2.4, 1.2], [2.4, 1.2], [0.0, 7.0], [-2.4, -4.6], [2.4, -4.6]])
"""Where ``fakeface.faces.finder`` sees these points of an aligned face, ``(5, 2)``: medians of 1,530 photographs. To it
eyes and mouth are a little wider than in ``POINTS``, the nose is longer and the mouth higher."""


def central_points(height: int, width: int) -> NDArray[np.float64]:
    """Return points ``(5, 2)`` whose aligned crop is the central square of a photograph: for where no face is found."""
    scale = min(height, width) / CROP
    return (POINTS - CROP_CENTRE) * scale + [width / 2, height / 2]


def alignment(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the similarity ``(2, 3)`` (scale, rotation, shift) that brings points closest to ``POINTS``."""
    return similarity(points, POINTS)


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the similarity ``(2, 3)`` that brings points ``(N, 2)`` closest to others, by least squares."""
    source_centre, target_centre = source.mean(axis=0), target.mean(axis=0)
    s, t = source - source_centre, target - target_centre
    norm = max(float((s**2).sum()), 1e-9)
    cosine = (s * t).sum() / norm
    sine = (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum() / norm
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, target_centre - turn @ source_centre])


def transform_points(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply an affine map ``(2, 3)`` to points ``(N, 2)``."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def align_face(image: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bring a photograph to the canvas ``(CANVAS, CANVAS, 3)``; what lies outside the photograph mirrors it."""
    matrix = alignment(points)
    shrink = int(1 / max(np.hypot(*matrix[:, 0]), 1e-6))
    if shrink > 1:  # bilinear sampling would skip pixels
        height, width = image.shape[:2]
        size = (max(1, width // shrink), max(1, height // shrink))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        matrix = alignment(points * [size[0] / width, size[1] / height])
    canvas = cv2.warpAffine(image, matrix, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(canvas, dtype=np.uint8)


def crop_matrix(
    size: int, scale: float = 1.0, roll: float = 0.0, shift: ArrayLike = 0.0, mirrored: bool = False
) -> NDArray[np.float64]:
    """Return the map ``(2, 3)`` from the canvas to the view.

    Args:
        size: Height and width of the view in pixels.
        scale: Magnification relative to the usual crop.
        roll: Turn in degrees.
        shift: Displacement (x, y) in pixels of the view.
        mirrored: Whether left and right change places.
    """
    factor, angle = size / CROP * scale, np.radians(roll)
    cosine, sine = factor * np.cos(angle), factor * np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    return np.column_stack([turn, size / 2 + np.asarray(shift) - turn @ CROP_CENTRE])

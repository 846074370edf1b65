"""The aligned face: five points found by a small network, and a similarity that brings them to fixed places.

The locator is a truncated EfficientNet-Lite0 that maps a photograph to a heat map per point. OpenCV runs it, so that
the data need no deep learning framework. Its median error on photographs it was not trained on is 5 % of the distance
between the eyes, which the training of a network on the view forgives by its random crops.
"""

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeface.views.base import View, Viewed

CANVAS = 384
"""Height and width in pixels of the canvas that faces are aligned to."""

CROP = 320
"""Height and width of the part of the canvas that is the view."""

CROP_CENTRE = (192.0, 202.0)
"""Its centre (x, y) on the canvas."""

EYE_DISTANCE = 128.0
"""Distance between the aligned eyes in pixels of the canvas."""

POINTS = np.array(
    [[128.0, 142.0], [256.0, 142.0], [191.744, 213.168], [138.24, 278.192], [245.76, 278.192]], dtype=np.float64
)
"""Where the eyes, the nose tip and the corners of the mouth come to lie on the canvas, ``(5, 2)``: mean positions of
frontal faces. Left and right are those of the image."""

MIRRORED_POINTS = [1, 0, 2, 4, 3]

LEAST_EYE_DISTANCE = 0.06
"""Least distance between the eyes as a share of the photograph's longer side: smaller ones are no find."""

LARGEST_MISFIT = 0.35
"""Largest root mean square distance of the aligned points from ``POINTS``, in eye distances."""

LEAST_PEAK = 0.1
"""Least height of the heat maps' highest cells, on average over the points: 0.13 to 0.63 on 128 photographs of faces,
0.03 to 0.12 (one in a hundred 0.22) on parts of photographs without one, noise and plain colours."""

_LOCATOR_FILE = Path(__file__).with_name("face_locator.onnx")
_LOCATOR_SIZE = 160
_of_thread = threading.local()  # a network of OpenCV serves one thread at a time


def locate_face(image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Find the eyes, the nose tip and the corners of the mouth of the largest face.

    Args:
        image: Photograph, RGB, ``(H, W, 3)``.

    Returns:
        Points (x, y) in pixels, ``(5, 2)``, or None where what was found cannot be a face.
    """
    height, width = image.shape[:2]
    side = max(height, width)
    matrix = np.array([[1.0, 0, (side - width) / 2], [0, 1.0, (side - height) / 2]])
    square = image if height == width else cv2.warpAffine(image, matrix, (side, side))
    small = cv2.resize(square, (_LOCATOR_SIZE, _LOCATOR_SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    pair = np.stack([small, small[:, ::-1]]).transpose(0, 3, 1, 2)
    if not hasattr(_of_thread, "locator"):
        _of_thread.locator = cv2.dnn.readNetFromONNX(str(_LOCATOR_FILE))
    _of_thread.locator.setInput(np.ascontiguousarray(pair))
    heat = _softmax(_of_thread.locator.forward())
    if heat.max(axis=(2, 3)).mean() < LEAST_PEAK:
        return None
    found, mirrored = _centres(heat)
    mirrored = mirrored[MIRRORED_POINTS] * [-1, 1] + [1, 0]
    points = (found + mirrored) / 2 * side - matrix[:, 2]
    return points if _plausible(points, height, width) else None


def _softmax(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    heat = np.exp(maps.astype(np.float64) - maps.max(axis=(2, 3), keepdims=True))
    return np.asarray(heat / heat.sum(axis=(2, 3), keepdims=True))


def _centres(heat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the centres of gravity (x, y) of heat maps ``(B, 5, N, N)``, as shares of the side."""
    cells = heat.shape[-1]
    middles = (np.arange(cells) + 0.5) / cells
    return np.stack([heat.sum(axis=2) @ middles, heat.sum(axis=3) @ middles], axis=-1)


def _plausible(points: NDArray[np.float64], height: int, width: int) -> bool:
    inside = (points >= 0).all() and (points < [width, height]).all()
    if not inside or np.linalg.norm(points[1] - points[0]) < LEAST_EYE_DISTANCE * max(height, width):
        return False
    aligned = transform_points(points, alignment(points))
    misfit = np.sqrt(np.mean(np.sum((aligned - POINTS) ** 2, axis=1))) / EYE_DISTANCE
    return bool(misfit < LARGEST_MISFIT)


def central_points(height: int, width: int) -> NDArray[np.float64]:
    """Return points ``(5, 2)`` whose aligned crop is the central square of a photograph: for where no face is found."""
    scale = min(height, width) / CROP
    return (POINTS - CROP_CENTRE) * scale + [width / 2, height / 2]


def face_points(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the points of ``locate_face``, or else ``central_points``."""
    points = locate_face(image)
    return central_points(*image.shape[:2]) if points is None else points


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


class AlignedFace(View):
    """The face, upright and of one size; the central square of the photograph where no face is found."""

    title = "the aligned face"

    def __call__(self, image: NDArray[np.uint8], points: NDArray[np.float64] | None = None) -> Viewed:
        """Look at the face with these points, or else at the largest that there is."""
        points = locate_face(image) if points is None else points
        shown = central_points(*image.shape[:2]) if points is None else points
        crop, size = crop_matrix(self.size), (self.size, self.size)
        canvas = align_face(self.picture(image), shown)
        pixels = cv2.warpAffine(canvas, crop, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        placement = cv2.invertAffineTransform(crop @ np.vstack([alignment(shown), [0, 0, 1]]))
        return Viewed(np.asarray(pixels, dtype=np.uint8), np.asarray(placement), found=points is not None)

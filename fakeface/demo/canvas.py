"""A canvas for soft-edged shapes, and the noise that gives drawn pictures texture."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Pixels = NDArray[np.float32]

_FINER = 4
"""Shapes are filled on a grid so many times finer, so that edges are smooth and thin lines pale."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a head stands in the picture, in fractions of the picture's side.

    Attributes:
        x: Centre of the head, from the left.
        y: Centre of the head, from the top.
        scale: Half of the head's height.
        tilt: Rotation in radians, clockwise.
    """

    x: float
    y: float
    scale: float
    tilt: float


class Canvas:
    """A square RGB picture in 0..1 that is drawn on in the head's own coordinates.

    The origin is the centre of the head, x runs to the right, y down, and the chin is at ``y = 1``.

    Attributes:
        pixels: The picture, ``(S, S, 3)``.
        x: The head's x coordinate of every pixel, ``(S, S)``.
        y: The head's y coordinate of every pixel, ``(S, S)``.
    """

    def __init__(self, pixels: Pixels, pose: Pose) -> None:
        size = len(pixels)
        cos, sin = math.cos(pose.tilt), math.sin(pose.tilt)
        self.pixels = pixels
        self.unit = pose.scale * size
        self._centre = np.array([pose.x, pose.y]) * size
        self._rotation = np.array([[cos, sin], [-sin, cos]])
        places = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=2)
        self.x, self.y = np.moveaxis((places - self._centre) / self.unit @ self._rotation.T, 2, 0).astype(np.float32)

    def to_pixels(self, points: ArrayLike) -> Points:
        """Return the positions, in pixels, of points in the head's coordinates, both ``(N, 2)``."""
        return np.asarray(np.asarray(points, dtype=np.float64) @ self._rotation * self.unit + self._centre)

    def fill(
        self, outline: Points, paint: ArrayLike, opacity: float = 1.0, blur: float = 0.0, within: Points | None = None
    ) -> None:
        """Fill a polygon.

        Args:
            outline: Its corners, ``(N, 2)``.
            paint: A colour ``(3,)`` or a picture of the canvas's shape.
            opacity: 1 covers what lies below.
            blur: Standard deviation of the edge's blur, in the head's units.
            within: A second polygon that clips the first.
        """
        corners, sigma = self.to_pixels(outline), blur * self.unit
        low = np.clip(np.floor(corners.min(axis=0) - 3 * sigma - 1).astype(int), 0, len(self.pixels) - 1)
        high = np.clip(np.ceil(corners.max(axis=0) + 3 * sigma + 2).astype(int), low + 1, len(self.pixels))
        area = slice(low[1], high[1]), slice(low[0], high[0])
        mask = _coverage(corners - low, high - low)
        if sigma > 0:
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32)
        if within is not None:
            mask = np.minimum(mask, _coverage(self.to_pixels(within) - low, high - low))
        paint, below = np.asarray(paint, dtype=np.float32), self.pixels[area]
        below += opacity * mask[..., None] * ((paint[area] if paint.ndim == 3 else paint) - below)


def _coverage(corners: Points, extent: NDArray[np.int_]) -> Pixels:
    """Return the share of each pixel inside a polygon; pixel 0 reaches from -0.5 to 0.5."""
    width, height = (int(side) for side in extent)
    fine = np.zeros((height * _FINER, width * _FINER), dtype=np.float32)
    cv2.fillPoly(fine, [np.rint((corners + 0.5) * _FINER - 0.5).astype(np.int32)], 1.0)
    return np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)


def ellipse(x: float, y: float, width: float, height: float, angle: float = 0.0) -> Points:
    """Return the outline of an ellipse with the given half axes, ``(48, 2)``."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across, along = width * np.cos(turn), height * np.sin(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.stack([x + cos * across - sin * along, y + sin * across + cos * along], axis=1)


def band(x: Points, upper: ArrayLike, lower: ArrayLike) -> Points:
    """Return the outline of what lies between two curves over the same ``x``, ``(2 N, 2)``."""
    top, bottom = (np.stack([x, np.broadcast_to(np.asarray(y), x.shape)], axis=1) for y in (upper, lower))
    return np.concatenate([top, bottom[::-1]])


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> Pixels:
    """Return noise of about unit deviation whose blobs are ``size / cells`` pixels wide, ``(size, size)``."""
    coarse = rng.standard_normal((cells, cells), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)

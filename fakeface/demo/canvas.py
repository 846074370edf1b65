"""A canvas for soft-edged shapes, and the noise that gives drawn pictures texture."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Pixels = NDArray[np.float32]

_SUBPIXEL_BITS = 4
_LEAST_SIGMA = 0.2
"""A blur below this many pixels changes nothing."""


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
        pixel = np.arange(size, dtype=np.float32)
        right, down = (pixel - self._centre[0]) / self.unit, (pixel - self._centre[1])[:, None] / self.unit
        self.x = (cos * right + sin * down).astype(np.float32)
        self.y = (cos * down - sin * right).astype(np.float32)

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
        corners = self.to_pixels(outline)
        area, offset = self._area(corners, 1 + 3 * blur * self.unit)
        mask = np.zeros(self.pixels[area].shape[:2], dtype=np.uint8)
        _fill(mask, corners - offset)
        mask = self._blurred(mask, blur)
        if within is not None:
            clip = np.zeros_like(mask)
            _fill(clip, self.to_pixels(within) - offset)
            mask = np.minimum(mask, clip)
        self._blend(area, mask, paint, opacity)

    def stroke(
        self,
        line: Points,
        paint: ArrayLike,
        width: float,
        opacity: float = 1.0,
        blur: float = 0.0,
        closed: bool = False,
    ) -> None:
        """Draw a line of a width in the head's units; one thinner than a pixel becomes paler instead."""
        points = self.to_pixels(line)
        thickness = max(1, round(width * self.unit))
        area, offset = self._area(points, thickness + 3 * blur * self.unit)
        mask = np.zeros(self.pixels[area].shape[:2], dtype=np.uint8)
        cv2.polylines(mask, [_fixed(points - offset)], closed, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        self._blend(area, self._blurred(mask, blur), paint, opacity * min(1.0, width * self.unit))

    def _area(self, points: Points, margin: float) -> tuple[tuple[slice, slice], Points]:
        """The part of the picture that points can touch, at least a pixel, and its left upper corner ``(x, y)``."""
        left, top = np.clip(np.floor(points.min(axis=0) - margin).astype(int), 0, len(self.pixels) - 1)
        right, bottom = np.clip(np.ceil(points.max(axis=0) + margin).astype(int), (left + 1, top + 1), len(self.pixels))
        return (slice(top, bottom), slice(left, right)), np.array([left, top], dtype=np.float64)

    def _blurred(self, mask: NDArray[np.uint8], blur: float) -> NDArray[np.uint8]:
        sigma = blur * self.unit
        if mask.size == 0 or sigma < _LEAST_SIGMA:
            return mask
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.uint8)

    def _blend(self, area: tuple[slice, slice], mask: NDArray[np.uint8], paint: ArrayLike, opacity: float) -> None:
        paint = np.asarray(paint, dtype=np.float32)
        below = self.pixels[area]
        below += (mask * np.float32(opacity / 255))[..., None] * ((paint[area] if paint.ndim == 3 else paint) - below)


def _fixed(points: Points) -> NDArray[np.int32]:
    return np.asarray(np.rint(points * 2**_SUBPIXEL_BITS), dtype=np.int32)


def _fill(mask: NDArray[np.uint8], corners: Points) -> None:
    cv2.fillPoly(mask, [_fixed(corners)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)


def ellipse(x: float, y: float, width: float, height: float, angle: float = 0.0) -> Points:
    """Return the outline of an ellipse with the given half axes, ``(48, 2)``."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across, along = width * np.cos(turn), height * np.sin(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.stack([x + cos * across - sin * along, y + sin * across + cos * along], axis=1)


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> Pixels:
    """Return noise of about unit deviation whose blobs are ``size / cells`` pixels wide, ``(size, size)``."""
    coarse = rng.standard_normal((cells, cells), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def strands(rng: np.random.Generator, canvas: Canvas, crown: float, count: int, wave: float) -> Pixels:
    """Return the shading of hair that falls from a point above the head, about -1..1, ``(S, S)``.

    Args:
        rng: Source of randomness.
        canvas: Gives the size and the coordinates.
        crown: The y coordinate of that point.
        count: Number of strands over the whole turn.
        wave: How far strands swing aside, in turns.
    """
    down = canvas.y - crown
    distance = np.sqrt(canvas.x**2 + down**2)
    turn = np.arctan2(canvas.x, down) / (2 * np.pi) + 0.5 + wave * np.sin(5 * distance).astype(np.float32)
    table = rng.standard_normal((8, count), dtype=np.float32)
    table[:, -1] = table[:, 0]
    columns = (turn % 1.0 * (count - 1)).astype(np.float32)
    rows = np.clip(distance * 2.5, 0, 7).astype(np.float32)
    return np.asarray(cv2.remap(table, columns, rows, cv2.INTER_LINEAR) / 2, dtype=np.float32)

"""Parts of a photograph that lie in it twice: matching features that move together, by SIFT and RANSAC of OpenCV."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.pictures import shrink

SIDE = 1280
"""Longer side in pixels that is searched at."""

LEAST_MATCHES = 8
MOST_COPIES = 5

_FEATURES = 4000
_RATIO = 0.6  # of the distances to the first and to the second likeness
_LEAST_DISTANCE = 24.0  # pixels, below which features share most of their pixels
_TOLERANCE = 3.0
_LEAST_SIDE = 12.0  # pixels of the searched size: features along one line agree by chance
_LEAST_SCALE, _MOST_SCALE = 0.5, 2.0

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Copy:
    """A part that lies in a photograph twice; which one was first is not known.

    Attributes:
        first: Left, top, right and bottom of the features of one, in pixels of the photograph.
        second: The same of the other.
        matches: How many features agree.
        turned: By how many degrees the second is turned, clockwise.
        scale: How much larger the second is.
    """

    first: Box
    second: Box
    matches: int
    turned: float
    scale: float


def find_copies(image: NDArray[np.uint8]) -> list[Copy]:
    """Find parts of a photograph ``(H, W, 3)`` that lie in it twice, the best matched first."""
    small = shrink(image, SIDE)
    factor = max(image.shape[:2]) / max(small.shape[:2])
    starts, ends = _matches(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    copies: list[Copy] = []
    while len(starts) >= LEAST_MATCHES and len(copies) < MOST_COPIES:
        cv2.setRNGSeed(0)
        matrix, inliers = cv2.estimateAffinePartial2D(
            starts, ends, ransacReprojThreshold=_TOLERANCE, maxIters=5000, confidence=0.999
        )
        if matrix is None:
            break
        agreed = inliers.ravel().astype(bool)
        if agreed.sum() < LEAST_MATCHES:
            break
        copy = _copy(matrix, starts[agreed], ends[agreed], factor)
        if copy is not None:
            copies.append(copy)
        # The same pairs the other way round go too.
        used = {tuple(point) for point in np.concatenate([starts[agreed], ends[agreed]]).tolist()}
        rest = [
            tuple(start) not in used and tuple(end) not in used
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        starts, ends = starts[rest], ends[rest]
    return sorted(copies, key=lambda found: -found.matches)


def _matches(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the places of features and of their only likeness, each ``(N, 2)``."""
    points, descriptors = cv2.SIFT.create(_FEATURES, contrastThreshold=0.02).detectAndCompute(grey, None)
    nowhere = np.zeros((0, 2), np.float32)
    if len(points) < 2 * LEAST_MATCHES:
        return nowhere, nowhere
    # Of unit length by the square root: https://www.robots.ox.ac.uk/~vgg/publications/2012/Arandjelovic12/
    roots = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)
    places = np.array([point.pt for point in points], dtype=np.float32)
    pairs = []
    for neighbours in cv2.BFMatcher().knnMatch(roots, roots, k=6):
        start = neighbours[0].queryIdx
        # One place may have several features, of different directions, which are no likeness.
        others = [
            near for near in neighbours if np.linalg.norm(places[near.trainIdx] - places[start]) >= _LEAST_DISTANCE
        ]
        if others and others[0].distance < _RATIO * (
            others[1].distance if len(others) > 1 else neighbours[-1].distance
        ):
            pairs.append((start, others[0].trainIdx))
    if not pairs:
        return nowhere, nowhere
    first, second = np.array(pairs).T
    return places[first], places[second]


def _copy(
    matrix: NDArray[np.float64], starts: NDArray[np.float32], ends: NDArray[np.float32], factor: float
) -> Copy | None:
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    side = min(np.ptp(starts, axis=0).min(), np.ptp(ends, axis=0).min())
    if side < _LEAST_SIDE or not _LEAST_SCALE <= scale <= _MOST_SCALE:
        return None
    turned = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    return Copy(_box(starts * factor), _box(ends * factor), len(starts), round(turned, 1), round(scale, 3))


def _box(places: NDArray[np.float32]) -> Box:
    left, top = np.floor(places.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(places.max(axis=0)).astype(int).tolist()
    return left, top, right, bottom

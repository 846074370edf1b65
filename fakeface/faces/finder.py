"""CenterFace: every face of a photograph with its box and five points (https://arxiv.org/abs/1911.03599).

OpenCV runs it, so that the data need no deep learning framework. A photograph is searched at a small size first, and
at larger ones while nothing or only small faces came out.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.faces.alignment import EYE_DISTANCE, POINTS, alignment, central_points, transform_points

SIDES = (320, 640, 1280, 2560)
"""Longer sides in pixels that a photograph is searched at, until all faces that came out are large enough."""

SMALL = 48
"""Sides of a face, in pixels of the searched size, below which the next larger size is searched too."""

LEAST_CONFIDENCE = 0.4
"""Height of the heat map's peak above which there is a face: upright ones have 0.75 and more at 320 pixels."""

SURE = 0.6
"""Confidence below which a face may as well be an upright one that lies on its side or head."""

LARGEST_MISFIT = 0.4
"""Largest root mean square distance of the aligned points from ``POINTS``, in eye distances: 0.18 in one of a hundred
of 4,380 portraits."""

_FILE = Path(__file__).with_name("centerface.onnx")
_STRIDE = 4
_SIDE_UNIT = 32
_OVERLAP = 0.3
_of_thread = threading.local()  # a network of OpenCV serves one thread at a time


@dataclass(frozen=True)
class Face:
    """A face in a photograph; coordinates (x, y) in its pixels.

    Attributes:
        box: Left, top, right and bottom ``(4,)``; they may lie outside the photograph.
        points: Eyes, nose tip and corners of the mouth ``(5, 2)``, left and right as in an upright image.
        confidence: How sure it is that there is a face, 0 to 1.
    """

    box: NDArray[np.float64]
    points: NDArray[np.float64]
    confidence: float

    @cached_property
    def side(self) -> float:
        """Side of a square as large as the box, in pixels."""
        width, height = self.box[2:] - self.box[:2]
        return float(np.sqrt(max(width, 0) * max(height, 0)))

    @cached_property
    def turns(self) -> int:
        """How many quarter turns counter-clockwise bring it upright, 0 to 3."""
        x, y = self.points[3:].mean(axis=0) - self.points[:2].mean(axis=0)  # down, where it is upright
        return int(np.round(np.degrees(np.arctan2(-x, y)) / 90)) % 4


def find_faces(image: NDArray[np.uint8]) -> list[Face]:
    """Find the faces of a photograph, the most prominent first: large, near the middle and sure.

    Where faces lie on their side or head, or nothing is found, the photograph is searched again with these upright, so
    that a turned photograph gives the same faces: CenterFace is sure of turned ones, but not of their points.

    Args:
        image: RGB, ``(H, W, 3)``.
    """
    height, width = image.shape[:2]
    found = _find(image, SIDES)
    upright = [face for face in found if face.turns == 0]
    if not found or any(face.turns or face.confidence < SURE for face in found):
        for turns in (1, 2, 3):
            again = _find(np.ascontiguousarray(np.rot90(image, turns)), SIDES if found else SIDES[:1])
            upright += [_turned_back(face, turns, height, width) for face in again if face.turns == 0]
    kept: list[Face] = []
    # Of what was found of one face the surest upright counts.
    for face in [*sorted(upright, key=lambda face: -face.confidence), *(face for face in found if face.turns)]:
        if not any(_meet(face, other) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: -_prominence(face, height, width))


def _meet(one: Face, other: Face) -> bool:
    """Say whether the middle of one face lies in the box of the other."""
    middle = (one.box[:2] + one.box[2:]) / 2
    return bool((other.box[:2] <= middle).all() and (middle <= other.box[2:]).all())


def _find(image: NDArray[np.uint8], sides: Sequence[int]) -> list[Face]:
    height, width = image.shape[:2]
    found: list[Face] = []
    for side in sides:
        found = _distinct(found + _search(image, side))
        scale = side / max(height, width)
        if scale >= 1 or (found and min(face.side for face in found) * scale >= SMALL):
            break
    if found:
        return found
    # A face that fills the picture is found once there is something around it.
    margin = min(height, width) // 2  # not of the longer side, which may be thousands of times the shorter
    framed = _search(cv2.copyMakeBorder(image, *(margin,) * 4, cv2.BORDER_CONSTANT), SIDES[0])
    return [Face(face.box - margin, face.points - margin, face.confidence) for face in _distinct(framed)]


def _turned_back(face: Face, turns: int, height: int, width: int) -> Face:
    """Return a face of ``np.rot90(image, turns)`` as it lies in the image ``(height, width)``."""

    def back(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points.T
        places = {1: (width - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, height - 1 - x)}
        return np.stack(places[turns], axis=1)

    corners = back(face.box.reshape(2, 2))
    return Face(np.concatenate([corners.min(axis=0), corners.max(axis=0)]), back(face.points), face.confidence)


def face_points(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the points ``(5, 2)`` of the most prominent face, or else ``central_points``."""
    faces = find_faces(image)
    return faces[0].points if faces else central_points(*image.shape[:2])


def _prominence(face: Face, height: int, width: int) -> float:
    centre = (face.box[:2] + face.box[2:]) / 2
    distance = np.linalg.norm(centre - [width / 2, height / 2]) / max(height, width)
    return float(face.confidence * face.side * (1 - distance))


def _search(image: NDArray[np.uint8], side: int) -> list[Face]:
    """Run CenterFace on a photograph scaled to a longer side."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    # The network wants multiples of 32; what is added stays black.
    right, bottom = -size[0] % _SIDE_UNIT, -size[1] % _SIDE_UNIT
    padded = cv2.copyMakeBorder(scaled, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
    if not hasattr(_of_thread, "network"):
        _of_thread.network = cv2.dnn.readNetFromONNX(str(_FILE))
        _of_thread.outputs = _of_thread.network.getUnconnectedOutLayersNames()
    _of_thread.network.setInput(cv2.dnn.blobFromImage(padded))
    heat, sizes, offsets, landmarks = (output[0] for output in _of_thread.network.forward(_of_thread.outputs))
    rows, columns = np.nonzero(heat[0] > LEAST_CONFIDENCE)
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        tall, wide = np.exp(sizes[:, row, column].astype(np.float64)) * _STRIDE
        centre = (np.array([column, row]) + offsets[::-1, row, column] + 0.5) * _STRIDE
        corner = centre - np.array([wide, tall]) / 2
        points = landmarks[:, row, column].reshape(5, 2)[:, ::-1] * [wide, tall] + corner
        if _is_a_face(points):
            box = np.append(corner, np.add(corner, (wide, tall))) / scale
            found.append(Face(box, points / scale, float(heat[0, row, column])))
    return found


def _is_a_face(points: NDArray[np.float64]) -> bool:
    aligned = transform_points(points, alignment(points))
    return bool(np.sqrt(np.mean(np.sum((aligned - POINTS) ** 2, axis=1))) / EYE_DISTANCE < LARGEST_MISFIT)


def _distinct(faces: list[Face]) -> list[Face]:
    """Keep the surest of faces that lie over each other."""
    if not faces:
        return []
    boxes = [[*face.box[:2], *(face.box[2:] - face.box[:2])] for face in faces]
    kept = cv2.dnn.NMSBoxes(boxes, [face.confidence for face in faces], LEAST_CONFIDENCE, _OVERLAP)
    return [faces[int(number)] for number in np.ravel(kept)]

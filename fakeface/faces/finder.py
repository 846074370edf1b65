"""CenterFace: every face of a photograph with its box and five points (https://arxiv.org/abs/1911.03599).

OpenCV runs it, so that the data need no deep learning framework. A photograph is searched at a small size first, and
at larger ones while nothing or only small faces came out. Of a face that lies on its side or head CenterFace takes the
mouth for the eyes, and is as sure as of an upright one; so every face is looked at again, at one size, in four turns.
And it sees a face otherwise than its mirror image; so of a photograph and its mirror image always the same is searched.
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

LEAST_CONFIDENCE = 0.3
"""Height of the heat map's peak above which there is a face, at the second look too."""

LARGEST_MISFIT = 0.4
"""Largest root mean square distance of the aligned points from ``POINTS``, in eye distances: 0.24 in one of a hundred
upright faces at the second look."""

SURE = 0.75
"""Confidence less misfit at the second look above which no other turn is tried: 86 % of 1,823 upright portraits have
more, and of 404 turned ones none."""

_FILE = Path(__file__).with_name("centerface.onnx")
_STRIDE = 4
_SIDE_UNIT = 32
_OVERLAP = 0.3
_FRAME = 64
_SECOND_SIDE = 128
_COLUMNS = 32
_MIRRORED_POINTS = [1, 0, 2, 4, 3]
_SURROUNDINGS = 2.6  # sides of the face that the second look takes in
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

    @property
    def centre(self) -> NDArray[np.float64]:
        """Middle (x, y) of the box."""
        return np.asarray((self.box[:2] + self.box[2:]) / 2)

    @cached_property
    def misfit(self) -> float:
        """Root mean square distance of the aligned points from ``POINTS``, in eye distances."""
        aligned = transform_points(self.points, alignment(self.points))
        return float(np.sqrt(np.mean(np.sum((aligned - POINTS) ** 2, axis=1))) / EYE_DISTANCE)


def find_faces(image: NDArray[np.uint8]) -> list[Face]:
    """Find the faces of a photograph, the most prominent first: large, near the middle and sure.

    Where faces lie on their side or head, the photograph is searched again with these upright, so that a turned
    photograph gives the same faces. Where nothing was found, the other turns are searched at the smallest size.

    Args:
        image: RGB, ``(H, W, 3)``.
    """
    height, width = image.shape[:2]
    found, others = _find_upright(image, SIDES)
    sides: Sequence[int] = SIDES
    if not found and not others:
        others, sides = {1, 2, 3}, SIDES[:1]
    for turns in sorted(others):
        upright, _ = _find_upright(np.ascontiguousarray(np.rot90(image, turns)), sides)
        found += [_turned_back(face, turns, height, width) for face in upright]

    def prominence(face: Face) -> float:
        distance = np.linalg.norm(face.centre - [width / 2, height / 2]) / max(height, width)
        return float(face.confidence * face.side * (1 - distance))

    return sorted(_distinct(found), key=prominence, reverse=True)


def _find_upright(image: NDArray[np.uint8], sides: Sequence[int]) -> tuple[list[Face], set[int]]:
    """Return the faces that are upright, and how many quarter turns counter-clockwise the others need."""
    mirrored = _is_brighter_on_the_left(image)
    searched = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
    turns_of_faces = [(face, _turns(searched, face)) for face in _find(searched, sides)]
    upright = [face for face, turns in turns_of_faces if turns == 0]
    others = {turns for _, turns in turns_of_faces if turns}
    if not mirrored:
        return upright, others
    return [_mirrored_back(face, image.shape[1]) for face in upright], {4 - turns for turns in others}


def _is_brighter_on_the_left(image: NDArray[np.uint8]) -> bool:
    """Say which of a photograph and its mirror image this is, by what any of the two has and a re-encoding keeps."""
    columns = cv2.resize(image, (_COLUMNS, _COLUMNS), interpolation=cv2.INTER_AREA).mean(axis=(0, 2))
    return bool(columns @ (np.arange(_COLUMNS) - (_COLUMNS - 1) / 2) < 0)


def _mirrored_back(face: Face, width: int) -> Face:
    """Return a face of the mirror image as it lies in the image, so many pixels wide."""
    left, top, right, bottom = face.box.tolist()
    points = face.points[_MIRRORED_POINTS] * [-1, 1] + [width - 1, 0]
    return Face(np.array([width - 1 - right, top, width - 1 - left, bottom]), points, face.confidence)


def _find(image: NDArray[np.uint8], sides: Sequence[int]) -> list[Face]:
    height, width = image.shape[:2]
    found: list[Face] = []
    for side in sides:
        found = _distinct(found + _search(image, side))
        scale = side / max(height, width)
        if scale >= 1 or (found and min(face.side for face in found) * scale >= SMALL):
            break
    # A face that fills the picture is found once there is something around it.
    return found or _distinct(_search(image, sides[0] - 2 * _FRAME, _FRAME))


def _turns(image: NDArray[np.uint8], face: Face) -> int | None:
    """Return how many quarter turns counter-clockwise bring a face upright, or None where it is no face after all."""
    square = _surroundings(image, face)
    if square is None:
        return None
    scores: dict[int, float] = {}
    for turns in range(4):
        for seen in _detect(np.ascontiguousarray(np.rot90(square, turns))):
            distance = np.abs(seen.centre - _SECOND_SIDE / 2).max()
            central = distance < _SECOND_SIDE / _SURROUNDINGS / 2
            if central and seen.misfit < LARGEST_MISFIT:
                scores[turns] = max(seen.confidence - seen.misfit, scores.get(turns, -1.0))
        if scores.get(turns, 0.0) > SURE:
            break
    return max(scores, key=lambda turns: scores[turns]) if scores else None


def _surroundings(image: NDArray[np.uint8], face: Face) -> NDArray[np.uint8] | None:
    """Return a face in the middle of a small square; None where it lies outside the photograph."""
    side = max(1, round(face.side * _SURROUNDINGS))
    left, top = np.round(face.centre - side / 2).astype(int).tolist()
    part = image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if not part.size:
        return None
    # What lies outside the photograph stays black, and is added after scaling: a face may be larger than it.
    scale = _SECOND_SIDE / side
    height, width = (max(1, round(length * scale)) for length in part.shape[:2])
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    right, down = (min(round(max(-start, 0) * scale), _SECOND_SIDE - 1) for start in (left, top))
    small = small[: _SECOND_SIDE - down, : _SECOND_SIDE - right]
    square = np.zeros((_SECOND_SIDE, _SECOND_SIDE, 3), dtype=np.uint8)
    square[down : down + len(small), right : right + small.shape[1]] = small
    return square


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


def _search(image: NDArray[np.uint8], side: int, frame: int = 0) -> list[Face]:
    """Run CenterFace on a photograph scaled to a longer side, with a black frame of so many pixels around it."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    # The network wants multiples of 32; what is added stays black.
    right, bottom = (frame + -(length + 2 * frame) % _SIDE_UNIT for length in size)
    padded = cv2.copyMakeBorder(scaled, frame, bottom, frame, right, cv2.BORDER_CONSTANT)
    found = _detect(np.asarray(padded, dtype=np.uint8))
    return [Face((face.box - frame) / scale, (face.points - frame) / scale, face.confidence) for face in found]


def _detect(image: NDArray[np.uint8]) -> list[Face]:
    """Run CenterFace on an image whose sides are multiples of 32."""
    if not hasattr(_of_thread, "network"):
        _of_thread.network = cv2.dnn.readNetFromONNX(str(_FILE))
        _of_thread.outputs = _of_thread.network.getUnconnectedOutLayersNames()
    _of_thread.network.setInput(cv2.dnn.blobFromImage(image))
    heat, sizes, offsets, landmarks = (output[0] for output in _of_thread.network.forward(_of_thread.outputs))
    rows, columns = np.nonzero(heat[0] > LEAST_CONFIDENCE)
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        tall, wide = np.exp(sizes[:, row, column].astype(np.float64)) * _STRIDE
        centre = (np.array([column, row]) + offsets[::-1, row, column] + 0.5) * _STRIDE
        corner = centre - np.array([wide, tall]) / 2
        points = landmarks[:, row, column].reshape(5, 2)[:, ::-1] * [wide, tall] + corner
        box = np.append(corner, np.add(corner, (wide, tall)))
        found.append(Face(box, points, float(heat[0, row, column])))
    return found


def _distinct(faces: list[Face]) -> list[Face]:
    """Keep the surest of faces that lie over each other."""
    if not faces:
        return []
    boxes = [[*face.box[:2], *(face.box[2:] - face.box[:2])] for face in faces]
    kept = cv2.dnn.NMSBoxes(boxes, [face.confidence for face in faces], LEAST_CONFIDENCE, _OVERLAP)
    return [faces[int(number)] for number in np.ravel(kept)]

"""Whether a verdict holds when the photograph is changed as the web changes photographs, which edits nobody's face."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.inference.detector import Detector
from fakeface.inference.verdicts import FaceVerdict, Verdict
from fakeface.views.pictures import save_as_jpeg

_CUT = 0.03  # of each side
_SCREEN = 0.7
_LEAST_OVERLAP = 0.3
_NOT_FOUND, _NOT_JUDGED = "not found", "not judged"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A photograph, changed.

    Attributes:
        name: What was done to it.
        pixels: RGB, ``(H, W, 3)``.
        matrix: From a place (x, y, 1) in the photograph to the same place here, ``(2, 3)``.
    """

    name: str
    pixels: NDArray[np.uint8]
    matrix: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """What becomes of a verdict.

    Attributes:
        change: What was done to the photograph.
        verdict: The verdict then; ``not found`` where the face is not found again, ``not judged`` where the photograph
            is too small then.
        probability: That of fake then.
        flips: Whether it is another verdict than before.
    """

    change: str
    verdict: str
    probability: float | None
    flips: bool


@dataclass(frozen=True, slots=True)
class Stability:
    """How steady a verdict is.

    Attributes:
        steady: Whether it is the same in all trials.
        trials: One for each change.
    """

    steady: bool
    trials: tuple[Trial, ...]


def make_variants(image: NDArray[np.uint8]) -> Iterator[Variant]:
    """Change a photograph ``(H, W, 3)`` in the ways that a verdict should survive."""
    height, width = image.shape[:2]
    for quality in (90, 75, 50):
        yield Variant(f"saved as JPEG {quality}", save_as_jpeg(image, quality), _matrix())
    yield _scaled("scaled to half its size", image, 0.5, cv2.INTER_AREA)
    left, top = round(_CUT * width), round(_CUT * height)
    cut = np.ascontiguousarray(image[top : height - top, left : width - left])
    yield Variant("cut by 3 % on each side", cut, _matrix(x=-left, y=-top))
    yield Variant("mirrored", np.ascontiguousarray(image[:, ::-1]), np.array([[-1.0, 0, width], [0, 1, 0]]))
    yield _scaled("shown at 70 % of its size, as in a screenshot", image, _SCREEN, cv2.INTER_LINEAR)


def judge_variants(detector: Detector, image: NDArray[np.uint8], verdict: Verdict) -> tuple[Stability, list[Stability]]:
    """Judge a photograph ``(H, W, 3)`` in all its variants.

    Returns:
        The stability of the verdict on the photograph, and that of each of its faces, in their order.
    """
    whole: list[Trial] = []
    by_face: list[list[Trial]] = [[] for _ in verdict.faces or ()]
    for variant in make_variants(image):  # one at a time, for each may be as large as the photograph
        (found,) = detector.predict([variant.pixels])
        whole.append(_trial(variant.name, verdict.verdict, found.verdict or _NOT_JUDGED, found.probability))
        for face, trials in zip(verdict.faces or (), by_face, strict=True):
            same = same_face(move_box(face.box, variant.matrix), found.faces or ())
            lost = _NOT_JUDGED if found.verdict is None else _NOT_FOUND
            now, probability = (lost, None) if same is None else (same.verdict, same.probability)
            trials.append(_trial(variant.name, face.verdict, now, probability))
    return _stability(whole), [_stability(trials) for trials in by_face]


def same_face(box: Sequence[float], faces: Sequence[FaceVerdict]) -> FaceVerdict | None:
    """Return the face that covers the box best, or ``None`` where none does."""
    best = max(faces, key=lambda face: _overlap(box, face.box), default=None)
    return best if best is not None and _overlap(box, best.box) >= _LEAST_OVERLAP else None


def move_box(box: Sequence[float], matrix: NDArray[np.float64]) -> Box:
    """Return left, top, right and bottom of a box where a variant has it."""
    left, top, right, bottom = box
    corners = np.array([[left, top, 1], [right, bottom, 1]]) @ matrix.T
    (x1, y1), (x2, y2) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return x1, y1, x2, y2


def _trial(change: str, before: str | None, now: str, probability: float | None) -> Trial:
    return Trial(change, now, probability, flips=now not in (before, _NOT_JUDGED))


def _stability(trials: Sequence[Trial]) -> Stability:
    return Stability(not any(trial.flips for trial in trials), tuple(trials))


def _scaled(name: str, image: NDArray[np.uint8], scale: float, interpolation: int) -> Variant:
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = np.asarray(cv2.resize(image, size, interpolation=interpolation), dtype=np.uint8)
    return Variant(name, pixels, _matrix(scale))


def _matrix(scale: float = 1.0, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    return np.array([[scale, 0, x], [0, scale, y]])


def _overlap(box: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    common = max(width, 0) * max(height, 0)
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (box, other)]
    return common / (sum(areas) - common) if common else 0.0

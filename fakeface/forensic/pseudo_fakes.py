"""Pseudo-fakes: facial parts of one real photograph pasted into another, as CIPLAB's experts did by hand.

Which pixels were replaced is known of them, and each is a face that no network has seen: the idea of Face X-ray
(https://arxiv.org/abs/1912.13458) and Self-Blended Images (https://arxiv.org/abs/2204.08376), with parts in place of
whole faces. Part outlines are those of a mean face, laid on the five points of ``fakeface.faces``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from fakeface.data.images import to_uint8
from fakeface.faces.alignment import EYE_DISTANCE, FOUND_POINTS, POINTS, alignment, similarity, transform_points

Mask = NDArray[np.float32]
Points = NDArray[np.float64]

# Outlines (x, y) in eye distances, the origin between the eyes: the mean of 781 faces.
_EYE = [(-0.69, 0.0), (-0.6, -0.05), (-0.52, -0.07), (-0.43, -0.06), (-0.27, 0.04), (-0.49, 0.07), (-0.62, 0.05)]
_BROW = [(-0.89, -0.23), (-0.79, -0.32), (-0.65, -0.36), (-0.46, -0.35), (-0.24, -0.32), (-0.21, -0.19), (-0.83, -0.18)]
_NOSE = [(0.33, 0.58), (0.27, 0.69), (0.0, 0.73), (-0.27, 0.69), (-0.33, 0.58), (-0.1, 0.1), (0.0, -0.05), (0.1, 0.1)]
_MOUTH = [(-0.41, 1.05), (-0.25, 0.96), (-0.13, 0.92), (0.13, 0.92), (0.25, 0.96), (0.41, 1.05), (0.24, 1.22)]
_MOUTH += [(0.0, 1.27), (-0.24, 1.22)]
FACE_OUTLINE = [(0.0, -0.79), (0.55, -0.75), (0.94, -0.53), (1.08, -0.18), (1.1, 0.27), (1.03, 0.74), (0.85, 1.2)]
FACE_OUTLINE += [(0.6, 1.49), (0.35, 1.67), (0.0, 1.75), (-0.35, 1.67), (-0.6, 1.49), (-0.85, 1.2), (-1.03, 0.74)]
FACE_OUTLINE += [(-1.1, 0.27), (-1.08, -0.18), (-0.94, -0.53), (-0.55, -0.75)]

_PARTS = [np.array(_EYE), np.array(_EYE) * [-1, 1], np.array(_NOSE), np.array(_MOUTH)]
_BROWS = [np.array(_BROW), np.array(_BROW) * [-1, 1]]
_ANCHORS = ([0], [1], [2], [3, 4])
"""Which of the five points each part, in the order of ``records.REGIONS``, hangs on."""

_COMBINATIONS = {"1111": 0.30, "1100": 0.13, "0011": 0.12, "1110": 0.08, "1101": 0.06, "0001": 0.06, "0010": 0.05}
_COMBINATIONS |= {"1000": 0.05, "0111": 0.04, "1011": 0.04, "0100": 0.03, "1010": 0.01, "0101": 0.01, "1001": 0.01}
_COMBINATIONS |= {"0110": 0.01}
"""How often which regions are replaced, about as among CIPLAB's fakes."""


class FacePhotograph(NamedTuple):
    """A photograph ``(H, W, 3)`` and its five points ``(5, 2)`` in pixels."""

    image: NDArray[np.uint8]
    points: Points

    @property
    def eye_distance(self) -> float:
        """Distance between the eyes in pixels."""
        return float(np.linalg.norm(self.points[1] - self.points[0]))


class PseudoFake(NamedTuple):
    """A photograph ``(H, W, 3)``, the share that is foreign of each pixel ``(H, W)``, and the region bits ``(4,)``."""

    image: NDArray[np.uint8]
    mask: Mask
    regions: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Style:
    """How one pseudo-fake is made; lengths in eye distances."""

    colour_match: float
    match_contrast: bool
    gradients: bool
    stretch: bool
    feather: float

    @classmethod
    def draw(cls, generator: np.random.Generator) -> "_Style":
        return cls(
            colour_match=_pick(generator, (0.5, 1.0, 1.0), (0.3, 0.5, 1.0), (0.2, 0.0, 0.5)),
            match_contrast=generator.random() < 0.3,
            gradients=generator.random() < 0.4,
            stretch=generator.random() < 0.3,
            feather=_pick(generator, (0.25, 0.005, 0.02), (0.5, 0.02, 0.07), (0.25, 0.07, 0.12)),
        )


def _pick(generator: np.random.Generator, *ranges: tuple[float, float, float]) -> float:
    """Draw one of the ranges (probability, low, high), and a value in it."""
    _, low, high = ranges[generator.choice(len(ranges), p=[chance for chance, _, _ in ranges])]
    return float(generator.uniform(low, high))


def make_pseudo_fake(
    target: FacePhotograph, draw_donor: Callable[[], FacePhotograph], generator: np.random.Generator
) -> PseudoFake:
    """Paste one to four parts of other faces into a photograph.

    Args:
        target: The photograph; it is not written to.
        draw_donor: Gives a face that parts are taken from, another one at each call.
        generator: Where all other choices come from.
    """
    names = list(_COMBINATIONS)
    chances = np.array(list(_COMBINATIONS.values()))
    bits = names[generator.choice(len(names), p=chances / chances.sum())]
    parts = [part for part, bit in enumerate(bits) if bit == "1"]
    style = _Style.draw(generator)
    one_donor = draw_donor() if generator.random() < 0.4 else None
    image, mask = target.image, np.zeros(target.image.shape[:2], dtype=np.float32)
    for group in _groups(parts, generator):
        donor = one_donor or draw_donor()
        image, pasted = _paste(FacePhotograph(image, target.points), donor, group, style, generator)
        mask = np.clip(pasted, mask, 1)  # the larger of both, and no rounding above 1
    return PseudoFake(image, mask, np.array([int(bit) for bit in bits], dtype=np.float32))


def _groups(parts: list[int], generator: np.random.Generator) -> list[list[int]]:
    """Divide parts into those that are pasted together."""
    if len(parts) == 4 and generator.random() < 0.3:
        return [[0, 1], [2, 3]] if generator.random() < 0.5 else [[0, 1, 2], [3]]
    return [parts] if generator.random() < 0.45 else [[part] for part in parts]


def _paste(
    target: FacePhotograph, donor: FacePhotograph, parts: Sequence[int], style: _Style, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], Mask]:
    height, width = target.image.shape[:2]
    # Only the face is worked on, whatever the size of the photograph.
    left, top = np.clip(place_outline(FACE_OUTLINE, target.points).min(axis=0) - 8, 0, [width, height]).astype(int)
    right, bottom = np.clip(place_outline(FACE_OUTLINE, target.points).max(axis=0) + 8, 0, [width, height]).astype(int)
    field = (slice(top, bottom), slice(left, right))
    inner = FacePhotograph(target.image[field], target.points - [left, top])
    warped = _warp(donor, inner, parts, style, generator)
    hard, face = _part_mask(inner, parts, generator)
    # The donor's colours are moved to the target's, as measured on the skin around the parts.
    reach = max(1, int(0.12 * inner.eye_distance))
    ring = (cv2.dilate(hard, np.ones((2 * reach + 1, 2 * reach + 1))) * face - hard) > 0.5
    colours = warped
    if ring.sum() >= 30:
        colours = move_colours(warped, inner.image, ring, style.colour_match, style.match_contrast)
    image, mask = target.image.copy(), np.zeros((height, width), dtype=np.float32)
    cloned = clone_gradients(colours, inner.image, hard) if style.gradients else None
    if cloned is not None:
        image[field], mask[field] = cloned, cv2.GaussianBlur(hard, (0, 0), 1.0)
        return image, mask
    soft = cv2.GaussianBlur(hard, (0, 0), max(0.3, style.feather * inner.eye_distance))
    blend = inner.image + (colours - inner.image) * soft[..., np.newaxis]
    image[field], mask[field] = to_uint8(blend), soft
    return image, mask


def _warp(
    donor: FacePhotograph, target: FacePhotograph, parts: Sequence[int], style: _Style, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Bring the donor's parts to their place in the target, nearly."""
    anchors = [anchor for part in parts for anchor in _ANCHORS[part]]
    source, place = donor.points[anchors], target.points[anchors]
    centre = place.mean(axis=0)
    if len(anchors) > 1:
        matrix = similarity(source, place)
    else:
        matrix = similarity(donor.points, target.points)
        matrix[:, 2] = centre - matrix[:, :2] @ source[0]
    scale = np.exp(generator.normal(0, 0.05)) * (1 if generator.random() < 0.7 else generator.uniform(0.85, 1.2))
    angle = np.radians(generator.normal(0, 2.5))
    error = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if style.stretch:
        error = error @ (np.eye(2) + generator.normal(0, 0.05, (2, 2)))
    shift = generator.normal(0, 0.02 * target.eye_distance, 2)
    matrix = np.column_stack([error @ matrix[:, :2], error @ (matrix[:, 2] - centre) + centre + shift])
    interpolation = cv2.INTER_CUBIC if generator.random() < 0.6 else cv2.INTER_LINEAR
    height, width = target.image.shape[:2]
    warped = cv2.warpAffine(
        donor.image, matrix, (width, height), flags=interpolation, borderMode=cv2.BORDER_REFLECT_101
    )
    if generator.random() < 0.3:
        warped = cv2.GaussianBlur(warped, (0, 0), generator.uniform(0.4, 1.5))
    return np.asarray(warped, dtype=np.float32)


def _part_mask(target: FacePhotograph, parts: Sequence[int], generator: np.random.Generator) -> tuple[Mask, Mask]:
    """Return where the parts are replaced and where the face is, 0 or 1."""
    shape = target.image.shape[:2]
    outlines = []
    for part in parts:
        outline = _PARTS[part]
        if part < len(_BROWS) and generator.random() < 0.7:
            outline = np.concatenate([outline, _BROWS[part]])
        hull = _hull(place_outline(outline, target.points, part))
        centre = hull.mean(axis=0)
        grown = centre + (hull - centre) * generator.uniform(1.0, 1.45, (1, 2))
        outlines.append(_hull(grown + generator.normal(0, 0.03 * target.eye_distance, hull.shape)))
    filled = [fill(outline, shape) for outline in outlines]
    if len(parts) > 1 and generator.random() < 0.5:  # one connected patch
        filled.append(fill(_hull(np.concatenate(outlines)), shape))
    reach = max(1, int(generator.uniform(0.0, 0.08) * target.eye_distance))
    grown_mask = cv2.dilate(np.max(filled, axis=0), _disc(reach))
    face = fill(place_outline(FACE_OUTLINE, target.points), shape)
    return grown_mask * cv2.erode(face, _disc(2)), face


def move_colours(
    donor: NDArray[np.float32], target: NDArray[np.uint8], where: NDArray[np.bool_], amount: float, contrast: bool
) -> NDArray[np.float32]:
    """Move the donor's colours, and its contrast if asked for, by a share of the way to the target's in a place."""
    own, wanted = donor[where], target[where].astype(np.float32)
    gain = np.clip(wanted.std(axis=0) / (own.std(axis=0) + 1e-3), 0.6, 1.6) if contrast else 1.0
    matched = (donor - own.mean(axis=0)) * gain + wanted.mean(axis=0)
    return np.asarray(donor + amount * (matched - donor), dtype=np.float32)


def clone_gradients(donor: NDArray[np.float32], target: NDArray[np.uint8], hard: Mask) -> NDArray[np.uint8] | None:
    """Blend as Photoshop's healing brush does (Pérez et al., 2003), or return None where the patch is too small.

    These are the pixels of ``cv2.seamlessClone`` before it cuts them to whole grey levels, which darkens a patch by
    half of one. As there, the change runs out over the rectangle around the patch: ended sooner, it leaves a seam.
    """
    left, top, width, height = cv2.boundingRect((hard > 0.5).astype(np.uint8))
    if min(width, height) < 8:
        return None
    around = (slice(top, top + height), slice(left, left + width))
    inside = cv2.erode(hard[around], np.ones((7, 7)), borderValue=0) > 0.5
    # The correction has the gradients by which the donor differs, inside the patch alone, and is 0 on the rectangle.
    difference = donor[around] - target[around]
    divergence = np.zeros_like(difference)
    for axis in (0, 1):
        flow = np.diff(difference, axis=axis) * inside[_but(-1, axis)][..., np.newaxis]
        divergence[_but(-1, axis)] += flow
        divergence[_but(0, axis)] -= flow
    rows, columns = (2 * np.cos(np.pi * np.arange(1, n - 1) / (n - 1)) - 2 for n in inside.shape)
    waves = scipy.fft.dstn(divergence[1:-1, 1:-1], type=1, axes=(0, 1))
    waves /= (rows[:, np.newaxis] + columns)[..., np.newaxis]
    image = target.copy()
    inner = image[around][1:-1, 1:-1]
    inner[:] = to_uint8(inner + scipy.fft.idstn(waves, type=1, axes=(0, 1)))
    return image


def _but(end: int, axis: int) -> tuple[slice, ...]:
    """Return the index of everything but the first (0) or the last (-1) along an axis."""
    return (slice(None),) * axis + (slice(1, None) if end == 0 else slice(None, -1),)


def place_outline(outline: Sequence[tuple[float, float]] | Points, points: Points, part: int | None = None) -> Points:
    """Lay an outline in eye distances on a face in a photograph; a part's moves with the points that it hangs on."""
    matrix = cv2.invertAffineTransform(alignment(points))
    origin = POINTS[:2].mean(axis=0)
    placed = transform_points(np.asarray(outline) * EYE_DISTANCE + origin, matrix)
    if part is None:
        return placed
    anchors = _ANCHORS[part]
    shift: Points = points[anchors].mean(axis=0) - transform_points(FOUND_POINTS[anchors], matrix).mean(axis=0)
    return placed + shift


def _hull(points: Points) -> Points:
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)


def fill(outline: Points, shape: tuple[int, ...]) -> Mask:
    """Fill the convex hull of an outline in pixels with 1, the rest with 0."""
    mask = np.zeros(shape, dtype=np.float32)
    cv2.fillConvexPoly(mask, _hull(outline).round().astype(np.int32), 1.0)
    return mask


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))

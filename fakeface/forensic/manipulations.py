"""Pseudo-fakes beyond pasted parts: swapped and morphed faces, self-blended ones, warps, local smoothing, inpainting.

Which pixels were changed is known of each. Whole faces are changed inside the outline of a mean face, laid on the five
points; the ideas are those of Face X-ray (https://arxiv.org/abs/1912.13458), of Self-Blended Images
(https://arxiv.org/abs/2204.08376) and of what retouching programs offer.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import to_uint8
from fakeface.faces.alignment import similarity
from fakeface.forensic.pseudo_fakes import (
    FACE_OUTLINE,
    FacePhotograph,
    Mask,
    PseudoFake,
    clone_gradients,
    fill,
    move_colours,
    place_outline,
)

Floats = NDArray[np.float32]
_UNKNOWN, _ALL = np.full(4, np.nan, dtype=np.float32), np.ones(4, dtype=np.float32)


def swap_face(target: FacePhotograph, donor: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Put the face of another person into a photograph, by the five points."""
    return _blend(target, _warped(donor.image, _face_map(donor, target, generator), target), generator, opacity=1.0)


def morph_faces(target: FacePhotograph, donor: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Mix two persons: 30 to 70 % of another face, laid over by the five points."""
    source = _warped(donor.image, _face_map(donor, target, generator), target)
    return _blend(target, source, generator, opacity=float(generator.uniform(0.3, 0.7)))


def blend_with_itself(target: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Blend a face into itself after a slight change of colour, sharpness, size or place."""
    scale = 1 + generator.normal(0, 0.015)
    shift = generator.normal(0, 0.012 * target.eye_distance, 2)
    centre = target.points.mean(axis=0)
    matrix = np.column_stack([np.eye(2) * scale, centre - scale * centre + shift])
    source = _warped(target.image, matrix, target)
    if generator.random() < 0.7:
        source = source * generator.uniform(0.93, 1.07, 3).astype(np.float32) + np.float32(generator.uniform(-8, 8))
    kind = generator.random()
    if kind < 0.3:
        source = cv2.GaussianBlur(source, (0, 0), generator.uniform(0.5, 1.5))
    elif kind < 0.6:
        source = source + (source - cv2.GaussianBlur(source, (0, 0), 1.5)) * np.float32(generator.uniform(0.3, 1.2))
    else:
        factor = generator.uniform(0.3, 0.8)
        small = cv2.resize(source, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        source = cv2.resize(small, source.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return _blend(target, np.asarray(source, dtype=np.float32), generator, opacity=float(generator.uniform(0.5, 1.0)))


def warp_locally(target: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Push, enlarge or shrink one to three places of a face, as liquify tools do."""
    height, width = target.image.shape[:2]
    distance = target.eye_distance
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    move_x, move_y = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for _ in range(int(generator.integers(1, 4))):
        centre = _place(target, generator)
        radius = distance * generator.uniform(0.25, 0.7)
        dx, dy = xs - np.float32(centre[0]), ys - np.float32(centre[1])
        weight = np.clip(1 - (dx * dx + dy * dy) / np.float32(radius * radius), 0, 1) ** 2
        if generator.random() < 0.5:
            push = generator.normal(0, 0.09 * distance, 2).astype(np.float32)
            move_x, move_y = move_x + weight * push[0], move_y + weight * push[1]
        else:
            grow = np.float32(generator.choice([-1, 1]) * generator.uniform(0.08, 0.3))
            move_x, move_y = move_x - weight * grow * dx, move_y - weight * grow * dy
    warped = cv2.remap(target.image, xs + move_x, ys + move_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    moved = np.hypot(move_x, move_y) / np.float32(max(0.02 * distance, 0.5))
    return PseudoFake(np.asarray(warped, dtype=np.uint8), np.clip(moved, 0, 1), _UNKNOWN)


def smooth_locally(target: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Smooth the skin of a part of the face and leave the rest as it is."""
    image = target.image.astype(np.float32)
    if generator.random() < 0.6:
        smooth = cv2.bilateralFilter(image, 7, float(generator.uniform(20, 60)), float(generator.uniform(3, 7)))
    else:
        smooth = cv2.GaussianBlur(image, (0, 0), 0.012 * target.eye_distance + generator.uniform(0.5, 1.5))
    if generator.random() < 0.6:
        spots = _spots(target, generator, most=4, sizes=(0.15, 0.5)).astype(np.float32) / 255
        mask = cv2.GaussianBlur(spots, (0, 0), max(0.5, 0.08 * target.eye_distance))
    else:
        mask = _face_mask(target, generator)
    return _mixed(image, np.asarray(smooth, dtype=np.float32), mask * np.float32(generator.uniform(0.6, 1.0)))


def inpaint_spots(target: FacePhotograph, generator: np.random.Generator) -> PseudoFake:
    """Remove one to five spots of the face and fill them from their surroundings."""
    mask = _spots(target, generator, most=5, sizes=(0.04, 0.2))
    method = cv2.INPAINT_TELEA if generator.random() < 0.5 else cv2.INPAINT_NS
    filled = cv2.inpaint(np.ascontiguousarray(target.image), mask, 3, method)
    return PseudoFake(np.asarray(filled, dtype=np.uint8), np.asarray(mask / 255, dtype=np.float32), _UNKNOWN)


def _face_map(donor: FacePhotograph, target: FacePhotograph, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the map from a donor's face to the target's: a similarity, or the affine map of all five points."""
    if generator.random() < 0.5:
        affine, _ = cv2.estimateAffine2D(
            donor.points.astype(np.float32), target.points.astype(np.float32), method=cv2.LMEDS
        )
        area_ratio = (target.eye_distance / max(donor.eye_distance, 1e-6)) ** 2
        if affine is not None and 0.3 < np.linalg.det(affine[:, :2]) / area_ratio < 3:
            return np.asarray(affine, dtype=np.float64)
    return similarity(donor.points, target.points)


def _warped(image: NDArray[np.uint8], matrix: NDArray[np.float64], target: FacePhotograph) -> Floats:
    height, width = target.image.shape[:2]
    shrink = int(1 / max(np.hypot(*matrix[:, 0]), 1e-6))
    if shrink > 1:
        image = np.asarray(
            cv2.resize(image, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
        matrix = np.column_stack([matrix[:, :2] * shrink, matrix[:, 2]])
    warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(warped, dtype=np.float32)


def _blend(target: FacePhotograph, source: Floats, generator: np.random.Generator, opacity: float) -> PseudoFake:
    mask = _face_mask(target, generator)
    inside = mask > 0.5
    image = target.image.astype(np.float32)
    if inside.any() and generator.random() < 0.85:
        source = move_colours(source, target.image, inside, generator.uniform(0.6, 1.0), contrast=True)
    if opacity == 1.0 and generator.random() < 0.4:
        cloned = clone_gradients(source, target.image, inside.astype(np.float32))
        if cloned is not None:
            return PseudoFake(cloned, cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0), _ALL)
    fake = _mixed(image, np.asarray(source, dtype=np.float32), mask * np.float32(opacity))
    return fake._replace(regions=_ALL)


def _mixed(image: Floats, other: Floats, mask: Mask) -> PseudoFake:
    blend = image + (other - image) * mask[..., np.newaxis]
    return PseudoFake(to_uint8(blend), np.clip(mask, 0, 1), _UNKNOWN)


def _face_mask(target: FacePhotograph, generator: np.random.Generator) -> Mask:
    """Return a soft mask of the face, or of its inner part, with a random outline."""
    placed = place_outline(FACE_OUTLINE, target.points)
    centre = target.points.mean(axis=0)
    size = generator.uniform(0.62, 1.02)
    placed = centre + (placed - centre) * size * generator.uniform(0.95, 1.05, (1, 2))
    placed = placed + generator.normal(0, 0.03 * target.eye_distance, placed.shape)
    hard = fill(placed, target.image.shape[:2])
    softness = max(0.4, generator.uniform(0.01, 0.14) * target.eye_distance)
    return np.asarray(cv2.GaussianBlur(hard, (0, 0), softness), np.float32)


def _spots(
    target: FacePhotograph, generator: np.random.Generator, most: int, sizes: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return a mask, 0 or 255, of up to so many ellipses on the face; sizes are half axes in eye distances."""
    mask = np.zeros(target.image.shape[:2], dtype=np.uint8)
    distance = target.eye_distance
    for _ in range(int(generator.integers(1, most + 1))):
        x, y = _place(target, generator)
        axes = (max(2, int(distance * generator.uniform(*sizes))), max(2, int(distance * generator.uniform(*sizes))))
        cv2.ellipse(mask, (int(x), int(y)), axes, float(generator.uniform(0, 180)), 0, 360, 255, -1)
    return mask


def _place(target: FacePhotograph, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return a place of the face: near one of the five points, or anywhere inside their surroundings."""
    if generator.random() < 0.5:
        near = target.points[generator.integers(5)]
        return np.asarray(near + generator.normal(0, 0.15 * target.eye_distance, 2))
    return np.asarray(target.points.mean(axis=0) + generator.uniform(-0.8, 0.8, 2) * target.eye_distance)


WITH_DONOR = {"swap": swap_face, "morph": morph_faces}
WITHOUT_DONOR = {"blend": blend_with_itself, "warp": warp_locally, "smooth": smooth_locally, "inpaint": inpaint_spots}

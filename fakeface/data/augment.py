"""The six augmentations of section 3.6 of the report; the only file that imports albumentations.

The geometry is shared by all views of a photograph. Brightness, contrast and saturation touch photometric views alone:
error levels come from the compression history of the file, and an adjustment before the recompression would re-quantise
that history away, while one after it would alter measured levels that no photograph has.
"""

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import MIRRORED_REGIONS
from fakeface.views.view import find_view

# Without it the import asks PyPI for a newer version.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A  # noqa: N812

_Value = TypeVar("_Value", bound=np.generic)
_Channels = NDArray[np.float32]


class _QuarterTurn(A.DualTransform):
    """Turn by 90 degrees counter-clockwise, as ``tf.image.rot90`` does."""

    def apply(self, img: NDArray[np.uint8], **params: object) -> NDArray[np.uint8]:
        return np.asarray(cv2.rotate(img, cv2.ROTATE_90_COUNTERCLOCKWISE), dtype=np.uint8)


class _Photometric(A.ImageOnlyTransform):
    """An adjustment in tf.image's arithmetic: to floats in 0..1, adjust by an amount in a range, and back to uint8.

    The way back (``tf.image.convert_image_dtype``) multiplies by 255.5, saturates and truncates, so that an adjustment
    by nothing changes no pixel. The report names no ranges; these are moderate.
    """

    def __init__(self, adjust: Callable[[_Channels, np.float32], _Channels], low: float, high: float) -> None:
        super().__init__()
        self.adjust, self.low, self.high = adjust, low, high

    def get_params(self) -> dict[str, float]:
        return {"amount": self.random_generator.uniform(self.low, self.high)}

    def apply(self, img: NDArray[np.uint8], amount: float, **params: object) -> NDArray[np.uint8]:
        # Arithmetic on (3, H, W) is several times as fast as on (H, W, 3).
        channels = np.stack(cv2.split(img)) * np.float32(1 / 255)
        adjusted = self.adjust(channels, np.float32(amount))
        levels = np.clip(adjusted * np.float32(255.5), 0, 255).astype(np.uint8)
        return np.asarray(cv2.merge(list(levels)), dtype=np.uint8)


def _contrast(channels: _Channels, amount: np.float32) -> _Channels:
    mean = channels.mean(axis=(1, 2), keepdims=True)
    return np.asarray((channels - mean) * amount + mean, dtype=np.float32)


def _saturation(channels: _Channels, amount: np.float32) -> _Channels:
    # Scaling S of HSV with H and V fixed moves each channel away from the largest one (V) by the same factor, until the
    # smallest channel reaches 0, which is S = 1.
    value = channels.max(axis=0)
    chroma = value - channels.min(axis=0)
    factor = np.minimum(amount, value / np.maximum(chroma, np.float32(1e-9)))
    return np.asarray(value - (value - channels) * factor, dtype=np.float32)


_TRANSFORMS: Mapping[str, A.BasicTransform] = {
    "flip_left_right": A.HorizontalFlip(),
    "flip_up_down": A.VerticalFlip(),
    "rot90": _QuarterTurn(),
    "random_brightness": _Photometric(np.add, -0.2, 0.2),
    "random_contrast": _Photometric(_contrast, 0.8, 1.2),
    "random_saturation": _Photometric(_saturation, 0.8, 1.2),
}

PAPER_OPERATIONS = ("identity", *_TRANSFORMS)
"""The original and its six augmentations: together they make a set seven times as large (Table 2)."""


def augment_paper(
    views: Mapping[str, NDArray[np.uint8]], regions: NDArray[_Value], operation: str, generator: np.random.Generator
) -> tuple[dict[str, NDArray[np.uint8]], NDArray[_Value]]:
    """Apply one operation to all views of a photograph.

    A mirrored left eye is a right eye, so both flips swap these two regions. A turn keeps them; a half turn, which is
    both flips in a row, swaps twice.

    Args:
        views: RGB images of the same square size, ``(S, S, 3)``; they are not written to.
        regions: One value for each of ``records.REGIONS``, ``(4,)``.
        operation: One of ``PAPER_OPERATIONS``.
        generator: Where the amount of a photometric operation comes from; it draws the same whatever the views.

    Returns:
        The views and the regions after the operation.
    """
    if operation == "identity":
        return dict(views), regions
    transform = _TRANSFORMS[operation]
    # albumentations' own generators repeat in every DataLoader worker.
    transform.random_generator = generator
    params = transform.get_params()
    shared = isinstance(transform, A.DualTransform)
    augmented = {
        name: transform.apply(image, **params) if shared or find_view(name).photometric else image
        for name, image in views.items()
    }
    return augmented, regions[MIRRORED_REGIONS] if operation.startswith("flip") else regions


def augment_online(
    views: Mapping[str, NDArray[np.uint8]], regions: NDArray[_Value], generator: np.random.Generator
) -> tuple[dict[str, NDArray[np.uint8]], NDArray[_Value]]:
    """Apply each of the six operations with probability one half, in the order of ``PAPER_OPERATIONS``.

    The two flips and the quarter turn then give all eight orientations of a square equally often. Arguments and result
    are those of ``augment_paper``.
    """
    augmented = dict(views)
    chosen = generator.random(len(_TRANSFORMS)) < 0.5
    for operation, apply in zip(_TRANSFORMS, chosen, strict=True):
        if apply:
            augmented, regions = augment_paper(augmented, regions, operation, generator)
    return augmented, regions

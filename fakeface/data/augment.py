"""The six augmentations of section 3.6 of the report.

The geometry is shared by all views of a photograph. Brightness, contrast and saturation touch photometric views alone:
error levels come from the compression history of the file, and an adjustment before the recompression would re-quantise
that history away, while one after it would alter measured levels that no photograph has.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.view import find_view

_Value = TypeVar("_Value", bound=np.generic)
_Adjust = Callable[[NDArray[np.float32], np.float32], NDArray[np.float32]]


def _brightness(channels: NDArray[np.float32], amount: np.float32) -> NDArray[np.float32]:
    return channels + amount


def _contrast(channels: NDArray[np.float32], amount: np.float32) -> NDArray[np.float32]:
    mean = channels.mean(axis=(1, 2), keepdims=True)
    return np.asarray((channels - mean) * amount + mean, dtype=np.float32)


def _saturation(channels: NDArray[np.float32], amount: np.float32) -> NDArray[np.float32]:
    # Scaling S of HSV with H and V fixed moves each channel away from the largest one (V) by the same factor,
    # until the smallest channel reaches 0, which is S = 1.
    value = channels.max(axis=0)
    chroma = value - channels.min(axis=0)
    factor = np.minimum(amount, value / np.maximum(chroma, np.float32(1e-9)))
    return np.asarray(value - (value - channels) * factor, dtype=np.float32)


_GEOMETRIC: Mapping[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "flip_left_right": np.fliplr,
    "flip_up_down": np.flipud,
    "rot90": np.rot90,
}
_PHOTOMETRIC: Mapping[str, tuple[_Adjust, float, float]] = {
    "random_brightness": (_brightness, -0.2, 0.2),
    "random_contrast": (_contrast, 0.8, 1.2),
    "random_saturation": (_saturation, 0.8, 1.2),
}
"""The adjustments, with the least and the largest amount. The report names no ranges; these are moderate."""

_OPERATIONS = (*_GEOMETRIC, *_PHOTOMETRIC)

PAPER_OPERATIONS = ("identity", *_OPERATIONS)
"""The original and its six augmentations: together they make a set seven times as large (Table 2)."""

_MIRRORED_REGIONS = [1, 0, 2, 3]


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
    if operation in _GEOMETRIC:
        turned = {name: np.ascontiguousarray(_GEOMETRIC[operation](image)) for name, image in views.items()}
        return turned, regions[_MIRRORED_REGIONS] if operation.startswith("flip") else regions
    adjust, low, high = _PHOTOMETRIC[operation]
    amount = np.float32(generator.uniform(low, high))
    return {
        name: _adjusted(image, adjust, amount) if find_view(name).photometric else image
        for name, image in views.items()
    }, regions


def _adjusted(image: NDArray[np.uint8], adjust: _Adjust, amount: np.float32) -> NDArray[np.uint8]:
    """Adjust in tf.image's arithmetic: to floats in 0..1, adjust, and back to uint8.

    The way back (``tf.image.convert_image_dtype``) multiplies by 255.5, saturates and truncates, so that an adjustment
    by nothing changes no pixel.
    """
    # Arithmetic on (3, H, W) is several times as fast as on (H, W, 3).
    channels = np.stack(cv2.split(image)) * np.float32(1 / 255)
    levels = np.clip(adjust(channels, amount) * np.float32(255.5), 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge(list(levels)), dtype=np.uint8)


def augment_online(
    views: Mapping[str, NDArray[np.uint8]], regions: NDArray[_Value], generator: np.random.Generator
) -> tuple[dict[str, NDArray[np.uint8]], NDArray[_Value]]:
    """Apply each of the six operations with probability one half, in the order of ``PAPER_OPERATIONS``.

    The two flips and the quarter turn then give all eight orientations of a square equally often. Arguments and result
    are those of ``augment_paper``.
    """
    augmented = dict(views)
    chosen = generator.random(len(_OPERATIONS)) < 0.5
    for operation, apply in zip(_OPERATIONS, chosen, strict=True):
        if apply:
            augmented, regions = augment_paper(augmented, regions, operation, generator)
    return augmented, regions

"""Augmentation of aligned faces: jittered crops, mirror images, light and colour, blur, noise and a last JPEG."""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fakeface.data.dataset import to_tensor
from fakeface.data.images import to_uint8
from fakeface.data.records import MIRRORED_REGIONS
from fakeface.faces.alignment import CANVAS, crop_matrix
from fakeface.views.pictures import save_as_jpeg

MAP_STRIDE = 16
"""Pixels of the view per cell of the map of what was replaced."""


class FaceSample(NamedTuple):
    """A face as it is trained on.

    Attributes:
        face: The view ``(size, size, 3)``.
        regions: One value for each of ``records.REGIONS``, ``(4,)``.
        map: Share of foreign pixels ``(size / 16, size / 16)``; NaN where it is not known.
    """

    face: NDArray[np.uint8]
    regions: NDArray[np.float32]
    map: NDArray[np.float32]

    def tensors(self) -> dict[str, Tensor]:
        """Return each under its name, the face as ``(3, size, size)``."""
        return {
            "face": to_tensor(self.face),
            "regions": torch.tensor(self.regions),
            "map": torch.from_numpy(self.map),
        }


def augment_face(
    canvas: NDArray[np.uint8],
    regions: NDArray[np.float32],
    splice: NDArray[np.uint8] | None,
    size: int,
    generator: np.random.Generator,
) -> FaceSample:
    """Cut a view out of an aligned canvas at random.

    Args:
        canvas: From ``align_face``; it is not written to.
        regions: One value for each of ``records.REGIONS``, ``(4,)``.
        splice: Share of foreign pixels on the canvas, 0 to 255, square, of any size; None where it is not known.
        size: Height and width of the view.
        generator: Where all choices come from.
    """
    matrix, mirrored, interpolation = draw_crop(size, 0.06, generator)
    face = cv2.warpAffine(canvas, matrix, (size, size), flags=interpolation, borderMode=cv2.BORDER_REFLECT_101)
    return FaceSample(
        _photometric(np.asarray(face, dtype=np.uint8), generator),
        regions[MIRRORED_REGIONS] if mirrored else regions,
        _map(splice, matrix, size // MAP_STRIDE),
    )


def draw_crop(size: int, scale: float, generator: np.random.Generator) -> tuple[NDArray[np.float64], bool, int]:
    """Draw where a view of a training face is cut out.

    Args:
        size: Height and width of the view.
        scale: Standard deviation of the logarithm of its scale.
        generator: Where all choices come from.

    Returns:
        The matrix of ``crop_matrix``, whether it mirrors, and the interpolation to sample with.
    """
    mirrored = bool(generator.random() < 0.5)
    matrix = crop_matrix(
        size,
        scale=np.exp(generator.normal(0, scale)),
        roll=generator.normal(0, 5),
        shift=generator.normal(0, 0.03 * size, 2),
        mirrored=mirrored,
    )
    return matrix, mirrored, cv2.INTER_CUBIC if generator.random() < 0.35 else cv2.INTER_LINEAR


def _map(splice: NDArray[np.uint8] | None, matrix: NDArray[np.float64], cells: int) -> NDArray[np.float32]:
    if splice is None:
        return np.full((cells, cells), np.nan, dtype=np.float32)
    # Between pixels of two grids of strides a and b: (i + 1/2) a = (j + 1/2) b.
    coarse = CANVAS / len(splice)
    to_canvas = np.array([[coarse, 0, coarse / 2 - 0.5], [0, coarse, coarse / 2 - 0.5], [0, 0, 1]])
    fine = 1 / MAP_STRIDE
    to_cells = np.array([[fine, 0, fine / 2 - 0.5], [0, fine, fine / 2 - 0.5]])
    combined = to_cells @ np.vstack([matrix, [0, 0, 1]]) @ to_canvas
    smooth = cv2.GaussianBlur(splice, (0, 0), 1.2)
    return np.asarray(cv2.warpAffine(smooth, combined, (cells, cells)), dtype=np.float32) / np.float32(255)


def _photometric(face: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    image = face.astype(np.float32)
    if generator.random() < 0.8:
        image = image * np.float32(generator.uniform(0.8, 1.2)) + np.float32(generator.uniform(-15, 15))
        grey = image.mean(axis=2, keepdims=True)
        image = grey + (image - grey) * np.float32(generator.uniform(0.7, 1.3))
        mean = image.mean()
        image = mean + (image - mean) * np.float32(generator.uniform(0.8, 1.2))
        image = image * generator.uniform(0.93, 1.07, 3).astype(np.float32)
    if generator.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.4, 1.2))
    if generator.random() < 0.15:
        deviation = np.float32(generator.uniform(1, 6))
        image = image + deviation * generator.standard_normal(image.shape, dtype=np.float32)
    pixels = to_uint8(image)
    if generator.random() < 0.25:
        pixels = save_as_jpeg(pixels, int(generator.integers(50, 96)))
    return pixels

"""What happens to photographs on their way through the world: compression, scaling, blur, noise, another exposure.

Every corruption maps a decoded photograph, RGB ``(H, W, 3)``, to another of the same size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import to_uint8
from fakeface.views.pictures import save_as_jpeg, save_as_webp

Image = NDArray[np.uint8]

LAST_QUALITY = 95
"""JPEG quality of the second compression of ``double_jpeg``."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """A corruption at one level.

    Attributes:
        name: One of ``CORRUPTIONS``.
        level: How strong it is, in the corruption's own unit.
    """

    name: str
    level: float

    def __call__(self, image: Image, generator: np.random.Generator) -> Image:
        """Return the corrupted photograph; only noise draws from the generator."""
        return CORRUPTIONS[self.name].corrupt(image, self.level, generator)


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of corruption, with the levels that robustness is measured at.

    Attributes:
        corrupt: Image, level and generator to image.
        unit: What a level is.
        levels: From mild to strong; brightness from dark to bright.
    """

    corrupt: Callable[[Image, float, np.random.Generator], Image]
    unit: str
    levels: Sequence[float]


def _downscale(image: Image, factor: float, generator: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    smaller = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrunk = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _noise(image: Image, sigma: float, generator: np.random.Generator) -> Image:
    return to_uint8(image + sigma * generator.standard_normal(image.shape, dtype=np.float32))


CORRUPTIONS = {
    "jpeg": Family(lambda image, quality, _: save_as_jpeg(image, round(quality)), "quality", (95, 90, 75, 50, 30)),
    # The last table in the file tells nothing then.
    "double_jpeg": Family(
        lambda image, quality, _: save_as_jpeg(save_as_jpeg(image, round(quality)), LAST_QUALITY),
        "first quality",
        (90, 75, 50),
    ),
    "webp": Family(lambda image, quality, _: save_as_webp(image, round(quality)), "quality", (90, 75, 50)),
    "downscale": Family(_downscale, "factor", (0.75, 0.5, 0.25)),
    "blur": Family(lambda image, sigma, _: cv2.GaussianBlur(image, (0, 0), sigma), "sigma in pixels", (0.5, 1, 2)),
    "noise": Family(_noise, "sigma in grey levels", (2, 5, 10)),
    "brightness": Family(lambda image, factor, _: to_uint8(image * np.float32(factor)), "factor", (0.6, 0.8, 1.2, 1.4)),
}
"""By name. What is scaled down by area averages is scaled back up bilinearly; blur and noise are Gaussian, the latter
independent in every pixel and channel; brightness multiplies all levels."""


def all_corruptions() -> list[Corruption]:
    """Return every corruption at each of its levels."""
    return [Corruption(name, level) for name, family in CORRUPTIONS.items() for level in family.levels]

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


def jpeg(image: Image, quality: float) -> Image:
    """Save as JPEG of a quality 1 to 100, and read again."""
    return save_as_jpeg(image, round(quality))


def double_jpeg(image: Image, quality: float) -> Image:
    """Save as JPEG of a quality 1 to 100, then of ``LAST_QUALITY``: the last table in the file tells nothing then."""
    return jpeg(jpeg(image, quality), LAST_QUALITY)


def webp(image: Image, quality: float) -> Image:
    """Save as lossy WebP of a quality 1 to 100, and read again."""
    return save_as_webp(image, round(quality))


def downscale(image: Image, factor: float) -> Image:
    """Shrink both sides by a factor below 1 with area averages, and enlarge back bilinearly."""
    height, width = image.shape[:2]
    smaller = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrunk = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def blur(image: Image, sigma: float) -> Image:
    """Blur with a Gaussian of a standard deviation in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)


def noise(image: Image, sigma: float, generator: np.random.Generator) -> Image:
    """Add Gaussian noise of a standard deviation in grey levels, independent in every pixel and channel."""
    return to_uint8(image + sigma * generator.standard_normal(image.shape, dtype=np.float32))


def brightness(image: Image, factor: float) -> Image:
    """Multiply all values."""
    return to_uint8(image * np.float32(factor))


CORRUPTIONS = {
    "jpeg": Family(lambda image, level, _: jpeg(image, level), "quality", (95, 90, 75, 50, 30)),
    "double_jpeg": Family(lambda image, level, _: double_jpeg(image, level), "first quality", (90, 75, 50)),
    "webp": Family(lambda image, level, _: webp(image, level), "quality", (90, 75, 50)),
    "downscale": Family(lambda image, level, _: downscale(image, level), "factor", (0.75, 0.5, 0.25)),
    "blur": Family(lambda image, level, _: blur(image, level), "sigma in pixels", (0.5, 1, 2)),
    "noise": Family(noise, "sigma in grey levels", (2, 5, 10)),
    # From dark to bright.
    "brightness": Family(lambda image, level, _: brightness(image, level), "factor", (0.6, 0.8, 1.2, 1.4)),
}


def all_corruptions() -> list[Corruption]:
    """Return every corruption at each of its levels."""
    return [Corruption(name, level) for name, family in CORRUPTIONS.items() for level in family.levels]

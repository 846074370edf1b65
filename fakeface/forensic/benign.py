"""Changes of a whole picture that make no fake: what cameras, filters and honest users do.

They are applied to real faces and to fakes alike and leave the label alone, for the commonest complaint about
detectors is an honest retouched photograph that is called fake.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import to_uint8

Pixels = NDArray[np.uint8]
_LUMINANCE = np.array([[0.299], [0.587], [0.114]], dtype=np.float32)


def benign_changes(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Apply none to three changes, each to the whole picture.

    Args:
        image: RGB, ``(H, W, 3)``; it is not written to.
        generator: Where all choices come from.
    """
    count = generator.choice(4, p=[0.35, 0.35, 0.2, 0.1])
    if count == 0:
        return image
    pixels = image.astype(np.float32)
    for number in generator.choice(len(_CHANGES), count, replace=False, p=_CHANCES):
        pixels = np.clip(_CHANGES[number](pixels, generator), 0, 255)
    return to_uint8(pixels)


def _exposure(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    return image * np.float32(generator.uniform(0.7, 1.35)) + np.float32(generator.uniform(-12, 12))


def _gamma(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    levels = np.arange(256, dtype=np.float32) / 255
    curve = levels ** np.float32(np.exp(generator.normal(0, 0.25))) * 255
    return np.asarray(curve[to_uint8(image)], dtype=np.float32)


def _temperature(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    return image * generator.uniform(0.85, 1.15, 3).astype(np.float32)


def _saturation(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    grey = image @ _LUMINANCE
    return np.asarray(grey + (image - grey) * np.float32(generator.uniform(0.4, 1.6)), dtype=np.float32)


def _black_and_white(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    grey = image @ _LUMINANCE
    tint = np.array([1.0, 0.93, 0.8], dtype=np.float32) if generator.random() < 0.3 else np.float32(1)
    return np.asarray(np.repeat(grey, 3, axis=2) * tint, dtype=np.float32)


def _sharpening(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.7, 2.0))
    return np.asarray(image + (image - blurred) * np.float32(generator.uniform(0.3, 1.5)), dtype=np.float32)


def _smoothing(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Smooth skin as cameras do: flat parts of the whole picture, edges stay."""
    smooth = cv2.bilateralFilter(image, 5, float(generator.uniform(12, 40)), float(generator.uniform(2, 5)))
    return np.asarray(image + (smooth - image) * np.float32(generator.uniform(0.4, 1.0)), dtype=np.float32)


def _blur(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), generator.uniform(0.4, 1.4)), dtype=np.float32)


def _noise(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    deviation = np.float32(generator.uniform(1, 8))
    return image + deviation * generator.standard_normal(image.shape, dtype=np.float32)


def _vignette(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[np.newaxis, :, np.newaxis]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, np.newaxis, np.newaxis]
    light = 1 - np.float32(generator.uniform(0.1, 0.4)) * (x * x + y * y) / 2
    return np.asarray(image * light, dtype=np.float32)


def _text(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    drawn = to_uint8(image)
    words = "".join(chr(code) for code in generator.integers(65, 91, int(generator.integers(4, 14))))
    place = (int(generator.integers(0, max(1, width // 2))), int(generator.integers(height // 8, height)))
    colour = tuple(float(level) for level in generator.choice([0, 255], 3))
    cv2.putText(drawn, words, place, cv2.FONT_HERSHEY_SIMPLEX, width / generator.uniform(250, 700), colour, 2)
    return drawn.astype(np.float32)


def _border(image: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    drawn = image.copy()
    height, width = image.shape[:2]
    cv2.rectangle(drawn, (0, 0), (width - 1, height - 1), (255.0,) * 3, max(2, int(width * generator.uniform(0, 0.06))))
    return drawn


_CHANGES: list[Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]]]
_CHANGES = [_exposure, _gamma, _temperature, _saturation, _black_and_white, _sharpening, _smoothing]
_CHANGES += [_blur, _noise, _vignette, _text, _border]
_CHANCES = np.array([3, 2, 2, 2, 1, 2, 2, 2, 2, 1, 0.5, 0.5]) / 20

"""Random JPEG histories, drawn for real and fake photographs by the same law.

In CIPLAB every real photograph has the same quantisation table, and a quarter of the fakes another one. A history makes
the last compression independent of the class. What an earlier one left in the pixels stays, if fainter.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.pictures import SUBSAMPLINGS, save_as_jpeg


def random_history(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Save a photograph ``(H, W, 3)`` as JPEG once or twice, sometimes scaled and back before the last time."""
    if generator.random() < 0.3:
        image = save_as_jpeg(image, int(generator.integers(70, 99)), generator.choice(SUBSAMPLINGS))
    if generator.random() < 0.15:
        image = _resized_and_back(image, generator.uniform(0.7, 1.1))
    return save_as_jpeg(image, int(generator.integers(55, 97)), generator.choice(SUBSAMPLINGS))


def _resized_and_back(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(resized, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)

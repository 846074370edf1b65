"""What is left of a photograph without what it shows: its noise, and its error levels at several qualities."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.pictures import shrink

QUALITIES = (50, 60, 70, 75, 80, 85, 90, 95)
"""Of the error levels that are drawn, the highest last."""

GAIN = 15.0
"""Factor that makes differences of a few grey levels visible."""


def noise_residual(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how far each pixel of ``(H, W, 3)`` is from the median of the nine around it, ``GAIN`` times."""
    difference = cv2.absdiff(image, cv2.medianBlur(image, 3))
    return np.asarray(cv2.convertScaleAbs(difference, alpha=GAIN), dtype=np.uint8)


def error_levels(image: NDArray[np.uint8]) -> dict[int, NDArray[np.uint8]]:
    """Return the error levels of ``(H, W, 3)`` by quality, ``GAIN`` times, then made as small as a page needs them."""
    return {quality: shrink(error_level_analysis(image, ElaParameters(quality, GAIN, 0.0))) for quality in QUALITIES}

"""How blurred a face is, without another picture of it to compare with.

What is sharp loses edges when it is blurred once more, and what is blurred keeps them (Crété-Roffet, Dolmiere, Ladret,
Nicolas: The blur effect, 2007, https://hal.science/hal-00232709).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_BLUR = 0.84
"""Above it the release knows little more: docs/results.md has what was measured."""

MEASURED_AT = 256
"""Height and width in pixels of the aligned face that it was measured of."""

_SIDE, _WINDOW = 128, 7
"""Of the face and of the blur, in pixels. At 256 pixels JPEG's blocks are edges, so that a blurred face seems sharp."""


def blur_of(face: NDArray[np.uint8]) -> float:
    """Return how blurred an aligned face ``(H, W, 3)`` is, from 0 (sharp) to 1, along the worse of its axes."""
    small = cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return max(_kept(grey), _kept(np.ascontiguousarray(grey.T)))


def _kept(grey: NDArray[np.uint8]) -> float:
    """Return the share of the differences between columns that a blur along the rows leaves."""
    levels = grey.astype(np.float32)
    edges, blurred = (
        np.abs(cv2.Sobel(one, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT))[2:-1, 2:-1]
        for one in (levels, cv2.blur(levels, (_WINDOW, 1), borderType=cv2.BORDER_REFLECT))
    )
    total = float(edges.sum())
    return 1 - float(np.maximum(edges - blurred, 0).sum()) / total if total else 1.0

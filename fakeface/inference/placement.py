"""Where a view lies in its photograph."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.views.face import alignment, crop_matrix, face_points
from fakeface.views.view import FACE


def place(map_of_view: NDArray[np.float32], view: str, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Lay a map of a view over its photograph; places that the view does not show get 0.

    Args:
        map_of_view: ``(size, size)``.
        view: Name of the view; all but the aligned face show the whole photograph.
        image: The photograph, ``(H, W, 3)``.

    Returns:
        The map as ``(H, W)``.
    """
    height, width = image.shape[:2]
    if view != FACE:
        return np.asarray(cv2.resize(map_of_view, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    to_view = crop_matrix(len(map_of_view)) @ np.vstack([alignment(face_points(image)), [0, 0, 1]])
    placed = cv2.warpAffine(map_of_view, to_view, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(placed, np.float32)

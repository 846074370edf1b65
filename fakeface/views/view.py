"""The views of a photograph that a network can be given: original pixels, their error levels, the aligned face."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.face import face_view

ORIGINAL, ELA, FACE = "original", "ela", "face"


@dataclass(frozen=True, slots=True)
class ViewParameters:
    """How views are computed.

    Attributes:
        size: Height and width of every view in pixels.
        ela: Parameters of the error level analysis, which runs before the resize.

    Raises:
        UserError: When the size is not positive.
    """

    size: int = 128
    ela: ElaParameters = field(default_factory=ElaParameters)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"the image size is {self.size}: choose a positive number of pixels")


# A new view is one function here: the full-size photograph in, an image out, which is resized where it has to be.
VIEWS: dict[str, Callable[[NDArray[np.uint8], ViewParameters], NDArray[np.uint8]]] = {
    ORIGINAL: lambda image, parameters: image,
    ELA: lambda image, parameters: error_level_analysis(image, parameters.ela),
    FACE: lambda image, parameters: face_view(image, parameters.size),
}


def compute_views(
    image: NDArray[np.uint8], views: Sequence[str], parameters: ViewParameters
) -> dict[str, NDArray[np.uint8]]:
    """Compute views from the photograph at full size, each ``(size, size, 3)``.

    Args:
        image: Decoded photograph, RGB, ``(H, W, 3)``.
        views: Names from ``VIEWS``.
        parameters: Size and ELA parameters.
    """
    return {view: resize(VIEWS[view](image, parameters), parameters.size) for view in views}


def resize(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize an image ``(H, W, 3)`` to ``(size, size, 3)``: area averages when it shrinks, bilinear when it grows."""
    if image.shape[:2] == (size, size):
        return image
    shrinks = min(image.shape[:2]) > size
    resized = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)

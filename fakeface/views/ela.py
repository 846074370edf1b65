"""Error Level Analysis (ELA): how much each pixel changes when the photograph is saved as JPEG once more."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError
from fakeface.views.base import View
from fakeface.views.pictures import save_as_jpeg


@dataclass(frozen=True)
class ElaParameters:
    """How the error levels are computed and made visible; the defaults are those of section 3.5 of the report.

    Attributes:
        quality: JPEG quality of the recompression, 1 to 100.
        alpha: Factor on the absolute difference (contrast).
        beta: Offset after the factor (brightness).

    Raises:
        UserError: When the quality is out of range.
    """

    quality: int = 90
    alpha: float = 80.0
    beta: float = -30.0

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UserError(f"the ELA quality is {self.quality}: choose a JPEG quality from 1 to 100")


def error_level_analysis(image: NDArray[np.uint8], parameters: ElaParameters | None = None) -> NDArray[np.uint8]:
    """Return the error levels of a decoded photograph.

    Run it on the full-size pixels: a resize before it would replace the compression history by the resampling's.
    With the report's factor 80 a difference of 4 grey levels or more saturates at 255.

    Args:
        image: RGB, ``(H, W, 3)``.
        parameters: Recompression and contrast; the report's by default.

    Returns:
        ``|alpha · |image − recompressed| + beta|``, rounded and saturated to 0..255, ``(H, W, 3)``.
    """
    parameters = parameters or ElaParameters()
    difference = cv2.absdiff(image, save_as_jpeg(image, parameters.quality))
    return np.asarray(cv2.convertScaleAbs(difference, alpha=parameters.alpha, beta=parameters.beta), dtype=np.uint8)


@dataclass(frozen=True)
class ErrorLevels(View):
    """The error levels of the whole photograph.

    Attributes:
        ela: How they are computed; before the resize.
    """

    title = "the error levels"
    ela: ElaParameters

    def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the error levels at full size."""
        return error_level_analysis(image, self.ela)

"""Reading photographs: from a file to RGB pixels, or a reason why not."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError


class ImageError(UserError):
    """A file that cannot be read as a photograph.

    Attributes:
        path: The file.
        reason: What is wrong with it, in a few words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}: replace the image or remove it from the data set")
        self.path = path
        self.reason = reason


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode a photograph to RGB, ``(H, W, 3)``.

    Raises:
        ImageError: When the file cannot be decoded.
    """
    data = np.fromfile(path, dtype=np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise ImageError(path, "not a readable image")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

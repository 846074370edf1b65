"""How a photograph is turned: by the EXIF orientation, 1 to 8.

https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.6.4
"""

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image


def read_orientation(image: Image.Image) -> int:
    """Return the orientation, 1 where there is none or it is broken."""
    try:
        orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow answers hostile data with almost any exception
        return 1
    return orientation if orientation in range(1, 9) else 1


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn pixels ``(H, W, 3)`` so that they are upright."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)

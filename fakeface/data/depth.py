"""From a file that Pillow has opened to 8 bits of RGB, whatever its depth and colours, or a reason why not.

Of 16 bits of colour Pillow gives the upper eight, and nothing of floating point ones. Where that is not enough, OpenCV
decodes the file.
"""

from typing import IO, Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from fakeface.data.orientation import read_orientation, turn_upright

DEPTHS = (8, 12, 16)
"""Bits that are used of 16: scanners and X-ray plates write 12, of which the upper eight of 16 would be black."""

_NEW_SUBFILE_TYPE, _WHITE_IS_ZERO, _RGB, _SEPARATE_PLANES = 254, 0, 2, 2

_FLOATS = "floats"
# Pillow opens the kinds of TIFF in this table; of floating point colours it can read all but the pixels.
for _order in (b"II", b"MM"):
    TiffImagePlugin.OPEN_INFO[_order, _RGB, (3,), 1, (32, 32, 32), ()] = ("RGB", _FLOATS)


class UnreadDepthError(ValueError):
    """A whole file whose depth or colours are not read; the message says why."""


def load_rgb(image: ImageFile.ImageFile) -> NDArray[np.uint8]:
    """Return the pixels as RGB, ``(H, W, 3)``, turned as the EXIF orientation says.

    Grey is repeated for the three channels, palettes are expanded, CMYK, YCbCr and other 8-bit modes are converted
    without their colour profile. Of 16 bits the upper eight are kept, or where no level of grey or of any colour is
    above 255 or 4095, the upper eight of 8 or 12. Floating point counts from 0 to 1, or where a level is above 1, from
    0 to 255. Transparency is laid on white, unless all is transparent.

    Raises:
        UnreadDepthError: When the levels or colours could mean several things.
    """
    if isinstance(image, TiffImageFile):
        _check_tags(image)
    file, tiles = cast(IO[bytes], image.fp), str(image.tile)
    if _FLOATS in tiles:
        return _from_floats(_decode_with_opencv(file))
    image.load()
    deep_colours = image.format in ("PNG", "TIFF") and ";16" in tiles and not image.mode.startswith("I")
    if deep_colours and np.asarray(image.convert("RGB")).max() < 1 << DEPTHS[1] - DEPTHS[0]:
        if image.mode != "RGB" or image.has_transparency_data:
            told = "almost black: its colours use less than 16 bits of 16, which is read"
            raise UnreadDepthError(f"{told} without transparency and black ink only: save it with 8")
        return _from_integers(_decode_with_opencv(file))
    return turn_upright(_eight_bits(image), read_orientation(image))


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        return _three_channels(_from_integers(np.asarray(image, dtype=np.int64), _white_is_zero(image)))
    if image.mode == "F":
        return _three_channels(_from_floats(np.asarray(image)))
    if image.mode in ("LAB", "HSV"):
        raise UnreadDepthError(f"its colours are {image.mode}, which are not read: save it as RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        # Some programs leave the fourth byte of a pixel empty; nobody saves a photograph that cannot be seen.
        if image.getchannel("A").getextrema() != (0, 0):
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _check_tags(image: TiffImageFile) -> None:
    """Refuse what Pillow or OpenCV would read as something else."""
    tags = image.tag_v2
    if tags.get(_NEW_SUBFILE_TYPE) == 1:
        raise UnreadDepthError("its first page is a preview, as in a camera's raw file: save it as JPEG or PNG")
    bits = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    if tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == _SEPARATE_PLANES and bits > DEPTHS[0]:
        raise UnreadDepthError(f"its colours lie in separate planes of {bits} bits, which are not read: save it as PNG")


def _decode_with_opencv(file: IO[bytes]) -> NDArray[Any]:
    """Return the colours of a file as they are stored, ``(H, W, 3)``, but turned upright."""
    file.seek(0)
    told = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it would print what is wrong with it
    try:
        pixels = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    finally:
        cv2.utils.logging.setLogLevel(told)
    if pixels is None:
        raise UnreadDepthError("damaged (its pixels end too early)")
    return np.asarray(pixels[..., ::-1])


def _white_is_zero(image: Image.Image) -> bool:
    if not isinstance(image, TiffImageFile):
        return False
    return bool(image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO)


def _from_integers(levels: NDArray[Any], white_is_zero: bool = False) -> NDArray[np.uint8]:
    low, high = int(levels.min()), int(levels.max())
    used = next((depth for depth in DEPTHS if high < 1 << depth), None)
    if low < 0 or used is None:
        raise UnreadDepthError(f"32 bits per channel, with levels from {low} to {high}: save it with 8 or 16")
    grey = levels >> used - DEPTHS[0]
    return (255 - grey if white_is_zero else grey).astype(np.uint8)


def _from_floats(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(levels.min()), float(levels.max())  # NaN where one level is
    if not 0 <= low <= high <= 255:
        raise UnreadDepthError(
            f"floating point from {low:g} to {high:g}, where 0 to 1 or 0 to 255 is read: save as PNG"
        )
    scaled = levels * np.float32(255 if high <= 1 else 1)
    np.rint(scaled, out=scaled)
    return scaled.astype(np.uint8)


def _three_channels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[..., np.newaxis], 3, axis=2)

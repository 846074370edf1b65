"""From a file that Pillow has opened to 8 bits of RGB, whatever its depth and colours, or a reason why not."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

DEPTHS = (8, 12, 16)
"""Bits that are used of 16: scanners and X-ray plates write 12, of which the upper eight of 16 would be black."""

_NEW_SUBFILE_TYPE, _WHITE_IS_ZERO, _SEPARATE_PLANES = 254, 0, 2


class UnreadDepthError(ValueError):
    """A whole file whose depth or colours are not read; the message says why."""


def load_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels as RGB, ``(H, W, 3)``.

    Grey is repeated for the three channels, palettes are expanded, CMYK, YCbCr and other 8-bit modes are converted
    without their colour profile. Of 16 bits the upper eight are kept; where grey uses 8 or 12 of the 16, those.
    Floating point counts from 0 to 1, or from 0 to 255. Transparency is laid on white, unless all is transparent.

    Raises:
        UnreadDepthError: When the levels or colours could mean several things.
    """
    if isinstance(image, TiffImageFile):
        _check_tags(image)
    deep = image.format in ("PNG", "TIFF") and ";16" in str(getattr(image, "tile", ""))
    image.load()
    if image.mode.startswith("I"):
        return _three_channels(_from_integers(np.asarray(image, dtype=np.int64), _white_is_zero(image)))
    if image.mode == "F":
        return _three_channels(_from_floats(np.asarray(image)))
    if image.mode in ("LAB", "HSV"):
        raise UnreadDepthError(f"its colours are {image.mode}, which are not read: save it as RGB")
    if deep and np.asarray(image.convert("RGB")).max() < 1 << DEPTHS[1] - DEPTHS[0]:
        raise UnreadDepthError("almost black: its colours use less than 16 bits of 16, save it with 8")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        # Some programs leave the fourth byte of a pixel empty; nobody saves a photograph that cannot be seen.
        if image.getchannel("A").getextrema() != (0, 0):
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _check_tags(image: TiffImageFile) -> None:
    """Refuse what Pillow would read as something else."""
    tags = image.tag_v2
    if tags.get(_NEW_SUBFILE_TYPE) == 1:
        raise UnreadDepthError("its first page is a preview, as in a camera's raw file: save it as JPEG or PNG")
    planes = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == _SEPARATE_PLANES
    if planes and max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > DEPTHS[0]:
        raise UnreadDepthError("its colours lie in separate planes of 16 bits, which are not read: save it as PNG")


def _white_is_zero(image: Image.Image) -> bool:
    if not isinstance(image, TiffImageFile):
        return False
    return bool(image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO)


def _from_integers(levels: NDArray[np.int64], white_is_zero: bool) -> NDArray[np.uint8]:
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
    return np.rint(levels * (255 if high <= 1 else 1)).astype(np.uint8)


def _three_channels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[..., np.newaxis], 3, axis=2)

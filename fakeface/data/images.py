"""Reading photographs: from a file to RGB pixels, or a reason why not.

Pillow reads every format. OpenCV decodes a JPEG to the same pixels in 7 % less time, but prints libjpeg's warnings on
stderr, where no caller can stop them, and follows rules of its own for alpha, 16 bits and CMYK.
"""

import os
import stat
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from fakeface.errors import UserError

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "GIF")
"""What is read. Pillow knows more, some of which start other programs (Ghostscript) or have no pixels of their own."""

MAX_PIXELS = 100_000_000
"""Larger images are refused from their header: they are mistakes, or bombs of a few kilobytes that fill the memory."""

# Both stand for rules of this module: the size limit, and that a photograph with broken EXIF data is still one.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class ImageError(UserError):
    """A file that cannot be read as a photograph.

    Attributes:
        path: The file.
        reason: What is wrong with it, in a few words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{printable(path)}: {reason}: replace the image or remove it from the data set")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type["ImageError"], tuple[Path, str]]:
        return type(self), (self.path, self.reason)


def to_uint8(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round grey levels and saturate them; a cast alone would darken them by half a level."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def printable(path: Path) -> str:
    """Return a path as text that can be written anywhere, also when its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a photograph from a file; see ``decode_image`` for the rules.

    Raises:
        ImageError: When there is no such file, it may not be read, is not a regular file (a folder, a pipe, a device),
            or cannot be decoded.
    """
    try:
        mode = path.stat().st_mode
        # Asked before opening, because opening a pipe waits for a writer.
        if not stat.S_ISREG(mode):
            raise ImageError(path, "a folder, not a file" if stat.S_ISDIR(mode) else "not a regular file")
        # The buffer holds most photographs: Pillow reads in steps that would cost 10 % on the default one.
        with path.open("rb", buffering=1 << 20) as file:
            return _decode(file, path)
    except (OSError, ValueError) as error:
        raise ImageError(path, (getattr(error, "strerror", None) or str(error)).lower()) from error


def decode_image(data: bytes, source: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Decode a photograph to RGB, ``(H, W, 3)``.

    The content decides the format (one of ``FORMATS``), not the name. The image is turned as its EXIF orientation says;
    broken EXIF data is ignored. Transparency is laid on white. Grey is repeated for the three channels, palettes are
    expanded, CMYK, YCbCr and other 8-bit modes are converted without their colour profile. Of 16 bits the upper eight
    are kept, of 12 bits in 16 the upper eight of the twelve. Of several frames or pages the first counts. Any size from
    1×1 to ``MAX_PIXELS`` is an image.

    A file that ends too early is refused. Damage inside a JPEG's compressed data that the decoder can step over is not:
    Pillow reads such files in silence, as every viewer does.

    Args:
        data: The content of the file.
        source: The file's name, for errors.
        max_pixels: Larger images are refused from their header.

    Raises:
        ImageError: When the data is empty, no image, truncated, damaged, too large, or has 32 bits per channel.
    """
    return _decode(BytesIO(data), source, max_pixels)


def _decode(file: BinaryIO, source: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    # Pillow's readers answer hostile data with almost any exception, struct.error and MemoryError among them.
    try:
        image: Image.Image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        empty = file.seek(0, os.SEEK_END) == 0
        raise ImageError(source, "empty" if empty else f"not a readable image ({', '.join(FORMATS)})") from error
    except Image.DecompressionBombError as error:
        raise ImageError(source, _too_large(max_pixels)) from error
    except Exception as error:
        raise ImageError(source, _reason(error)) from error
    if image.width * image.height > max_pixels:
        raise ImageError(source, _too_large(max_pixels))
    try:
        image.load()
        return _upright(_rgb(image), _orientation(image))
    except Exception as error:
        raise ImageError(source, _reason(error)) from error


def _too_large(max_pixels: int) -> str:
    return f"larger than {max_pixels / 1e6:g} megapixels"


def _reason(error: Exception) -> str:
    return "truncated" if "truncated" in str(error).lower() else f"damaged ({error})"


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I;16"):
        levels = np.asarray(image)
        # Scanners and X-ray plates write 12 bits into 16, which would be almost black.
        grey = (levels >> (8 if levels.max() >= 1 << 12 else 4)).astype(np.uint8)
        return np.repeat(grey[..., np.newaxis], 3, axis=2)
    if image.mode in ("I", "F"):
        raise ValueError("32 bits per channel")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn pixels by the EXIF orientation: 1 to 8, https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf, 4.6.4."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)

"""Reading photographs: from a file to RGB pixels, or a reason why not.

Pillow reads every format. OpenCV decodes a JPEG to the same pixels in 7 % less time, but prints libjpeg's warnings on
stderr, where no caller can stop them, and follows rules of its own for alpha, 16 bits and CMYK.
"""

import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from fakeface.data.depth import UnreadDepthError, load_rgb
from fakeface.data.file_kinds import HEAD, HEIC_MEND, is_heic, why_not_read
from fakeface.errors import UserError

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "GIF")
"""What is read, and HEIC with the extra of that name. Pillow knows more, some of which start other programs
(Ghostscript) or have no pixels of their own."""

MAX_PIXELS = 100_000_000
"""Larger images are refused from their header: they are mistakes, or bombs of a few kilobytes that fill the memory."""

LEAST_SIDE = 64
"""Photographs shorter on either side are refused from their header: a verdict on them would rest on nothing."""

MOST_ASPECT = 20
"""So many times as long as wide is the most; scaled to a square, a longer picture would show nothing."""

ImageInput = Path | str | NDArray[np.uint8]
"""A photograph as a file or as pixels ``(H, W, 3)``."""

# Both stand for rules of this module: the size limit, and that a photograph with broken EXIF data is still one.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_OF_SEVERAL_FRAMES = ("GIF", "WEBP", "TIFF", "AVIF")
"""A PNG's other frames are for those who can show them, and a JPEG's are copies: maps of brightness, previews."""


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


def to_uint8(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Round grey levels and saturate them; a cast alone would darken them by half a level."""
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def printable(path: Path) -> str:
    """Return a path as text that can be written anywhere, also when its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@contextmanager
def no_opencv_error(path: Path) -> Iterator[None]:
    """Let an error of OpenCV be one of the photograph that is worked on, for it must not end the work on others.

    Raises:
        ImageError: In its place.
    """
    try:
        yield
    except cv2.error as error:
        raise ImageError(path, f"OpenCV cannot work on it ({' '.join(str(error.err).split())})") from error


def read_image(path: Path, least_side: int = LEAST_SIDE) -> NDArray[np.uint8]:
    """Read a photograph from a file; see ``decode_image`` for the rules.

    Raises:
        ImageError: When there is no such file, it may not be read, is not a regular file (a folder, a pipe, a device),
            or cannot be decoded.
    """
    try:
        mode = path.stat().st_mode
        # Asked before opening, because opening a pipe waits for a writer.
        if not stat.S_ISREG(mode):
            raise ImageError(path, _why_no_file(path) if stat.S_ISDIR(mode) else "not a regular file")
        # The buffer holds most photographs: Pillow reads in steps that would cost 10 % on the default one.
        with path.open("rb", buffering=1 << 20) as file:
            return _decode(file, path, MAX_PIXELS, least_side)
    except (OSError, ValueError) as error:
        raise ImageError(path, (getattr(error, "strerror", None) or str(error)).lower()) from error


def read_pixels(image: ImageInput) -> NDArray[np.uint8]:
    """Return the pixels of a photograph that is given as a file or as pixels, ``(H, W, 3)``.

    Raises:
        ImageError: When the file cannot be read, or the photograph is too large, too small or too long to be judged.
        UserError: When pixels have another shape or type.
    """
    if not isinstance(image, np.ndarray):
        return read_image(Path(image))
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UserError(f"pixels of type {image.dtype} and shape {image.shape}: pass RGB as uint8 (height, width, 3)")
    check_size(image.shape[1], image.shape[0], Path("the pixels"))
    return np.ascontiguousarray(image)


def decode_image(
    data: bytes, source: Path, max_pixels: int = MAX_PIXELS, least_side: int = LEAST_SIDE
) -> NDArray[np.uint8]:
    """Decode a photograph to RGB, ``(H, W, 3)``.

    The content decides the format (one of ``FORMATS``), not the name. The image is turned as its EXIF orientation says;
    broken EXIF data is ignored. Transparency is laid on white, unless all is transparent. Of several frames or pages
    the first counts. Depth and colours are brought to 8 bits of RGB as ``fakeface.data.depth`` says.

    A file that ends too early is refused. Damage inside a JPEG's compressed data that the decoder can step over is not:
    Pillow reads such files in silence, as every viewer does.

    Args:
        data: The content of the file.
        source: The file's name, for errors.
        max_pixels: Larger images are refused from their header.
        least_side: So are those with a shorter side.

    Raises:
        ImageError: When the data is empty, no image, truncated, damaged, too large, too small or too long, or its depth
            or colours are not read.
    """
    return _decode(BytesIO(data), source, max_pixels, least_side)


def check_size(
    width: int, height: int, source: Path, max_pixels: int = MAX_PIXELS, least_side: int = LEAST_SIDE
) -> None:
    """Check that a photograph of this size, in pixels, can be judged.

    Raises:
        ImageError: When it is too large, too small or too long.
    """
    shorter, longer = sorted((width, height))
    if shorter * longer > max_pixels:
        raise ImageError(source, _too_large(max_pixels))
    if shorter < least_side:
        reason = f"too small to judge ({width}×{height} pixels, and {least_side} on each side are the least)"
        raise ImageError(source, reason)
    if longer > MOST_ASPECT * shorter:
        reason = f"too long to judge ({width}×{height} pixels, and {MOST_ASPECT} times as long as wide is the most)"
        raise ImageError(source, reason)


def count_frames(path: Path) -> int:
    """Return how many frames or pages a file has, of which the first is read; 1 where it cannot be read at all."""
    try:
        with path.open("rb") as file, open_photograph(file) as image:
            return int(getattr(image, "n_frames", 1)) if image.format in _OF_SEVERAL_FRAMES else 1
    except Exception:  # what is wrong with it, those say that read it
        return 1


def open_photograph(file: BinaryIO) -> ImageFile.ImageFile:
    """Open a file in a format that is read, whose pixels are decoded later."""
    if is_heic(file.read(HEAD)):
        file.seek(0)
        import pillow_heif

        pillow_heif.register_heif_opener()
        return Image.open(file, formats=("HEIF",))
    file.seek(0)
    return Image.open(file, formats=FORMATS)


def _decode(file: BinaryIO, source: Path, max_pixels: int, least_side: int) -> NDArray[np.uint8]:
    # Pillow's readers answer hostile data with almost any exception, struct.error and MemoryError among them.
    try:
        image = open_photograph(file)
    except UnidentifiedImageError as error:
        empty = file.seek(0, os.SEEK_END) == 0
        raise ImageError(source, "empty" if empty else why_not_read(file, FORMATS)) from error
    except ImportError as error:
        raise ImageError(source, f"HEIC, which needs another package: {HEIC_MEND}") from error
    except Image.DecompressionBombError as error:
        raise ImageError(source, _too_large(max_pixels)) from error
    except Exception as error:
        raise ImageError(source, _reason(error)) from error
    check_size(*image.size, source, max_pixels, least_side)
    try:
        return load_rgb(image)
    except UnreadDepthError as error:
        raise ImageError(source, str(error)) from error
    except Exception as error:
        raise ImageError(source, _reason(error)) from error


def _why_no_file(folder: Path) -> str:
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        return f"a folder that cannot be searched ({(error.strerror or str(error)).lower()}): allow it, or leave it out"
    return "a folder, not a file"


def _too_large(max_pixels: int) -> str:
    return f"larger than {max_pixels / 1e6:g} megapixels"


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if "truncated" in text.lower():
        return "truncated"
    # Pillow and libtiff say so of files that are whole.
    unknown = re.search("(un|not )support|unknown|cannot handle", text, re.IGNORECASE)
    return f"of an unusual kind that is not read ({text}): save it as PNG" if unknown else f"damaged ({text})"

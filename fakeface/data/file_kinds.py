"""What a file is by its first bytes: HEIC, which needs a package of its own, and what is no photograph at all."""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import BinaryIO

from PIL.TiffImagePlugin import BITSPERSAMPLE, SAMPLEFORMAT, ImageFileDirectory_v2

HEAD = 64
"""So many bytes tell what a file is."""

HEIC_SUFFIXES = (".heic", ".heif")
HEIC_MEND = "pip install 'fakeface[heic]'"

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
_OTHERS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive, or an office document",
    b"8BPS": "a Photoshop document",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x1a\x45\xdf\xa3": "a video",
    b"RIFF": "a sound or a video, or was cut off",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<svg": "a drawing in SVG",
    b"<?xml": "XML, such as a drawing in SVG",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
_SAMPLES = {1: "bit integers", 2: "bit signed integers", 3: "bit floating point numbers"}


def is_heic(head: bytes) -> bool:
    """Say whether a file that begins so is HEIC, by the brands of its first box (ISO/IEC 23008-12, 10.2)."""
    return head[4:8] == b"ftyp" and any(
        head[start : start + 4] in _HEIC_BRANDS for start in range(8, min(int.from_bytes(head[:4]), len(head)), 4)
    )


@cache
def reads_heic() -> bool:
    """Say whether the package for HEIC is installed."""
    return find_spec("pillow_heif") is not None


def why_not_read(file: BinaryIO, formats: Sequence[str]) -> str:
    """Return why a file that no reader knows is not read."""
    file.seek(0)
    head = file.read(HEAD)
    read = f"not a readable image ({', '.join(formats)})"
    if is_heic(head) or (head[4:8] == b"ftyp" and b"avi" in head[8:]):
        return "damaged (no picture after its header)"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return _why_no_tiff(file) or read
    if head[4:8] == b"ftyp":
        return f"{read} but a video"
    begin = head.lstrip().lower()
    kind = next((name for start, name in _OTHERS.items() if head.startswith(start) or begin.startswith(start)), None)
    return f"{read} but {kind}" if kind else read


def _why_no_tiff(file: BinaryIO) -> str | None:
    file.seek(0, os.SEEK_SET)
    try:
        tags = ImageFileDirectory_v2(file.read(8))
        file.seek(tags.next)
        tags.load(file)
        bits, kind = tags[BITSPERSAMPLE], tags.get(SAMPLEFORMAT, (1,))[0]
        return (
            f"a TIFF of {len(bits)} × {bits[0]}-{_SAMPLES.get(kind, 'bit numbers of an unusual kind')}, which is not "
            f"read: save it with 8 or 16 bits"
        )
    except Exception:  # the tags themselves are damaged
        return None

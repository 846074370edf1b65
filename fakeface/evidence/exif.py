"""What EXIF says of a photograph: the camera, the program, times; and, only if asked for, the place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import ExifTags, Image

from fakeface.evidence.text import plain

_SHOWN = (
    "Make", "Model", "LensModel", "Software", "ProcessingSoftware", "HostComputer", "DateTime", "DateTimeOriginal",
    "DateTimeDigitized", "OffsetTimeOriginal", "ImageDescription", "UserComment", "ExifImageWidth", "ExifImageHeight",
    "Orientation",
)  # fmt: skip
"""What is shown. The rest is counted only: names of owners and serial numbers are nobody's business."""

_COMMENT_PREFIXES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16-be", b"\0" * 8: "utf-8"}


@dataclass(frozen=True, slots=True)
class Exif:
    """What the EXIF data of a file say.

    Attributes:
        fields: Values by the name of the field, in plain text.
        others: How many fields there are that are not shown.
        has_place: Whether there are coordinates.
        place: Latitude and longitude in degrees, north and east positive, only where asked for.
    """

    fields: dict[str, str] = field(default_factory=dict)
    others: int = 0
    has_place: bool = False
    place: tuple[float, float] | None = None


def read_exif(image: Image.Image, gps: bool) -> Exif:
    """Read the EXIF data of an opened file; broken ones have as many fields as can be read.

    Args:
        image: The file.
        gps: Whether to read the place too.
    """
    try:
        base = image.getexif()
        tags: dict[int, Any] = dict(base)
        tags |= base.get_ifd(ExifTags.IFD.Exif)
        place = base.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # Pillow answers hostile data with almost any exception
        return Exif()
    tags = {tag: value for tag, value in tags.items() if tag not in set(ExifTags.IFD)}
    found = {name: tags[ExifTags.Base[name]] for name in _SHOWN if ExifTags.Base[name] in tags}
    if "UserComment" in found:
        found["UserComment"] = _comment(found["UserComment"])
    return Exif(
        fields={name: plain(value) for name, value in found.items() if plain(value)},
        others=len(tags) - len(found),
        has_place=ExifTags.GPS.GPSLatitude in place,
        place=_place(place) if gps else None,
    )


def _comment(value: Any) -> Any:
    """Decode a comment, whose first eight bytes name its alphabet."""
    if isinstance(value, bytes) and value[:8] in _COMMENT_PREFIXES:
        return value[8:4096].decode(_COMMENT_PREFIXES[value[:8]], "replace")
    return value


def _place(tags: Mapping[int, Any]) -> tuple[float, float] | None:
    names = ((ExifTags.GPS.GPSLatitude, "S", 90), (ExifTags.GPS.GPSLongitude, "W", 180))
    try:
        found = []
        for tag, negative, most in names:
            degrees, minutes, seconds = (float(part) for part in tags[tag])
            value = degrees + minutes / 60 + seconds / 3600
            if not 0 <= value <= most:
                return None
            # The field before it says which half of the earth.
            found.append(-value if str(tags.get(tag - 1)).startswith(negative) else value)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return round(found[0], 6), round(found[1], 6)

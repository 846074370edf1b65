"""Everything that can be said of one photograph, put together: as plain values, and as the pictures beside them."""

import hashlib
import shlex
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface import __version__
from fakeface.data.images import decode_image, no_opencv_error, printable
from fakeface.errors import UserError
from fakeface.evidence.file_facts import FileFacts, read_file_facts
from fakeface.evidence.pixel_facts import PixelFacts, read_pixel_facts
from fakeface.evidence.stability import judge_variants
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer, most_suspicious, overlay
from fakeface.inference.looked import Looked
from fakeface.inference.network import UNCALIBRATED
from fakeface.inference.published import digest_of, read_published
from fakeface.inference.verdicts import Verdict
from fakeface.views.pictures import data_url, shrink
from fakeface.views.view import find_view

MOST_BYTES = 200_000_000
"""Larger files are refused: all of one is held in memory."""

_SURROUNDINGS = 0.35  # sides of a face that are shown around it
_COLOURS = {"fake": (214, 69, 0), "unsure": (160, 120, 0), "real": (36, 95, 184)}
_GREY = (120, 120, 120)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures as data URLs.

    Attributes:
        photograph: With the boxes of its faces.
        faces: A face as it is, by its number from 1; of a photograph that is judged as a whole, the photograph.
        heat_maps: By the number of the face, then by the title of the view.
        error_levels: By quality.
        noise: The noise residual.
        thumbnail: That of the file, and the photograph as small, where there is one.
        copies: The photograph with the parts that lie in it twice, where there are such.
    """

    photograph: str
    faces: dict[int, str]
    heat_maps: dict[int, dict[str, str]]
    error_levels: dict[int, str]
    noise: str
    thumbnail: tuple[str, str] | None = None
    copies: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What can be said of one photograph.

    Attributes:
        content: Plain values, for JSON.
        pictures: What is shown beside them.
    """

    content: dict[str, Any]
    pictures: Pictures = field(repr=False)


def read_photograph(path: Path) -> bytes:
    """Return the bytes of a photograph's file.

    Raises:
        UserError: When it is no regular file, cannot be read or is larger than ``MOST_BYTES``.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{printable(path)} is no file: name one photograph")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{printable(path)} cannot be read ({error.strerror}): name one photograph") from error
    if len(data) > MOST_BYTES:
        raise UserError(f"{printable(path)} is larger than {MOST_BYTES / 1e6:g} MB: name a smaller one")
    return data


def examine(
    data: bytes,
    name: Path,
    detector: Detector,
    explainer: Explainer | None,
    date: datetime,
    *,
    gps: bool = False,
    photograph: NDArray[np.uint8] | None = None,
) -> Examination:
    """Examine the bytes of a photograph's file; its name is shown, and nothing is read from there.

    Args:
        data: The file.
        name: Its name.
        detector: What judges.
        explainer: What draws heat maps, or None where the network cannot be asked for them.
        date: When it is examined.
        gps: Whether to say where the photograph was taken.
        photograph: Its pixels ``(H, W, 3)``, where they are decoded already.

    Raises:
        ImageError: When the file cannot be read as a photograph.
    """
    if photograph is None:
        photograph = decode_image(data, name)
    with no_opencv_error(name):
        facts = read_file_facts(data, photograph, gps)
        pixels = read_pixel_facts(photograph, facts.orientation, facts.jpeg_tables)
        verdict, looked = detector.examine(photograph)
        whole, by_face = judge_variants(detector, photograph, verdict)
        pictures = _pictures(photograph, verdict, looked, facts, pixels, explainer)
    height, width = photograph.shape[:2]
    content = {
        "caution": "A hint about pixels. It is no proof, and says nothing about a person.",
        "made": {
            "date": date.isoformat(timespec="seconds"),
            "command": _command(name, detector, gps),
            "fakeface": __version__,
        },
        "file": {
            "name": printable(name),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "width": width,
            "height": height,
        },
        "detector": _detector(detector),
        "verdict": {name: getattr(verdict, name) for name in ("verdict", "probability", "regions", "kind", "reason")},
        "stability": asdict(whole),
        "faces": None
        if verdict.faces is None
        else [
            {**asdict(face), "stability": asdict(stability)}
            for face, stability in zip(verdict.faces, by_face, strict=True)
        ],
        "file_says": _file_says(facts),
        "pixels_show": {
            "grid": asdict(pixels.grid),
            "rounding": {name: asdict(rounding) for name, rounding in pixels.rounding.items()},
            "copies": [asdict(copy) for copy in pixels.copies],
        },
    }
    return Examination(content, pictures)


def _command(name: Path, detector: Detector, gps: bool) -> str:
    """Return what makes the page; without folders, which may tell of a person, for the page is for others too."""
    words = ["inspect", printable(name), "--out", "FOLDER", "--ckpt_path", detector.name]
    return f"fakeface {shlex.join(words + ['--gps'] * gps)}"


def _detector(detector: Detector) -> dict[str, Any]:
    """Say which network judged, and what is known of how often it is wrong."""
    published, calibration = read_published(), detector.settings.calibration
    digest = digest_of(detector.network.file)
    is_release = digest == published.weights["sha256"]
    return {
        "weights": detector.network.file.name,
        "sha256": digest,
        "views": list(detector.settings.views),
        "release": is_release,
        "published": asdict(published) if is_release else None,
        "calibration": None if calibration == UNCALIBRATED else calibration.figures(),
    }


def _file_says(facts: FileFacts) -> dict[str, Any]:
    """Return plain values, of the thumbnail without its pixels."""
    small = facts.thumbnail
    said = None
    if small is not None:
        height, width = small.pixels.shape[:2]
        said = {"width": width, "height": height, "difference": round(small.difference, 1), "differs": small.differs}
    return asdict(replace(facts, thumbnail=None)) | {"thumbnail": said}


def _pictures(
    photograph: NDArray[np.uint8],
    verdict: Verdict,
    looked: Looked,
    facts: FileFacts,
    pixels: PixelFacts,
    explainer: Explainer | None,
) -> Pictures:
    faces, heat_maps = _faces(photograph, verdict, looked, explainer)
    thumbnail = None
    if facts.thumbnail is not None:
        shown = facts.thumbnail.pixels
        thumbnail = data_url(shown), data_url(shrink(photograph, max(shown.shape[:2])))
    return Pictures(
        photograph=data_url(_boxes(photograph, verdict)),
        faces=faces,
        heat_maps=heat_maps,
        error_levels={quality: data_url(level) for quality, level in pixels.error_levels.items()},
        noise=data_url(pixels.noise),
        thumbnail=thumbnail,
        copies=data_url(_copies(photograph, pixels)) if pixels.copies else None,
    )


def _faces(
    photograph: NDArray[np.uint8], verdict: Verdict, looked: Looked, explainer: Explainer | None
) -> tuple[dict[int, str], dict[int, dict[str, str]]]:
    """Return the pictures of the most suspicious faces, and their heat maps, by their numbers."""
    height, width = photograph.shape[:2]
    pictures: dict[int, str] = {}
    heat_maps: dict[int, dict[str, str]] = {}
    for place in sorted(most_suspicious(verdict, looked), key=lambda place: place or 0):
        box = (0, 0, width, height)
        if place is not None and verdict.faces is not None:
            box = _around(verdict.faces[place].box, height, width)
        number = (place or 0) + 1
        face = _cut(photograph, box)
        pictures[number] = data_url(face)
        if explainer is not None:
            maps = explainer.heat_maps(photograph, looked.views[place])
            heat_maps[number] = {
                find_view(view).title or view: data_url(overlay(face, _cut(heat, box))) for view, heat in maps.items()
            }
    return pictures, heat_maps


def _around(box: tuple[int, int, int, int], height: int, width: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    margin = round(_SURROUNDINGS * max(right - left, bottom - top))
    return max(left - margin, 0), max(top - margin, 0), min(right + margin, width), min(bottom + margin, height)


def _cut(image: NDArray[Any], box: tuple[int, int, int, int]) -> NDArray[Any]:
    left, top, right, bottom = box
    return np.ascontiguousarray(image[top:bottom, left:right])


def _boxes(photograph: NDArray[np.uint8], verdict: Verdict) -> NDArray[np.uint8]:
    """Draw the numbered boxes of the faces."""
    small = shrink(photograph)
    scale = max(small.shape[:2]) / max(photograph.shape[:2])
    drawn = small.copy()
    for number, face in enumerate(verdict.faces or (), 1):
        left, top, right, bottom = (round(value * scale) for value in face.box)
        colour = _COLOURS.get(face.verdict, _GREY)
        cv2.rectangle(drawn, (left, top), (right, bottom), colour, 2)
        size = cv2.getTextSize(str(number), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 2)[0]
        cv2.rectangle(drawn, (left, top), (left + size[0] + 8, top + size[1] + 8), colour, -1)
        place = (left + 4, top + size[1] + 4)
        cv2.putText(drawn, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2, cv2.LINE_AA)
    return drawn


def _copies(photograph: NDArray[np.uint8], pixels: PixelFacts) -> NDArray[np.uint8]:
    """Draw each pair of parts in a colour, with a line between them."""
    drawn = shrink(photograph).copy()
    scale = max(drawn.shape[:2]) / max(photograph.shape[:2])
    for number, copy in enumerate(pixels.copies):
        hue = np.array([[[number * 36, 255, 255]]], np.uint8)
        colour = tuple(cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0].tolist())
        middles = []
        for box in (copy.first, copy.second):
            left, top, right, bottom = (round(value * scale) for value in box)
            cv2.rectangle(drawn, (left, top), (right, bottom), colour, 2)
            middles.append(((left + right) // 2, (top + bottom) // 2))
        cv2.line(drawn, middles[0], middles[1], colour, 1, cv2.LINE_AA)
    return drawn

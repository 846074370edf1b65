"""The demo data set: drawn faces in CIPLAB's layout, some with regions spliced in from another drawn face.

Every file is saved last with the same JPEG settings, so headers say nothing; what tells a fake is the compression
history inside the picture, which error level analysis shows. Who was edited from whom is known and written down.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.images import to_uint8
from fakeface.data.manifest import write_manifest
from fakeface.data.records import FAKE, REAL, Record
from fakeface.demo.canvas import Pixels, Pose
from fakeface.demo.faces import Region, draw_face, sample_pose
from fakeface.errors import UserError
from fakeface.folders import make_folder, make_new_folder
from fakeface.views.pictures import encode_jpeg, save_as_jpeg

IMAGES = 500
SIZE = 256
MANIFEST = "manifest.csv"
MARK = "DRAWN.txt"
"""A file that tells people and reports that a folder holds no photographs."""

_FAKE_SHARE = 960 / 2041
_CYCLE = ("easy", "mid", "mid", "hard")
"""CIPLAB's proportions of the difficulties."""

_SOURCE_SHARES = (0.15, 0.1, 0.15, 0.6)
"""How often a fake shows its own real, the first real of its cycle, a source of its cycle's fakes, one of its own."""

_FEWEST_IMAGES = 9
"""With fewer, a difficulty would be missing."""

_SMALLEST_SIZE = 64
_FINAL_QUALITY = 95


@dataclass(frozen=True, slots=True)
class _Edit:
    """How fakes of one difficulty are made.

    Attributes:
        regions: The combinations of replaced regions to choose from.
        scale: Size of the pasted patch relative to the region.
        softness: Standard deviation of the blended edge relative to the patch.
        match: How far the donor's skin colour is matched, 0 to 1.
        noise: Standard deviation of the donor's sensor noise in grey levels.
        saving: JPEG quality that the edited copy of the source lacks: it pays for the bytes of the donor's noise, so
            that fakes are not the longer files.
    """

    regions: tuple[str, ...]
    scale: float
    softness: float
    match: float
    noise: float
    saving: int


_EDITS = {
    "easy": _Edit(("1111", "1110", "0011", "1100"), 1.0, 0.06, 0.3, 2.5, 3),
    "mid": _Edit(("1111", "1101", "1100", "0011", "0110"), 0.95, 0.12, 0.7, 2.2, 2),
    "hard": _Edit(("1100", "0011", "1001", "0010", "0001", "1000", "0100"), 0.9, 0.18, 1.0, 2.0, 1),
}


@dataclass(frozen=True, slots=True)
class _Shot:
    """What a camera sees: RGB ``(S, S, 3)`` with sensor noise, and the JPEG quality that it stores."""

    pixels: NDArray[np.uint8]
    quality: int
    regions: tuple[Region, ...]
    pose: Pose


def write_demo(out: Path, images: int = IMAGES, seed: int = 0, size: int = SIZE) -> Path:
    """Draw a data set in CIPLAB's layout, with its proportions of classes and difficulties.

    Image n of a class depends on the seed, the size and n alone, so a larger set contains a smaller one.

    Args:
        out: A new or empty folder.
        images: Number of images, real and fake together.
        seed: Decides every picture.
        size: Height and width in pixels.

    Returns:
        The manifest beside the images, whose column ``group`` holds the true source of every image.

    Raises:
        UserError: When the folder is not empty, the set too small, or the seed negative.
    """
    if images < _FEWEST_IMAGES:
        raise UserError(f"a demo set of {images} images lacks a class: ask for at least {_FEWEST_IMAGES}")
    if size < _SMALLEST_SIZE:
        raise UserError(f"faces of {size} pixels show nothing: ask for a size of at least {_SMALLEST_SIZE}")
    if seed < 0:
        raise UserError(f"the seed is {seed}: choose 0 or a positive number")
    make_new_folder(out)
    fakes = round(images * _FAKE_SHARE)
    (out / MARK).write_text("Faces drawn by `fakeface data demo`: no photographs, nobody is shown.\n", encoding="utf-8")
    records = []
    for name in ("training_real", "training_fake"):
        make_folder(out / name)
    drawn = _draw(out, images - fakes, fakes, seed, size)
    for record, pixels in tqdm(drawn, "drawing", images, unit="image", disable=None, leave=False):
        record.path.write_bytes(encode_jpeg(pixels, _FINAL_QUALITY))
        records.append(record)
    manifest = out / MANIFEST
    write_manifest(manifest, sorted(records, key=lambda record: (record.label, record.path)), root=out)
    return manifest


def are_drawn(paths: Iterable[str]) -> bool:
    """Tell whether pictures are demo faces: whether one lies in a folder that ``write_demo`` wrote."""
    return any((folder / MARK).is_file() for folder in {Path(path).parent.parent for path in paths})


def _draw(out: Path, reals: int, fakes: int, seed: int, size: int) -> Iterator[tuple[Record, NDArray[np.uint8]]]:
    """Draw real n and fake n in turn, so that a source that both show is drawn once."""
    for number in range(1, reals + 1):
        path = out / "training_real" / f"real_{number:05d}.jpg"
        shot = _source(seed, number, size)
        yield Record(path, REAL, regions="0000", group=f"source_{number}"), save_as_jpeg(shot.pixels, shot.quality)
        if number > fakes:
            continue
        rng = np.random.default_rng([seed, 1, number])
        turns, position = divmod(number - 1, len(_CYCLE))
        difficulty = _CYCLE[position]
        within = turns * _CYCLE.count(difficulty) + _CYCLE[: position + 1].count(difficulty)
        edit = _EDITS[difficulty]
        bits = str(rng.choice(edit.regions))
        # As in CIPLAB, a fake's source may be in the set as a real, under another fake, both, or neither.
        candidates = [number, number - position, position - number, -number]
        source = int(rng.choice(candidates, p=_SOURCE_SHARES))
        pixels = _splice(rng, _source(seed, source, size), bits, edit)
        group = f"source_{source}" if source > 0 else f"unseen_{-source}"
        path = out / "training_fake" / f"{difficulty}_{within}_{bits}.jpg"
        yield Record(path, FAKE, difficulty, bits, group=group), pixels


@lru_cache(maxsize=len(_CYCLE) + 1)
def _source(seed: int, number: int, size: int) -> _Shot:
    """The shot behind real ``number``; negative numbers are shots that no real shows."""
    rng = np.random.default_rng([seed, 2 if number > 0 else 3, abs(number)])
    return _shoot(rng, sample_pose(rng), size, noise=rng.uniform(1.5, 4), quality=int(rng.integers(64, 86)))


def _shoot(rng: np.random.Generator, pose: Pose, size: int, noise: float, quality: int) -> _Shot:
    face = draw_face(rng, pose, size)
    grain = rng.standard_normal((size, size, 3), dtype=np.float32)
    exposed = face.pixels * 255 + noise * (0.4 * grain + 0.9 * grain[..., :1])
    return _Shot(to_uint8(exposed), quality, face.regions, pose)


def _splice(rng: np.random.Generator, source: _Shot, bits: str, edit: _Edit) -> NDArray[np.uint8]:
    """Replace regions by those of another face in the same pose, which was compressed far less."""
    size = len(source.pixels)
    x, y = rng.uniform(-4, 4, 2) / size
    pose = replace(source.pose, x=source.pose.x + x, y=source.pose.y + y)
    donor = _shoot(rng, pose, size, noise=edit.noise * rng.uniform(0.9, 1.2), quality=97)
    donated = save_as_jpeg(donor.pixels, donor.quality)
    pixels = save_as_jpeg(source.pixels, source.quality - edit.saving).astype(np.float32)
    for bit, target, origin in zip(bits, source.regions, donor.regions, strict=True):
        if bit == "1":
            pixels = _paste(pixels, donated, target, origin, edit)
    return to_uint8(pixels)


def _paste(pixels: Pixels, donor: NDArray[np.uint8], target: Region, origin: Region, edit: _Edit) -> Pixels:
    """Blend the donor's region over the target's."""
    size = len(pixels)
    (x, y, width, height) = target
    across, down = round(x - origin[0]), round(y - origin[1])
    if across % 8 == 0 and down % 8 == 0:
        across += 3  # Off the 8 × 8 grid of the target's JPEG blocks.
    shift = np.array([[1, 0, across], [0, 1, down]], dtype=np.float32)
    moved = cv2.warpAffine(donor, shift, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    ellipse = np.zeros((size, size), dtype=np.float32)
    axes = (round(width * edit.scale), round(height * edit.scale))
    cv2.ellipse(ellipse, (round(x), round(y)), axes, 0, 0, 360, 1.0, cv2.FILLED)
    mask = cv2.GaussianBlur(ellipse, (0, 0), max(0.8, edit.softness * (width + height) / 2))[..., None]
    weight = mask * (1 - mask) + 1e-6
    gap = (weight * (pixels - moved)).sum(axis=(0, 1)) / weight.sum()
    return np.asarray(pixels + mask * (moved + edit.match * gap - pixels), dtype=np.float32)

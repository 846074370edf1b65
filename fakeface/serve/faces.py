"""The faces that the server shows: demo faces drawn when it starts, or the operator's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from fakeface.data.data_folder import scan_folder
from fakeface.data.images import decode_image
from fakeface.data.records import FAKE, REAL, REGIONS, Record
from fakeface.demo.data_set import write_demo
from fakeface.serve.messages import Side

MOST_PAIRS = 60

_DEMO_IMAGES = 24
_DEMO_SEED = 2041
"""Not that of ``fakeface data demo``, so that no network was trained on these faces."""


@dataclass(frozen=True)
class KnownFace:
    """A photograph in memory and the truth about it.

    Attributes:
        data: The content of the file.
        label: ``REAL`` or ``FAKE``.
        difficulty: Of a fake, or "".
        regions: Names of the edited regions.
    """

    data: bytes
    label: int
    difficulty: str
    regions: tuple[str, ...]


class FacePair(NamedTuple):
    """A real face and a fake one.

    Attributes:
        left: The face on the left.
        right: The other one.
    """

    left: KnownFace
    right: KnownFace

    @property
    def real(self) -> Side:
        """The side of the real face."""
        return "left" if self.left.label == REAL else "right"

    @property
    def fake(self) -> KnownFace:
        """The fake face."""
        return self.right if self.real == "left" else self.left


def draw_faces(images: int = _DEMO_IMAGES, size: int = 256) -> list[KnownFace]:
    """Draw demo faces; nothing of them stays on the disk."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "demo"
        write_demo(root, images, _DEMO_SEED, size)
        return [_load(record) for record in scan_folder(root)]


def make_pairs(faces: Sequence[KnownFace], seed: int = 0) -> list[FacePair]:
    """Pair each real face with a fake one, at random, as long as there are both."""
    rng = np.random.default_rng(seed)
    reals, fakes = ([face for face in faces if face.label == label] for label in (REAL, FAKE))
    rng.shuffle(reals)
    rng.shuffle(fakes)
    return [
        FacePair(real, fake) if rng.random() < 0.5 else FacePair(fake, real)
        for real, fake in zip(reals, fakes, strict=False)
    ]


def read_faces(folder: Path, seed: int = 0) -> list[KnownFace]:
    """Read at most ``MOST_PAIRS`` faces of each class from a folder in CIPLAB's layout, chosen at random.

    Raises:
        UserError: When the folder has another layout, or a photograph cannot be read.
    """
    rng = np.random.default_rng(seed)
    records = scan_folder(folder)
    faces = []
    for label in (REAL, FAKE):
        of_label = [record for record in records if record.label == label]
        chosen = rng.choice(len(of_label), size=min(MOST_PAIRS, len(of_label)), replace=False)
        faces += [_load(of_label[index]) for index in sorted(chosen)]
    return faces


def _load(record: Record) -> KnownFace:
    data = record.path.read_bytes()
    decode_image(data, record.path)
    regions = tuple(name for name, bit in zip(REGIONS, record.regions, strict=False) if bit == "1")
    return KnownFace(data, record.label, record.difficulty, regions)

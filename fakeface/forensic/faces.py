"""Training faces from which a network learns splices, and neither compression nor framing.

Of each photograph of the train split, aligned canvases are kept under several random JPEG histories, and beside them
pseudo-fakes made from its real photographs. They are computed once and lie in the cache in a folder of their own,
``forensic-DIGEST``: 0.44 MB a canvas, 3.7 GB for CIPLAB. Every sample is then a random crop of one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from fakeface.data.cache import ViewSource
from fakeface.data.dataset import FaceDataset, Sample, region_bits
from fakeface.data.images import read_image, to_uint8
from fakeface.data.jpeg_headers import have_common_table
from fakeface.data.records import FAKE, REAL, Record
from fakeface.data.slot_file import SlotFile, SlotWriter, photograph_key, settings_digest
from fakeface.errors import UserError
from fakeface.faces.alignment import CANVAS, EYE_DISTANCE, POINTS, align_face, alignment, transform_points
from fakeface.faces.finder import face_points
from fakeface.forensic.face_augment import augment_face
from fakeface.forensic.histories import random_history
from fakeface.forensic.pseudo_fakes import FacePhotograph, make_pseudo_fake
from fakeface.views.pictures import SUBSAMPLINGS, save_as_jpeg

VERSION = 5
"""Raise it when the same photographs give other faces."""

HISTORIES = 3
"""Random histories of each photograph, beside the untouched one."""

SPLICE = 96
"""Height and width of the stored share of foreign pixels of a pseudo-fake."""

_PHOTOGRAPH = np.dtype([("canvases", np.uint8, (1 + HISTORIES, CANVAS, CANVAS, 3)), ("points", np.float64, (5, 2))])
_PSEUDO_FAKE = np.dtype(
    [("canvas", np.uint8, (CANVAS, CANVAS, 3)), ("splice", np.uint8, (SPLICE, SPLICE)), ("regions", np.float32, (4,))]
)


@dataclass(frozen=True)  # jsonargparse reads defaults from __dict__
class PseudoFakeParameters:
    """How many pseudo-fakes there are, and how often they stand in for fakes.

    Attributes:
        per_real: How many are made of each real photograph.
        first: Share of the fakes of the first epoch that are pseudo-fakes.
        last: The same share in the last epoch; in between it changes evenly.

    Raises:
        UserError: When a value is out of range.
    """

    per_real: int = 4
    first: float = 0.75
    last: float = 0.2

    def __post_init__(self) -> None:
        if self.per_real < 1 or not (0 <= self.first <= 1 and 0 <= self.last <= 1):
            raise UserError(
                f"data.pseudo_fakes has per_real {self.per_real} and shares from {self.first} to {self.last}: "
                f"choose a count above 0 and shares between 0 and 1"
            )

    def share(self, epoch: int, epochs: int) -> float:
        """Return the share of an epoch, counted from 0, of a training of so many."""
        progress = min(1.0, epoch / max(1, epochs - 1))
        return self.first + (self.last - self.first) * progress


class ForensicFaces:
    """The stored faces of a train split, mapped into memory at the first access.

    Args:
        records: The photographs of the train split.
        per_real: How many pseudo-fakes are made of each real photograph.
        folder: The cache.

    Attributes:
        count: How many pseudo-fakes there are.
    """

    def __init__(self, records: Sequence[Record], per_real: int, folder: Path) -> None:
        self.records = records
        self.count = per_real * sum(record.label == REAL for record in records)
        photographs = " ".join(f"{photograph_key(record.path)} {record.label}" for record in records)
        self.folder = folder / f"forensic-{settings_digest(f'{VERSION} {per_real} {HISTORIES} {photographs}')}"
        self._photographs = SlotFile(self.folder, "photographs", _PHOTOGRAPH)
        self._pseudo_fakes = SlotFile(self.folder, "pseudo_fakes", _PSEUDO_FAKE)

    def build(self) -> None:
        """Compute the faces that are not there.

        Raises:
            ImageError: When a photograph cannot be read.
            UserError: When the cache cannot be written.
        """
        kinds = {self._photographs: len(self.records), self._pseudo_fakes: self.count}
        if all(len(file) == count for file, count in kinds.items()):
            return
        with SlotWriter(self.folder, list(kinds), partial(refuse, "training faces", self.folder)) as writer:
            writer.reserve(sum((count - len(file)) * file.slot.itemsize for file, count in kinds.items()))
            # Each under its number counted from 1.
            missing = {number: number + 1 for number in range(len(self._photographs), len(self.records))}
            writer.fill(self._photographs, missing, self._align, "Training faces")
            reals = [position for position, record in enumerate(self.records) if record.label == REAL]
            lights = np.stack([light_of(self.photographs[real, 0]) for real in reals])
            donors = Donors(reals, self._photographs.read()["points"], lights)
            missing = {number: number + 1 for number in range(len(self._pseudo_fakes), self.count)}
            writer.fill(self._pseudo_fakes, missing, partial(_make, self.records, donors), "Pseudo-fakes")

    def _align(self, position: int) -> NDArray[np.void]:
        image = read_image(self.records[position].path)
        slot = np.empty((), _PHOTOGRAPH)
        slot["points"] = face_points(image)
        generator = np.random.default_rng([0, position])
        for variant in range(1 + HISTORIES):
            pixels = random_history(image, generator) if variant else image
            slot["canvases"][variant] = align_face(pixels, slot["points"])
        return slot

    @cached_property
    def photographs(self) -> NDArray[np.uint8]:
        """Canvases ``(records, 1 + HISTORIES, CANVAS, CANVAS, 3)``, the untouched one first."""
        return np.asarray(self._photographs.read()["canvases"])

    @cached_property
    def pseudo_fakes(self) -> NDArray[np.void]:
        """The pseudo-fakes ``(count,)``.

        ``canvas`` is ``(CANVAS, CANVAS, 3)``, ``splice`` the share of foreign pixels, 0 to 255, ``(SPLICE, SPLICE)``,
        and ``regions`` the region bits ``(4,)``.
        """
        return self._pseudo_fakes.read()

    @cached_property
    def common(self) -> NDArray[np.bool_]:
        """Which photographs have the quantisation tables that most have, ``(records,)``."""
        return have_common_table([record.path for record in self.records])

    def __getstate__(self) -> dict[str, Any]:
        # A mapped file would be pickled as its content.
        return {name: value for name, value in vars(self).items() if name not in ("photographs", "pseudo_fakes")}


def refuse(what: str, folder: Path, error: OSError) -> None:
    """Raise a ``UserError``: faces cannot be written to the cache."""
    raise UserError(
        f"the {what} cannot be written to {folder} ({error.strerror or error}): "
        f"make room there or name another folder with --data.cache"
    ) from error


def _make(records: Sequence[Record], donors: "Donors", number: int) -> NDArray[np.void]:
    generator = np.random.default_rng([1, number])

    def face_of(position: int) -> FacePhotograph:
        return FacePhotograph(read_image(records[position].path), donors.points[position])

    target = donors.reals[number % len(donors.reals)]
    near = donors.near(target, generator)
    face = face_of(target)
    fake = make_pseudo_fake(face, lambda: face_of(int(generator.choice(near))), generator)
    if generator.random() < 0.75:
        image = random_history(fake.image, generator)
    else:  # the usual of published photographs
        image = save_as_jpeg(fake.image, 91, int(generator.choice(SUBSAMPLINGS)))
    slot = np.empty((), _PSEUDO_FAKE)
    slot["canvas"], slot["regions"] = align_face(image, face.points), fake.regions
    aligned = cv2.warpAffine(fake.mask, alignment(face.points), (CANVAS, CANVAS))
    slot["splice"] = to_uint8(255 * np.asarray(cv2.resize(aligned, (SPLICE, SPLICE), interpolation=cv2.INTER_AREA)))
    return slot


class Donors:
    """Which real photographs suit each other: in the turn of the head, as the five points show it, and in the light.

    Args:
        reals: Positions of the real photographs.
        points: Of the faces of all photographs, ``(N, 5, 2)``.
        lights: What ``light_of`` says of each real, ``(len(reals), 75)``.
    """

    def __init__(self, reals: Sequence[int], points: NDArray[np.float64], lights: NDArray[np.float32]) -> None:
        self.reals = list(reals)
        self.points = points
        aligned = np.stack([transform_points(points[real], alignment(points[real])) for real in self.reals])
        self._shapes = (aligned - POINTS).reshape(len(aligned), -1) / EYE_DISTANCE
        self._lights = lights

    def near(self, target: int, generator: np.random.Generator) -> list[int]:
        """Return the photographs that a target may take parts from, more or less like it."""
        own = self.reals.index(target)
        distance = ((self._shapes - self._shapes[own]) ** 2).mean(axis=1) * generator.choice([5, 20, 60])
        light = ((self._lights - self._lights[own]) ** 2).mean(axis=1)
        distance = distance + light * generator.choice([0, 0.5, 2], p=[0.2, 0.4, 0.4])
        distance[own] = np.inf
        nearest = np.argsort(distance)[: generator.choice([15, 40, 120])]
        others = [self.reals[index] for index in nearest if self.reals[index] != target]
        return others or [target]


def light_of(canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe how a face on its canvas is lit, ``(75,)``."""
    face = cv2.cvtColor(np.ascontiguousarray(canvas[90:330, 80:304]), cv2.COLOR_RGB2LAB)
    thumbnail = cv2.resize(face, (5, 5), interpolation=cv2.INTER_AREA)
    return np.asarray(thumbnail, dtype=np.float32).ravel() / np.float32(60)


class ForensicDataset(FaceDataset):
    """Random crops of the stored faces, one for each record of the train split and epoch.

    In a fake's place there may be a pseudo-fake, so that the classes keep their shares. A photograph that is saved as
    most are comes untouched once in four times, else with one of its random histories. The pixels depend on (seed,
    epoch, index) alone.

    Args:
        records: The photographs of the train split.
        source: Their views, which are not used.
        faces: Their stored faces.
        parameters: How often there are pseudo-fakes.
        epochs: How many epochs the training has.
        size: Height and width of the view.
        seed: Seed of all choices.
    """

    def __init__(
        self,
        records: Sequence[Record],
        source: ViewSource,
        faces: ForensicFaces,
        parameters: PseudoFakeParameters,
        epochs: int,
        size: int,
        seed: int = 0,
    ) -> None:
        super().__init__(records, source, "forensic", seed)
        self.faces = faces
        self.parameters = parameters
        self.epochs = epochs
        self.size = size

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        """Return the sample of ``(epoch, index)``.

        Returns:
            What ``FaceDataset`` does, without ``kind``, and ``map`` (float ``(size / 16, size / 16)``): the share of
            foreign pixels, NaN for fakes, where nobody knows it.
        """
        epoch, index = key
        generator = np.random.default_rng([self.seed, epoch, index])
        record = self.records[index]
        splice: NDArray[np.uint8] | None
        if record.label == FAKE and generator.random() < self.parameters.share(epoch, self.epochs):
            fake = self.faces.pseudo_fakes[int(generator.integers(self.faces.count))]
            canvas, splice, regions = fake["canvas"], fake["splice"], fake["regions"]
        else:
            untouched = self.faces.common[index] and generator.random() < 0.25
            variant = 0 if untouched else int(generator.integers(1, 1 + HISTORIES))
            canvas, regions = self.faces.photographs[index, variant], region_bits(record)
            splice = None if record.label == FAKE else np.zeros((SPLICE, SPLICE), dtype=np.uint8)
        sample = augment_face(np.asarray(canvas), regions, splice, self.size, generator)
        return {
            **sample.tensors(),
            "label": torch.tensor(record.label, dtype=torch.float32),
            "index": index,
            "path": str(record.path),
        }

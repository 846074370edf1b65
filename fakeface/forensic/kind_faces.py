"""Training faces of every kind and origin, made anew in every epoch.

Every face, real or fake, goes through the same benign changes, the same way through the web and the same crop, so that
neither tells its class. A real photograph comes with a pseudo-fake of itself under the very same draws, so that the
edit alone differs: what Self-Blended Images won by (https://arxiv.org/abs/2204.08376). Of each photograph the points
of its face and its light are kept in the cache.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from fakeface.data.cache import ViewSource
from fakeface.data.dataset import FaceDataset, Sample, region_bits
from fakeface.data.images import read_image
from fakeface.data.records import FAKE, KIND_CLASSES, MIRRORED_REGIONS, REAL, Record
from fakeface.data.sampler import BalancedOrder
from fakeface.data.slot_file import SlotFile, SlotWriter, photograph_key, settings_digest
from fakeface.faces.alignment import CANVAS, align_face, alignment, similarity, transform_points
from fakeface.faces.finder import face_points
from fakeface.forensic.benign import benign_changes
from fakeface.forensic.face_augment import MAP_STRIDE, FaceSample, draw_crop
from fakeface.forensic.faces import Donors, light_of, refuse
from fakeface.forensic.histories import LARGEST_EYE_DISTANCE, scaled, web_history
from fakeface.forensic.manipulations import WITH_DONOR, WITHOUT_DONOR
from fakeface.forensic.pseudo_fakes import FacePhotograph, PseudoFake, make_pseudo_fake

VERSION = 2
"""Raise it when the same photographs give other points."""

SHARE_OF_REALS = 0.62
"""Of the photographs that are drawn."""

PAIRED = 0.73
"""Share of the drawn reals beside which stands a pseudo-fake of them."""

_FACE = np.dtype([("points", np.float64, (5, 2)), ("light", np.float32, (75,))])

_MANIPULATIONS = {
    **{"parts": (0.54, "edited"), "swap": (0.16, "swapped"), "morph": (0.07, "swapped"), "blend": (0.10, "swapped")},
    **{"warp": (0.05, "edited"), "smooth": (0.04, "edited"), "inpaint": (0.04, "edited")},
}
"""How often each pseudo-fake is made, and its kind."""


class KindFaces:
    """The faces of a train split: where they are, and which of them suit each other.

    Args:
        records: The photographs of the train split.
        folder: The cache.
    """

    def __init__(self, records: Sequence[Record], folder: Path) -> None:
        self.records = records
        self.folder = folder
        self._file = SlotFile(folder, f"face-{settings_digest(f'{VERSION}')}", _FACE)

    def build(self) -> None:
        """Find the faces that are not in the cache.

        Raises:
            ImageError: When a photograph cannot be read.
            UserError: When the cache cannot be written.
        """
        keys = [photograph_key(record.path) for record in self.records]
        slots = self._file.find(np.array(keys, dtype=np.uint64))
        new = [position for position in range(len(keys)) if slots[position] < 0]
        if new:
            with SlotWriter(self.folder, [self._file], partial(refuse, "faces", self.folder)) as writer:
                writer.fill(self._file, {position: keys[position] for position in new}, self._find, "Faces")
            slots = self._file.find(np.array(keys, dtype=np.uint64))
        found = self._file.read()[slots]
        self.points = found["points"].copy()
        reals = [position for position, record in enumerate(self.records) if record.label == REAL]
        self.donors = Donors(reals, self.points, found["light"][reals])

    def _find(self, position: int) -> NDArray[np.void]:
        image = read_image(self.records[position].path)
        slot = np.empty((), _FACE)
        slot["points"] = face_points(image)
        slot["light"] = light_of(align_face(image, slot["points"]))
        return slot

    def photograph(self, position: int) -> FacePhotograph:
        """Return the part of a photograph around its face, at most ``LARGEST_EYE_DISTANCE`` between the eyes."""
        return crop_around_face(FacePhotograph(read_image(self.records[position].path), self.points[position]))

    def pseudo_fake(
        self, position: int, face: FacePhotograph, generator: np.random.Generator
    ) -> tuple[PseudoFake, str]:
        """Return a pseudo-fake of a real photograph, and its kind."""
        near = self.donors.near(position, generator)

        def donor() -> FacePhotograph:
            return self.photograph(int(generator.choice(near)))

        names = list(_MANIPULATIONS)
        name = str(generator.choice(names, p=[chance for chance, _ in _MANIPULATIONS.values()]))
        if name == "parts":
            fake = make_pseudo_fake(face, donor, generator)
        elif name in WITH_DONOR:
            fake = WITH_DONOR[name](face, donor(), generator)
        else:
            fake = WITHOUT_DONOR[name](face, generator)
        return fake, _MANIPULATIONS[name][1]


def crop_around_face(face: FacePhotograph) -> FacePhotograph:
    """Cut out what the view may show, with a margin, and scale it down where the face is very large."""
    to_photograph = cv2.invertAffineTransform(alignment(face.points))
    margin = CANVAS * 0.05
    low, high = -margin, CANVAS + margin
    corners = transform_points(np.array([[low, low], [high, low], [high, high], [low, high]]), to_photograph)
    height, width = face.image.shape[:2]
    left, top = np.floor(np.clip(corners.min(axis=0), 0, [width - 1, height - 1])).astype(int)
    right, bottom = np.ceil(np.clip(corners.max(axis=0), [left + 1, top + 1], [width, height])).astype(int)
    image, points = np.ascontiguousarray(face.image[top:bottom, left:right]), face.points - [left, top]
    factor = LARGEST_EYE_DISTANCE / face.eye_distance
    return FacePhotograph(*(scaled(image, points, factor) if factor < 1 else (image, points)))


def training_face(
    face: FacePhotograph,
    regions: NDArray[np.float32],
    mask: NDArray[np.float32] | None,
    size: int,
    generator: np.random.Generator,
    through_the_web: bool = True,
) -> FaceSample:
    """Change a photograph as honest users do, send it through the web, and cut out the view at random.

    Args:
        face: The photograph.
        regions: One value for each of ``records.REGIONS``, ``(4,)``.
        mask: Share of foreign pixels of the photograph, 0 to 1, ``(H, W)``; None where it is not known.
        size: Height and width of the view.
        generator: Where all choices come from; the same state gives pictures of one size the same changes.
        through_the_web: Whether it is changed and sent at all.
    """
    image, points = face
    if through_the_web:
        image, points = web_history(benign_changes(image, generator), points, generator)
    crop, mirrored, interpolation = draw_crop(size, 0.07, generator)
    factor = np.hypot(*alignment(points)[:, 0]) * np.hypot(*crop[:, 0])
    if factor < 0.5:  # sampling would skip pixels
        image, points = scaled(image, points, factor * 1.2)
    to_view = crop @ np.vstack([alignment(points), [0, 0, 1]])
    view = cv2.warpAffine(image, to_view, (size, size), flags=interpolation, borderMode=cv2.BORDER_REFLECT_101)
    cells = np.full((size // MAP_STRIDE, size // MAP_STRIDE), np.nan, dtype=np.float32)
    if mask is not None:
        # The history scales and cuts; what it does to the points it does to the mask.
        moved = similarity(face.points, points)
        smooth = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.012 * max(mask.shape)))
        foreign = cv2.warpAffine(smooth, to_view @ np.vstack([moved, [0, 0, 1]]), (size, size))
        cells = np.asarray(cv2.resize(foreign, cells.shape, interpolation=cv2.INTER_AREA), dtype=np.float32)
    return FaceSample(np.asarray(view, np.uint8), regions[MIRRORED_REGIONS] if mirrored else regions, cells)


class PairedOrder(BalancedOrder):
    """Draws photographs with balanced classes, kinds and sources, most reals followed by a pseudo-fake of themselves.

    The index of a sample is the photograph's position, plus the number of photographs for its pseudo-fake, plus twice
    that for each time that it was drawn before, so that no two samples of an epoch are the same.

    Args:
        records: The photographs.
        paired: Share of the reals that are followed by one.
    """

    def __init__(self, records: Sequence[Record], paired: float = PAIRED) -> None:
        super().__init__(records, SHARE_OF_REALS)
        self._labels = [record.label for record in records]
        self._pairs = int(int(len(records) * SHARE_OF_REALS) * paired)

    def __len__(self) -> int:
        """How many are drawn in every epoch, pseudo-fakes among them."""
        return len(self._labels) + self._pairs

    def __call__(self, generator: torch.Generator) -> list[int]:
        """Draw indices; of all reals, those drawn first are paired."""
        order, times, pairs, count = [], Counter[int](), self._pairs, len(self._labels)
        for position in super().__call__(generator):
            index = position + 2 * count * times[position]
            times[position] += 1
            order.append(index)
            if pairs and self._labels[position] == REAL:
                order.append(index + count)
                pairs -= 1
        return order


class KindDataset(FaceDataset):
    """Faces of a train split and pseudo-fakes of its reals; their pixels depend on (seed, epoch, index) alone.

    Args:
        records: The photographs of the train split.
        source: Their views, which are not used.
        faces: Their faces.
        size: Height and width of the view.
        seed: Seed of all choices.
        augmentation: ``kinds``, or ``crops``: photographs as they are, and no pseudo-fakes.
    """

    def __init__(
        self,
        records: Sequence[Record],
        source: ViewSource,
        faces: KindFaces,
        size: int,
        seed: int = 0,
        augmentation: Literal["kinds", "crops"] = "kinds",
    ) -> None:
        super().__init__(records, source, augmentation, seed)
        self.faces = faces
        self.size = size
        self.order = PairedOrder(records, PAIRED if augmentation == "kinds" else 0.0)

    def __len__(self) -> int:
        return len(self.order)

    def record(self, index: int) -> Record:
        """Return the photograph that a sample was made from."""
        return self.records[index % len(self.records)]

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        """Return the sample of ``(epoch, index)``, the index one of ``PairedOrder``.

        Returns:
            What ``FaceDataset`` does, and ``map`` (float ``(size / 16, size / 16)``): the share of foreign pixels, NaN
            for the fakes of the data set, where nobody knows it.
        """
        epoch, index = key
        position, paired = index % len(self.records), index // len(self.records) % 2
        record, face = self.records[position], self.faces.photograph(position)
        regions, kind, label = region_bits(record), record.kind_class, record.label
        mask = np.zeros(face.image.shape[:2], np.float32) if record.label == REAL else None
        if paired:
            fake, name = self.faces.pseudo_fake(position, face, np.random.default_rng([self.seed, epoch, index, 1]))
            face, mask, regions = FacePhotograph(fake.image, face.points), fake.mask, fake.regions
            label, kind = FAKE, KIND_CLASSES[name]
        # Of the photograph's number: its pseudo-fake shall have the same way.
        way = np.random.default_rng([self.seed, epoch, index - paired * len(self.records)])
        sample = training_face(face, regions, mask, self.size, way, self.augmentation == "kinds")
        return {
            **sample.tensors(),
            "label": torch.tensor(label, dtype=torch.float32),
            "kind": kind,
            "index": index,
            "path": str(record.path),
        }

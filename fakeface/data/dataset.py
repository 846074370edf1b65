"""A dataset of photographs: records and their views become samples."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from fakeface.data.cache import ViewSource
from fakeface.data.records import REGIONS, Record

Augmentation = Literal["none", "paper", "online", "forensic", "kinds", "crops"]
Sample = dict[str, Any]


class FaceDataset(Dataset[Sample]):
    """Samples of one split.

    With ``paper`` augmentation the dataset is seven times as long as the records: sample ``7 i + k`` is record ``i``
    under ``operations[k]``, the same pixels in every epoch, as in section 3.6 of the report. With ``online`` the
    operations are drawn anew in every epoch. Either way the pixels depend on (seed, epoch, index) alone.

    Args:
        records: The photographs.
        source: Their views, by position in ``records``.
        augmentation: ``none``, ``paper`` or ``online``; ``ForensicDataset`` is for ``forensic``, ``KindDataset`` for
            ``kinds`` and ``crops``.
        seed: Seed of the augmentation.
    """

    def __init__(
        self, records: Sequence[Record], source: ViewSource, augmentation: Augmentation = "none", seed: int = 0
    ) -> None:
        self.records = records
        self.source = source
        self.augmentation = augmentation
        self.seed = seed
        self.operations: Sequence[str] = ("identity",)
        if augmentation == "paper":
            # Imported where something is augmented alone, for albumentations takes as long as torch.
            from fakeface.data.augment import PAPER_OPERATIONS

            self.operations = PAPER_OPERATIONS
        self.copies = len(self.operations)

    def __len__(self) -> int:
        return len(self.records) * self.copies

    def record(self, index: int) -> Record:
        """Return the photograph that a sample was made from."""
        return self.records[index // self.copies]

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        """Return the sample of ``(epoch, index)``.

        Returns:
            Each view as uint8 ``(3, H, W)``, ``label`` (float, fake = 1), ``kind`` (as in ``Record.kind_class``),
            ``regions`` (float ``(4,)``, NaN where unknown), ``index`` and ``path``.
        """
        epoch, index = key
        position, copy = divmod(index, self.copies)
        record = self.records[position]
        views, regions = self.source[position], region_bits(record)
        if self.augmentation != "none":
            from fakeface.data.augment import augment_online, augment_paper

            if self.augmentation == "paper":
                generator = np.random.default_rng([self.seed, index])
                views, regions = augment_paper(views, regions, self.operations[copy], generator)
            else:
                generator = np.random.default_rng([self.seed, epoch, index])
                views, regions = augment_online(views, regions, generator)
        return {
            **{view: to_tensor(image) for view, image in views.items()},
            "label": torch.tensor(record.label, dtype=torch.float32),
            "kind": record.kind_class,
            "regions": torch.from_numpy(regions),
            "index": index,
            "path": str(record.path),
        }


def region_bits(record: Record) -> NDArray[np.float32]:
    """Return the edited-region bits ``(4,)`` of a record, NaN where they are unknown."""
    if not record.regions:
        return np.full(len(REGIONS), np.nan, dtype=np.float32)
    return np.array([int(bit) for bit in record.regions], dtype=np.float32)


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """Return an image ``(H, W, 3)`` as ``(3, H, W)``."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))

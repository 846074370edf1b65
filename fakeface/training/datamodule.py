"""The LightningDataModule: from a folder or a manifest to batches of views."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from lightning.pytorch import LightningDataModule
from lightning.pytorch.accelerators import CUDAAccelerator
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info
from torch.utils.data import DataLoader, Subset

from fakeface.data.cache import CachedViews, DecodedViews, ViewSource, build_cache
from fakeface.data.data_folder import read_records
from fakeface.data.dataset import Augmentation, FaceDataset, Sample
from fakeface.data.images import ImageError
from fakeface.data.loader import ResumableLoader
from fakeface.data.processes import check_same_records, gather
from fakeface.data.records import FAKE, LABEL_NAMES, REAL, Record
from fakeface.data.sampler import BalancedOrder, EpochSampler
from fakeface.data.splits import manifest_split, paper_split
from fakeface.data.unreadable import OnError, find_unreadable, judge_unreadable, write_skipped
from fakeface.errors import UserError
from fakeface.forensic.face_augment import MAP_STRIDE
from fakeface.forensic.faces import ForensicDataset, ForensicFaces, PseudoFakeParameters
from fakeface.forensic.kind_faces import KindDataset, KindFaces
from fakeface.training.checkpoints import note_configuration
from fakeface.training.runs import SKIPPED_FILE
from fakeface.views.ela import ElaParameters
from fakeface.views.view import ELA, FACE, ORIGINAL, ViewParameters, find_view

DEFAULT_ROOT = Path("data/real_and_fake_face")
"""Where ``fakeface data download`` puts the data set."""

_KEEP_FACES = ("forensic", "kinds", "crops")
_SPLITS_OF_STAGE = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), "predict": ("test",)}


class FaceDataModule(LightningDataModule):
    """Photographs of real and fake faces.

    A batch is a dictionary: each view as uint8 ``(B, 3, size, size)`` (the network normalises it, on its device),
    ``label`` ``(B,)`` with fake = 1, ``regions`` ``(B, 4)`` with NaN where unknown, ``index`` ``(B,)``, and ``path``.

    Args:
        root: Folder with ``training_real/`` and ``training_fake/``, or the one that a manifest's paths start from; by
            default ``DEFAULT_ROOT``, or with a manifest the manifest's own.
        manifest: CSV with ``path,label`` and optionally ``difficulty,regions,split,group``.
        split: ``paper`` draws Table 1 of the report, ``manifest`` follows the manifest's column.
        split_seed: Seed of the drawn split; the same for runs that are to be compared.
        views: Names of views, such as ``original``; the command line takes them from the network.
        size: Height and width of the views in pixels.
        ela: Parameters of the error level analysis.
        augmentation: ``paper`` (train and validation seven-fold), ``online`` (train alone, drawn in every epoch),
            ``forensic`` (train alone: random JPEG histories, crops and pseudo-fakes of the view ``face``; the batches
            then have ``map`` as in ``ForensicDataset``), ``kinds`` (the same for networks that tell kinds, see
            ``KindDataset``; it balances of itself), ``crops`` (its crops and its balance alone, of photographs as they
            are) or ``none``.
        balance: Whether training draws classes, kinds and sources as ``BalancedOrder`` does.
        pseudo_fakes: How many pseudo-fakes ``forensic`` uses.
        batch_size: Samples per batch and process.
        num_workers: Processes that load samples; with the cache, none is fastest on few cores.
        cache: Keep the computed views on disk: ``True`` for ``$XDG_CACHE_HOME/fakeface``, or a folder.
        on_error: ``raise`` refuses a data set with photographs that cannot be read; ``skip`` leaves them out, up to a
            twentieth, after the split was drawn, and lists them in ``skipped.csv`` in the run's folder.
        seed: Seed of order and augmentation; the command line takes it from ``seed_everything``.
    """

    def __init__(
        self,
        root: Path | None = None,
        manifest: Path | None = None,
        split: Literal["paper", "manifest"] = "paper",
        split_seed: int = 0,
        views: Sequence[str] = (ORIGINAL, ELA),
        size: int = 128,
        ela: ElaParameters = ElaParameters(),  # noqa: B008 (immutable)
        augmentation: Augmentation = "paper",
        balance: bool = False,
        pseudo_fakes: PseudoFakeParameters = PseudoFakeParameters(),  # noqa: B008 (immutable)
        batch_size: int = 32,
        num_workers: int = 0,
        cache: bool | str = True,
        on_error: OnError = "raise",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        note_configuration(self)
        for name, number, least in (("batch_size", batch_size, 1), ("num_workers", num_workers, 0)):
            if number < least:
                raise UserError(f"data.{name} is {number}: choose a whole number from {least} up")
        for view in views:
            find_view(view)  # refuses what is none before anything is computed
        if augmentation in _KEEP_FACES and (list(views) != [FACE] or size % MAP_STRIDE):
            raise UserError(
                f"the augmentation {augmentation} was asked for with {', '.join(views)} of {size} pixels: it needs a "
                f"network that reads the view face alone, and a size that {MAP_STRIDE} divides"
            )
        self.root = DEFAULT_ROOT if root is None and manifest is None else root
        self.manifest = manifest
        self.split = split
        self.split_seed = split_seed
        self.views = list(views)
        self.parameters = ViewParameters(size, ela)
        self.augmentation: Augmentation = augmentation
        self.balance = balance
        self.pseudo_fakes = pseudo_fakes
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.cache = cache
        self.on_error: OnError = on_error
        self.seed = seed
        self.records: list[Record] = []
        self.datasets: dict[str, FaceDataset] = {}

    @property
    def cache_folder(self) -> Path | None:
        """Where computed views are kept, or None when they are not."""
        if isinstance(self.cache, str):
            return Path(self.cache)
        if not self.cache:
            return None
        try:
            return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fakeface"
        except RuntimeError as error:  # a user without a line in the passwd file, as in containers
            raise UserError(
                "there is no home folder to keep the cache of views in: set XDG_CACHE_HOME, or pass --data.cache FOLDER"
            ) from error

    def prepare_data(self) -> None:
        """Fill the cache, once per machine.

        Raises:
            UserError: When there are no data, or photographs that cannot be read.
        """
        if self.cache_folder is None:
            return
        records = read_records(self.root, self.manifest)
        failures = list(build_cache(records, self.views, self.parameters, self.cache_folder).values())
        judge_unreadable(failures, len(records), self.on_error)
        keeps_faces = self.augmentation in _KEEP_FACES
        if keeps_faces and self.trainer and self.trainer.state.fn == TrainerFn.FITTING:
            self.records = _without(failures, self._split(records))
            self._dataset(self._select("train"), self.augmentation)

    def setup(self, stage: str) -> None:
        """Read the records, split them, and make the datasets of a stage.

        Raises:
            UserError: When there are no data, or photographs that cannot be read; when a split that the stage needs is
                empty or lacks a class; when the processes of a distributed run have different data.
        """
        records = self._split(read_records(self.root, self.manifest))
        check_same_records(records)
        errors = self._find_unreadable(records)
        judge_unreadable(errors, len(records), self.on_error)
        if errors:
            self._list_skipped(errors, len(records))
        self.records = _without(errors, records)
        # The report augments validation too; drawn anew in every epoch it would measure something else each time.
        augmented = {"train", "val"} if self.augmentation == "paper" else {"train"}
        for split in _SPLITS_OF_STAGE[stage]:
            augmentation = self.augmentation if split in augmented else "none"
            self.datasets[split] = self._dataset(self._select(split), augmentation)

    def _split(self, records: Sequence[Record]) -> list[Record]:
        return paper_split(records, self.split_seed) if self.split == "paper" else manifest_split(records)

    def _find_unreadable(self, records: Sequence[Record]) -> list[ImageError]:
        """Read what is not in the cache, shared out among the processes, so that all leave out the same."""
        positions: Iterable[int] = range(len(records))
        if self.cache_folder is not None:
            positions = CachedViews(records, self.views, self.parameters, self.cache_folder).missing()
        rank, processes = self._rank
        paths = [records[position].path for position in positions if position % processes == rank]
        return [error for errors in gather(find_unreadable(paths)) for error in errors]

    def _list_skipped(self, errors: Sequence[ImageError], total: int) -> None:
        where = ""
        if self.trainer is not None:
            path = Path(self.trainer.log_dir or self.trainer.default_root_dir) / SKIPPED_FILE  # asks all processes
            where = f", see {path}"
            if self.trainer.is_global_zero:
                write_skipped(path, errors)
        rank_zero_info(f"{len(errors)} of {total} photographs cannot be read and are left out{where}")

    @property
    def _rank(self) -> tuple[int, int]:
        """Which process this is, of how many."""
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _select(self, split: str) -> list[Record]:
        records = [record for record in self.records if record.split == split]
        missing = {REAL, FAKE} - {record.label for record in records}
        if missing:
            label = min(missing)
            start = f"{self.manifest or self.root} has no {LABEL_NAMES[label]} image"
            if not any(record.label == label for record in self.records):
                raise UserError(f"{start} at all, and both classes are needed: add some")
            mend = "add some, or draw the split anew with --data.split paper"
            raise UserError(f"{start} in the split {split!r}: {mend}")
        return records

    def _dataset(self, records: list[Record], augmentation: Augmentation) -> FaceDataset:
        source: ViewSource = DecodedViews(records, self.views, self.parameters)
        if self.cache_folder is not None:
            source = CachedViews(records, self.views, self.parameters, self.cache_folder)
        if augmentation not in _KEEP_FACES:
            return FaceDataset(records, source, augmentation, self.seed)
        if self.cache_folder is None:
            raise UserError(f"the augmentation {augmentation} keeps its faces on disk: drop --data.cache false")
        size = self.parameters.size
        if augmentation == "kinds" or augmentation == "crops":
            found = KindFaces(records, self.cache_folder)
            found.build()
            return KindDataset(records, source, found, size, self.seed, augmentation)
        faces = ForensicFaces(records, self.pseudo_fakes.per_real, self.cache_folder)
        faces.build()
        return ForensicDataset(records, source, faces, self.pseudo_fakes, self._epochs(), size, self.seed)

    def _epochs(self) -> int:
        """Return how many epochs the training has; without a trainer there is one."""
        epochs = self.trainer.max_epochs if self.trainer else 1
        if epochs is None or epochs < 0:
            raise UserError(
                "the augmentation forensic exchanges pseudo-fakes for fakes over the epochs of the training, and their "
                "number is open: set --trainer.max_epochs"
            )
        return epochs

    def _loader(self, name: str, order: BalancedOrder | None = None) -> ResumableLoader:
        dataset = self.datasets[name]
        return ResumableLoader(
            dataset,
            EpochSampler(order or len(dataset), self.seed, *self._rank),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            pin_memory=self.trainer is not None and isinstance(self.trainer.accelerator, CUDAAccelerator),
        )

    def train_dataloader(self) -> ResumableLoader:
        """Return the training batches, in an order of their own in every epoch."""
        dataset = self.datasets["train"]
        if isinstance(dataset, KindDataset):
            return self._loader("train", dataset.order)
        records = [dataset.record(index) for index in range(len(dataset))]
        return self._loader("train", BalancedOrder(records) if self.balance else None)

    def val_dataloader(self) -> ResumableLoader:
        """Return the validation batches, mixed so that a part of them holds both classes."""
        return self._loader("val")

    def test_dataloader(self) -> ResumableLoader:
        """Return the test batches."""
        return self._loader("test")

    def predict_dataloader(self) -> DataLoader[Sample]:
        """Return the test batches in the order of the records; `fakeface predict` scores photographs of any folder."""
        dataset = self.datasets["test"]
        # Lightning makes loaders of predictions anew, with a sampler of its own for several processes.
        samples = Subset(dataset, [(0, index) for index in range(len(dataset))])  # type: ignore[misc]
        return DataLoader(samples, batch_size=self.batch_size, num_workers=self.num_workers)


def _without(errors: Sequence[ImageError], records: Sequence[Record]) -> list[Record]:
    unreadable = {error.path for error in errors}
    return [record for record in records if record.path not in unreadable]

"""A DataLoader that goes on where a checkpoint left it."""

import atexit
import multiprocessing
import signal
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from fakeface.data.dataset import FaceDataset, Sample
from fakeface.data.sampler import EpochSampler
from fakeface.errors import UserError


class _ErrorsInPlaceOfSamples(Dataset[Sample]):
    """Hands errors on in the place of samples: an exception in a worker would arrive elsewhere as text."""

    def __init__(self, dataset: FaceDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitems__(self, keys: list[tuple[int, int]]) -> list[Sample] | UserError:
        try:
            return [self.dataset[key] for key in keys]
        except UserError as error:
            return error


def _collate(samples: list[Sample] | UserError) -> Sample | UserError:
    return samples if isinstance(samples, UserError) else default_collate(samples)


def _outlive_signals(worker: int) -> None:
    """Ignore what reaches all processes of a terminal or a job: the training process says when its workers end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def _kill_workers() -> None:
    """End what ignores SIGTERM, by which multiprocessing would end it at exit and then wait for it for ever."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # torch's handler would take the end of a worker for a failure
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()


# Functions registered later run earlier, so this one runs before multiprocessing's own.
atexit.register(_kill_workers)


class ResumableLoader(DataLoader[Sample | UserError]):
    """Batches of a dataset in the order of its sampler.

    Lightning puts ``state_dict`` into every checkpoint. Restored in the middle of an epoch, the loader skips the
    batches that were handed out before, without reading them.

    Args:
        dataset: The samples.
        sampler: Their order.
        batch_size: Samples per batch.
        num_workers: Processes that load them.
        pin_memory: Whether batches go into memory that a GPU copies from faster.
    """

    def __init__(
        self, dataset: FaceDataset, sampler: EpochSampler, batch_size: int, num_workers: int, pin_memory: bool
    ) -> None:
        super().__init__(
            _ErrorsInPlaceOfSamples(dataset),
            batch_size=batch_size,
            sampler=sampler,
            collate_fn=_collate,
            worker_init_fn=_outlive_signals,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            pin_memory=pin_memory,
            # Its own, so that loading draws nothing from the generator that dropout uses.
            generator=torch.Generator().manual_seed(sampler.seed),
        )
        self.order = sampler
        self._batches_done = 0
        self._batches_to_skip = 0

    def __iter__(self) -> Iterator[Sample]:  # type: ignore[override]
        """Yield the batches of the epoch; nothing is read before the first is asked for, when the epoch is known.

        Raises:
            UserError: When a photograph cannot be read.
        """
        self._batches_done, self._batches_to_skip = self._batches_to_skip, 0
        self.order.skip = self._batches_done * (self.batch_size or 1)
        for batch in super().__iter__():
            if isinstance(batch, UserError):
                raise batch
            self._batches_done += 1
            yield batch

    def state_dict(self) -> dict[str, Any]:
        """Return how many batches of the epoch were handed out."""
        return {"batches": self._batches_done}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Start the next pass after the batches of the state, or afresh where they were all."""
        self._batches_to_skip = state_dict["batches"] % len(self)

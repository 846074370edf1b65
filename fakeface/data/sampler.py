"""The order of samples, a pure function of (seed, epoch), shared out among processes."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields ``(epoch, index)`` in an order that depends on the seed and the epoch alone.

    The epoch travels with the index so that worker processes, which hold an older copy of the dataset, can draw the
    epoch's augmentation. Lightning calls ``set_epoch`` before every training epoch.

    All processes get the same number of samples, because collective operations would otherwise wait for ever: the
    first samples are repeated at the end where the number does not divide. Metrics count each index once.

    Args:
        length: Number of samples in the dataset.
        seed: Seed of the order.
        rank: Which of the processes this is.
        processes: How many there are.

    Attributes:
        epoch: The epoch whose order is yielded next.
        skip: How many samples at the start of that order are left out, because they were seen before an interruption.
    """

    def __init__(self, length: int, seed: int, rank: int = 0, processes: int = 1) -> None:
        self.length = length
        self.seed = seed
        self.rank = rank
        self.processes = processes
        self.epoch = 0
        self.skip = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is yielded next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.length // self.processes)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.length, generator=generator).tolist()
        shared = (order * self.processes)[: len(self) * self.processes]
        return iter([(self.epoch, index) for index in shared[self.rank :: self.processes][self.skip :]])

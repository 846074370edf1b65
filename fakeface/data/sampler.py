"""The order of samples, a pure function of (seed, epoch), shared out among processes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

from fakeface.data.records import FAKE, Record


class BalancedOrder:
    """As many samples of either class, and of kinds and sources more alike than there are.

    Within a class the chance of a kind goes with the root of its size, and within a kind that of a source: to draw all
    as often would show a source of ten photographs so often that the network knows them by heart. Counts of classes,
    kinds and sources are those chances to within one sample, for the draw is systematic.

    Args:
        records: The photograph of each sample.
        share_of_reals: The share of the samples that are real.
        length: How many are drawn; by default as many as there are.
    """

    def __init__(self, records: Sequence[Record], share_of_reals: float = 0.5, length: int | None = None) -> None:
        keys = [(record.label, record.kind, record.source) for record in records]
        numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
        self._group = torch.tensor([numbers[key] for key in keys])
        weights = balanced_weights(keys, share_of_reals)
        self._weight = torch.tensor([weights[key] for key in keys], dtype=torch.float64)
        self._length = len(records) if length is None else length

    def __len__(self) -> int:
        """How many are drawn in every epoch."""
        return self._length

    def __call__(self, generator: torch.Generator) -> list[int]:
        """Draw indices: those of a group in proportion to its weight, in random order."""
        order = torch.randperm(len(self._group), generator=generator)
        order = order[self._group[order].argsort(stable=True)]
        steps = torch.arange(self._length, dtype=torch.float64) + torch.rand((), generator=generator).double()
        ends = self._weight[order].cumsum(0)
        drawn = order[torch.searchsorted(ends, steps / self._length * ends[-1]).clamp(max=len(order) - 1)]
        indices: list[int] = drawn[torch.randperm(self._length, generator=generator)].tolist()
        return indices


def balanced_weights(keys: Sequence[tuple[int, str, str]], share_of_reals: float) -> dict[tuple[int, str, str], float]:
    """Return the chance of one photograph with each label, kind and source; over all photographs they sum to 1."""
    sizes = Counter(keys)
    kinds: dict[tuple[int, str], int] = Counter(key[:2] for key in keys)
    of_class: dict[int, float] = defaultdict(float)
    of_kind: dict[tuple[int, str], float] = defaultdict(float)
    for (label, _), size in kinds.items():
        of_class[label] += size**0.5
    for key, size in sizes.items():
        of_kind[key[:2]] += size**0.5
    shares = {label: 1 - share_of_reals if label == FAKE else share_of_reals for label in of_class}
    weights = {}
    for (label, kind, source), size in sizes.items():
        chance_of_kind = shares[label] / sum(shares.values()) * kinds[label, kind] ** 0.5 / of_class[label]
        weights[label, kind, source] = chance_of_kind * size**0.5 / of_kind[label, kind] / size
    return weights


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields ``(epoch, index)`` in an order that depends on the seed and the epoch alone.

    The epoch travels with the index so that worker processes, which hold an older copy of the dataset, can draw the
    epoch's augmentation. Lightning calls ``set_epoch`` before every training epoch.

    All processes get the same number of samples, because collective operations would otherwise wait for ever: the
    first samples are repeated at the end where the number does not divide. Metrics count each index once.

    Args:
        length: Number of samples in the dataset, where each comes once, or an order that draws them.
        seed: Seed of the order.
        rank: Which of the processes this is.
        processes: How many there are.

    Attributes:
        epoch: The epoch whose order is yielded next.
        skip: How many samples at the start of that order are left out, because they were seen before an interruption.
    """

    def __init__(self, length: int | BalancedOrder, seed: int, rank: int = 0, processes: int = 1) -> None:
        self.order = length if not isinstance(length, int) else None
        self.length = length if isinstance(length, int) else len(length)
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
        order = list(self.order(generator) if self.order else torch.randperm(self.length, generator=generator).tolist())
        shared = (order * self.processes)[: len(self) * self.processes]
        return iter([(self.epoch, index) for index in shared[self.rank :: self.processes][self.skip :]])

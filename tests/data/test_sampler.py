from collections import Counter

import pytest

from fakeface.data.sampler import EpochSampler


def order(sampler: EpochSampler, epoch: int = 0) -> list[int]:
    """The indices of an epoch; asserts that each comes with the epoch's number."""
    sampler.set_epoch(epoch)
    pairs = list(sampler)
    assert {key for key, _ in pairs} <= {epoch}
    return [index for _, index in pairs]


@pytest.mark.parametrize(
    ("length", "processes", "each"),
    [(10, 1, 10), (10, 2, 5), (10, 3, 4), (7, 2, 4), (3, 3, 1), (1, 3, 1), (2, 5, 1)],
)
def test_every_index_is_shared_out_and_all_processes_get_as_many(length: int, processes: int, each: int) -> None:
    samplers = [EpochSampler(length, seed=0, rank=rank, processes=processes) for rank in range(processes)]
    shares = [order(sampler) for sampler in samplers]
    assert [len(share) for share in shares] == [len(sampler) for sampler in samplers] == [each] * processes
    seen = Counter(index for share in shares for index in share)
    assert set(seen) == set(range(length))
    # No index is repeated more often than the padding needs.
    assert max(seen.values()) - min(seen.values()) <= 1


def test_processes_walk_one_order_in_turn() -> None:
    single = order(EpochSampler(8, seed=5), epoch=3)
    halves = [order(EpochSampler(8, seed=5, rank=rank, processes=2), epoch=3) for rank in range(2)]
    assert [index for pair in zip(*halves, strict=True) for index in pair] == single


def test_order_is_a_function_of_seed_and_epoch_alone() -> None:
    sampler = EpochSampler(100, seed=1)
    first = order(sampler, epoch=0)
    assert sorted(first) == list(range(100))
    assert first != list(range(100))
    second = order(sampler, epoch=1)
    assert second != first
    assert order(sampler, epoch=0) == first
    # A sampler made anew, as after a resume, continues with the same epoch.
    assert order(EpochSampler(100, seed=1), epoch=1) == second
    assert order(EpochSampler(100, seed=2), epoch=0) != first

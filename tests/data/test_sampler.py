from collections import Counter
from pathlib import Path

import pytest

from fakeface.data.records import FAKE, REAL, Record
from fakeface.data.sampler import BalancedOrder, EpochSampler


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


def of_origins(*origins: tuple[int, str, str, int]) -> list[Record]:
    """Records by label, kind, source and how many there are."""
    return [
        Record(Path(f"{source}{number}"), label, kind=kind, source=source)
        for label, kind, source, size in origins
        for number in range(size)
    ]


ORIGINS = of_origins(
    (REAL, "", "large", 81), (REAL, "", "small", 9), (FAKE, "swapped", "a", 1), (FAKE, "edited", "b", 9)
)


@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_a_balanced_order_draws_classes_alike_and_kinds_and_sources_by_the_root_of_their_size(epoch: int) -> None:
    drawn = order(EpochSampler(BalancedOrder(ORIGINS), seed=3), epoch)
    found = Counter((ORIGINS[index].source) for index in drawn)
    # 100 samples, 50 of each class: of the reals 9 to 3, of the fakes 1 to 3.
    for source, wanted in {"large": 37.5, "small": 12.5, "a": 12.5, "b": 37.5}.items():
        assert abs(found[source] - wanted) < 1
    assert found["large"] + found["small"] == 50
    assert drawn == order(EpochSampler(BalancedOrder(ORIGINS), seed=3), epoch)
    # Within a source none comes twice more often than another.
    times = Counter(index for index in drawn if ORIGINS[index].source == "b")
    assert {times[index] for index in range(91, 100)} == {4, 5}


def test_a_balanced_order_is_another_in_every_epoch_and_reaches_all_photographs() -> None:
    sampler = EpochSampler(BalancedOrder(ORIGINS), seed=3)
    assert order(sampler, 0) != order(sampler, 1)
    assert {index for epoch in range(20) for index in order(sampler, epoch)} == set(range(100))


def test_a_balanced_order_of_many_photographs_takes_little_time() -> None:
    many = of_origins(*((label, "", str(n), 400) for label in (REAL, FAKE) for n in range(50)))
    assert len(order(EpochSampler(BalancedOrder(many), seed=0))) == 40_000  # in seconds, where pairs would take hours


def test_processes_share_one_balanced_order() -> None:
    draw = BalancedOrder(ORIGINS, share_of_reals=0.8, length=51)
    whole = order(EpochSampler(draw, seed=1))
    halves = [order(EpochSampler(draw, seed=1, rank=rank, processes=2)) for rank in range(2)]
    assert [index for pair in zip(*halves, strict=True) for index in pair] == [*whole, whole[0]]
    assert sum(ORIGINS[index].label == REAL for index in whole) in (40, 41)


def test_one_class_without_kinds_and_sources_is_drawn_evenly() -> None:
    records = of_origins((FAKE, "", "", 10))
    assert sorted(order(EpochSampler(BalancedOrder(records), seed=0))) == list(range(10))

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from fakeface.data.cache import DecodedViews
from fakeface.data.data_folder import scan_folder
from fakeface.data.dataset import FaceDataset, Sample
from fakeface.data.images import ImageError
from fakeface.data.loader import ResumableLoader
from fakeface.data.records import REAL, Record
from fakeface.data.sampler import EpochSampler
from fakeface.views.view import ORIGINAL, ViewParameters
from tests.loaders import end_workers


def make_loader(records: list[Record], workers: int = 0, seed: int = 3) -> ResumableLoader:
    """Batches of five under augmentation, so that a batch shows its epoch, place and content."""
    dataset = FaceDataset(records, DecodedViews(records, [ORIGINAL], ViewParameters(32)), "online", seed)
    return ResumableLoader(
        dataset, EpochSampler(len(dataset), seed), batch_size=5, num_workers=workers, pin_memory=False
    )


@pytest.fixture
def records(demo_root: Path) -> list[Record]:
    return scan_folder(demo_root)[:23]


def epoch_of(loader: ResumableLoader, epoch: int) -> list[Any]:
    loader.order.set_epoch(epoch)
    return list(loader)


def same(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(
        torch.equal(one["index"], two["index"]) and torch.equal(one["original"], two["original"])
        for one, two in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("done", [1, 3, 4])
def test_a_restored_loader_hands_out_the_rest_of_the_epoch_and_then_whole_ones(
    records: list[Record], workers: int, done: int
) -> None:
    expected = [epoch_of(make_loader(records), epoch) for epoch in (4, 5)]
    assert len(expected[0]) == 5

    stopped = make_loader(records, workers)
    stopped.order.set_epoch(4)
    batches = iter(stopped)
    first = [next(batches) for _ in range(done)]
    state = stopped.state_dict()

    continued = make_loader(records, workers)
    continued.load_state_dict(state)
    assert same(first + epoch_of(continued, 4), expected[0])
    assert continued.state_dict() == {"batches": 5}
    assert same(epoch_of(continued, 5), expected[1])


def test_what_was_handed_out_before_is_not_read_again(records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    loader = make_loader(records)
    loader.load_state_dict({"batches": 3})
    loader.order.set_epoch(1)
    order = list(loader.order)
    read: list[tuple[int, int]] = []

    def sample(self: FaceDataset, key: tuple[int, int]) -> Sample:
        read.append(key)
        return {"index": key[1]}

    monkeypatch.setattr(FaceDataset, "__getitem__", sample)
    assert [len(batch["index"]) for batch in loader] == [5, 3]
    assert read == order[15:]


def test_a_state_from_the_end_of_an_epoch_starts_the_next_one(records: list[Record]) -> None:
    loader = make_loader(records)
    loader.load_state_dict({"batches": 5})
    assert same(epoch_of(loader, 1), epoch_of(make_loader(records), 1))


def test_nothing_is_read_before_the_first_batch_is_asked_for(records: list[Record]) -> None:
    loader = make_loader(records)
    batches = iter(loader)  # Lightning asks for the iterator before it sets the epoch
    loader.order.set_epoch(2)
    assert same(list(batches), epoch_of(make_loader(records), 2))


def test_loading_draws_nothing_from_the_generator_that_dropout_uses(records: list[Record]) -> None:
    before = torch.get_rng_state()
    list(make_loader(records))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_photograph_is_reported_as_such(records: list[Record], tmp_path: Path, workers: int) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    loader = make_loader([*records, Record(broken, REAL)], workers)
    with pytest.raises(ImageError, match=r"broken\.jpg: not a readable image") as caught:
        list(loader)
    assert caught.value.path == broken
    end_workers(loader)


def test_workers_outlive_signals_to_the_whole_group(records: list[Record]) -> None:
    loader = make_loader(records, workers=1)
    batches = iter(loader)
    found = [next(batches)]
    worker = loader._iterator._workers[0]  # type: ignore[union-attr]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        os.kill(worker.pid, number)
    found += batches
    assert worker.is_alive()
    assert same(found, epoch_of(make_loader(records), 0))


def test_a_process_ends_although_its_workers_ignore_sigterm(demo_root: Path) -> None:
    program = f"""
from pathlib import Path
from fakeface.data.data_folder import scan_folder
from tests.data.test_loader import make_loader
batches = iter(make_loader(scan_folder(Path({str(demo_root)!r})), workers=2))
next(batches)
"""
    repository = Path(__file__).parents[2]
    result = subprocess.run(
        # Torch advises against two workers where there is one core.
        [sys.executable, "-W", "ignore::UserWarning:torch.utils.data.dataloader", "-c", program],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")

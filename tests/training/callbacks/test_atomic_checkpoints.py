import errno
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fakeface.errors import UserError
from fakeface.training.callbacks import AtomicCheckpointIO

LARGE = {"weights": torch.zeros(1 << 18)}
"""A checkpoint of a megabyte."""


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond half a megabyte, which fails with an error as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def read(path: Path) -> float:
    return float(torch.load(path, weights_only=True)["value"])


def test_a_checkpoint_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last.ckpt"
    for value in (1.0, 2.0):
        AtomicCheckpointIO().save_checkpoint({"value": value}, path)
        assert read(path) == value
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_earlier_checkpoint_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"value": 1.0}, path)
    with pytest.raises(UserError, match=r"last\.ckpt cannot be written \(.+\); the earlier one is intact: free disk"):
        AtomicCheckpointIO().save_checkpoint(LARGE, path)
    assert read(path) == 1.0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_without_an_earlier_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be written \(.+\); there is no earlier one: free disk space"):
        AtomicCheckpointIO().save_checkpoint(LARGE, tmp_path / "last.ckpt")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_when_it_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"value": 1.0}, path)

    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UserError, match="No space left on device"):
        AtomicCheckpointIO().save_checkpoint({"value": 2.0}, path)
    assert read(path) == 1.0


def test_a_checkpoint_is_on_the_disk_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    seen: list[tuple[bool, int]] = []

    def fsync(descriptor: int) -> None:
        seen.append((path.exists(), os.fstat(descriptor).st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    AtomicCheckpointIO().save_checkpoint(LARGE, path)
    assert seen == [(False, path.stat().st_size)]


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    (tmp_path / ".last.ckpt.tmp").write_bytes(b"half a checkpoint")
    AtomicCheckpointIO().save_checkpoint({"value": 1.0}, path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/last\.ckpt cannot be written \(.*exists.*\); there is no earlier one"):
        AtomicCheckpointIO().save_checkpoint({"value": 1.0}, tmp_path / "file" / "last.ckpt")

"""Two processes of one training: one writer, the same end, and no hang when one is lost."""

import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.trainings import Training, kill_at, what_is_left


@pytest.fixture
def arguments(demo_root: Path, tmp_path: Path) -> list[str]:
    return [
        f"--data.root={demo_root}",
        f"--data.cache={tmp_path / 'cache'}",
        "--data.size=32",
        "--data.batch_size=4",
        "--data.augmentation=online",
        "--trainer.accelerator=cpu",
        "--trainer.devices=2",
        "--trainer.strategy=ddp",
        "--trainer.max_epochs=3",
        "--trainer.log_every_n_steps=1",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
    ]


def start(folder: Path, *arguments: Sequence[str]) -> list[Training]:
    """Start both processes, each with its arguments, as torchrun does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "test"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        Training(folder, own, shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}, f"log{rank}")
        for rank, own in enumerate(arguments)
    ]


def test_two_processes_stopped_and_continued_are_the_same_and_write_once(arguments: list[str], tmp_path: Path) -> None:
    whole = start(tmp_path / "whole", arguments, arguments)
    assert [process.wait() for process in whole] == [0, 0], whole[0].output + whole[1].output
    run = whole[0].run
    assert run.name == "version_0"
    files = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    events = [file for file in files if file.startswith("events.")]
    assert len(events) == 1
    assert sorted(set(files) - set(events)) == [
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "config.yaml",
        "hparams.yaml",
        "split.csv",
    ]

    # 4 steps an epoch in each process; the signal reaches the first process alone.
    stopped = start(tmp_path / "stopped", [*arguments, *kill_at(6, "on_train_batch_end", "SIGTERM")], arguments)
    assert [process.wait() for process in stopped] == [143, 0], stopped[0].output + stopped[1].output
    assert "stopped by SIGTERM; continue the training with --ckpt_path" in stopped[0].output
    continued = start(tmp_path / "stopped", *[[*arguments, "--ckpt_path=last"]] * 2)
    assert [process.wait() for process in continued] == [0, 0], continued[0].output + continued[1].output
    assert what_is_left(continued[0].run) == what_is_left(run)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_other_with_a_sentence(arguments: list[str], tmp_path: Path, lost: int) -> None:
    own = [arguments, arguments]
    own[lost] = [*arguments, *kill_at(6, "on_train_batch_end")]
    processes = start(tmp_path / "lost", *own)
    assert processes[lost].wait() == -9
    start_of_wait = time.monotonic()
    assert processes[1 - lost].wait() == 2, processes[1 - lost].output
    assert time.monotonic() - start_of_wait < 60
    assert "Traceback" not in processes[1 - lost].output
    assert f"fakeface: error: process {1 - lost} lost another one" in processes[1 - lost].output


@pytest.mark.soak
def test_a_process_that_hangs_ends_the_other_after_the_time_out(arguments: list[str], tmp_path: Path) -> None:
    arguments += ["--trainer.strategy=lightning.pytorch.strategies.DDPStrategy", "--trainer.strategy.timeout=0:00:30"]
    processes = start(tmp_path / "hangs", arguments, [*arguments, *kill_at(6, "on_train_batch_end", "SIGSTOP")])
    try:
        assert processes[0].wait() == 2, processes[0].output
    finally:
        processes[1].send(signal.SIGKILL)
    assert "process 0 lost another one (" in processes[0].output
    assert processes[1].wait() == -9


@pytest.mark.soak
def test_a_process_whose_data_end_early_ends_both_after_the_time_out(arguments: list[str], tmp_path: Path) -> None:
    arguments += ["--trainer.strategy=lightning.pytorch.strategies.DDPStrategy", "--trainer.strategy.timeout=0:00:30"]
    processes = start(tmp_path / "short", arguments, [*arguments, "--trainer.limit_train_batches=3"])
    assert [process.wait() for process in processes] == [2, 2], processes[0].output + processes[1].output

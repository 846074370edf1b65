"""Two processes of one training: one writer, the same end, and no hang when one is lost."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from fakeface.cli import main
from tests.tiny_run import scalars
from tests.trainings import CONFIG, Command, Training, fit_into, kill_at, what_is_left

PROCESSES = ["--trainer.accelerator=cpu", "--trainer.devices=2", "--trainer.strategy=ddp"]


@pytest.fixture(scope="module")
def arguments(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [
        f"--data.root={demo_root}",
        f"--data.cache={tmp_path_factory.mktemp('cache')}",
        "--data.size=32",
        "--data.batch_size=4",
        "--data.augmentation=online",
        '--model.net.init_args.branches={"original": "test_efficientnet", "ela": "test_resnet"}',
        "--model.net.init_args.pretrained=false",
        *PROCESSES,
        "--trainer.max_epochs=3",
        "--trainer.log_every_n_steps=1",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
    ]


@pytest.fixture(scope="module")
def whole(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a training of which this machine's second process was started by the first."""
    folder = tmp_path_factory.mktemp("whole")
    command = [sys.executable, "-m", "fakeface", *fit_into(folder, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / CONFIG.stem / "version_0"


def environments() -> list[dict[str, str]]:
    """What torchrun tells each of two processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "test"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(2)]


def start(folder: Path, *arguments: Sequence[str]) -> list[Training]:
    """Start both processes of a training, each with its arguments, as torchrun does."""
    return [
        Training(folder, own, environment, f"log{rank}")
        for rank, (own, environment) in enumerate(zip(arguments, environments(), strict=True))
    ]


def test_two_processes_write_once(whole: Path) -> None:
    assert [run.name for run in whole.parent.iterdir()] == ["version_0"]
    files = sorted(path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file())
    events = [file for file in files if file.startswith("events.")]
    assert len(events) == 1
    assert sorted(set(files) - set(events)) == [
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "config.yaml",
        "hparams.yaml",
        "split.csv",
    ]
    # 32 training images in batches of 4 for each of two processes, three times.
    assert torch.load(whole / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 12
    assert [step for step, _ in scalars(whole)["val/auroc"]] == [3, 7, 11]


def test_two_processes_test_like_one(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    command = ["test", "--ckpt_path", str(run / "checkpoints" / "last.ckpt")]
    both = [
        Command(tmp_path, [*command, *PROCESSES], environment, f"log{rank}")
        for rank, environment in enumerate(environments())
    ]
    assert [process.wait() for process in both] == [0, 0], both[0].output + both[1].output
    assert "sync_dist" not in both[0].output + both[1].output
    together = json.loads((run / "metrics.json").read_text())
    monkeypatch.chdir(tmp_path)
    assert main(command) == 0
    alone = json.loads((run / "metrics.json").read_text())
    assert together["images"] == alone["images"] == 12
    assert together["metrics"] == pytest.approx(alone["metrics"], abs=1e-6)


def test_two_processes_stopped_and_continued_are_the_same(arguments: list[str], whole: Path, tmp_path: Path) -> None:
    # 4 steps an epoch in each process; the signal reaches the first process alone.
    stopped = start(tmp_path, [*arguments, *kill_at(6, "on_train_batch_end", "SIGTERM")], arguments)
    assert [process.wait() for process in stopped] == [143, 0], stopped[0].output + stopped[1].output
    assert "stopped by SIGTERM; continue the training with --ckpt_path" in stopped[0].output
    continued = start(tmp_path, *[[*arguments, "--ckpt_path=last"]] * 2)
    assert [process.wait() for process in continued] == [0, 0], continued[0].output + continued[1].output
    assert what_is_left(continued[0].run) == what_is_left(whole)


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
    arguments = [
        *arguments,
        "--trainer.strategy=lightning.pytorch.strategies.DDPStrategy",
        "--trainer.strategy.timeout=0:00:30",
    ]
    processes = start(tmp_path / "hangs", arguments, [*arguments, *kill_at(6, "on_train_batch_end", "SIGSTOP")])
    try:
        assert processes[0].wait() == 2, processes[0].output
    finally:
        processes[1].send(signal.SIGKILL)
    assert "process 0 lost another one (" in processes[0].output
    assert processes[1].wait() == -9


@pytest.mark.soak
def test_a_process_whose_data_end_early_ends_both_after_the_time_out(arguments: list[str], tmp_path: Path) -> None:
    arguments = [
        *arguments,
        "--trainer.strategy=lightning.pytorch.strategies.DDPStrategy",
        "--trainer.strategy.timeout=0:00:30",
    ]
    processes = start(tmp_path / "short", arguments, [*arguments, "--trainer.limit_train_batches=3"])
    assert [process.wait() for process in processes] == [2, 2], processes[0].output + processes[1].output

"""Trainings in two processes, started as docs/distributed.md says: by Lightning and by torchrun."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / "configs" / "custom_cnn_original.yaml"
LIGHTNING = ["-m", "fakeface"]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "fakeface"]


@pytest.fixture
def arguments(demo_root: Path, tmp_path: Path) -> list[str]:
    return [
        f"--config={CONFIG}",
        f"--data.root={demo_root}",
        f"--data.cache={tmp_path / 'cache'}",
        "--data.size=32",
        "--data.batch_size=4",
        "--trainer.accelerator=cpu",
        "--trainer.strategy=ddp",
        "--trainer.devices=2",
        "--trainer.enable_model_summary=false",
        "--trainer.enable_progress_bar=false",
    ]


@pytest.fixture
def begin(arguments: list[str], tmp_path: Path) -> Iterator[Callable[[list[str]], subprocess.Popen[bytes]]]:
    """Starts a training without end; returns its first process when there is a checkpoint, the output goes to log."""

    started: list[subprocess.Popen[bytes]] = []

    def start(launcher: list[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, *launcher, "fit", *arguments, "--trainer.max_epochs=10000"]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        started.append(process)
        while not list(tmp_path.glob("lightning_logs/*/*/checkpoints/last.ckpt")):
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.1)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    return [int(number) for number in listed.stdout.split()]


@pytest.mark.soak
@pytest.mark.parametrize(("launcher", "code"), [(LIGHTNING, 143), (TORCHRUN, 1)], ids=["lightning", "torchrun"])
def test_sigterm_to_the_launcher_saves_a_checkpoint(
    begin: Callable[[list[str]], subprocess.Popen[bytes]], tmp_path: Path, launcher: list[str], code: int
) -> None:
    process = begin(launcher)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == code
    output = (tmp_path / "log").read_text()
    assert "fakeface: stopped by SIGTERM; continue the training with --ckpt_path lightning_logs/" in output
    assert [path.name for path in tmp_path.glob("lightning_logs/custom_cnn_original/*")] == ["version_0"]


@pytest.mark.soak
@pytest.mark.parametrize("launcher", [LIGHTNING, TORCHRUN], ids=["lightning", "torchrun"])
def test_a_killed_child_ends_the_others(
    begin: Callable[[list[str]], subprocess.Popen[bytes]], tmp_path: Path, launcher: list[str]
) -> None:
    process = begin(launcher)
    os.kill(children(process)[-1], signal.SIGKILL)
    # Lightning looks after its children every five seconds, and kills where the others have not noticed.
    assert process.wait(120) in ((1,) if launcher is TORCHRUN else (2, -9))
    assert re.search("process 0 lost another one|terminated with code -9", (tmp_path / "log").read_text())

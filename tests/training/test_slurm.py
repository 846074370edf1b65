"""A scheduler's signal ahead of the time limit: the job saves a checkpoint, is requeued, and goes on from it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

from fakeface.training.callbacks.interruption import requeue
from tests.trainings import Training, kill_at

REPOSITORY = Path(__file__).parents[2]

JOB = {"SLURM_JOB_ID": "4711", "SLURM_JOB_NAME": "fakeface", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1"}
JOB |= {"SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}


def write_scontrol(folder: Path, code: int = 0) -> Path:
    """Write a ``scontrol`` that notes its arguments; return the notes' path."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / "notes"
    program = folder / "scontrol"
    program.write_text(f'#!/bin/sh\necho "$@" >> {notes}\necho "Requested operation not permitted" >&2\nexit {code}\n')
    program.chmod(0o755)
    return notes


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The notes of ``scontrol`` in a job."""
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return write_scontrol(tmp_path / "bin")


def test_the_job_is_requeued(job: Path) -> None:
    requeue(SLURMEnvironment())
    assert job.read_text() == "requeue 4711\n"


def test_of_an_array_only_this_task_is_requeued(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "4700")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    requeue(SLURMEnvironment())
    assert job.read_text() == "requeue 4700_3\n"


def test_nothing_is_requeued_where_none_asked_for_it(job: Path) -> None:
    requeue(SLURMEnvironment(auto_requeue=False))
    requeue(LightningEnvironment())
    assert not job.exists()


def test_a_refusal_is_told(job: Path, tmp_path: Path) -> None:
    write_scontrol(tmp_path / "bin", code=1)
    message = r"SLURM does not requeue job 4711 \(Requested operation not permitted\): submit it again to continue"
    with pytest.warns(UserWarning, match=message):
        requeue(SLURMEnvironment())
    (tmp_path / "bin" / "scontrol").unlink()
    with pytest.warns(UserWarning, match=r"SLURM does not requeue job 4711 \(.*scontrol.*\): submit it again"):
        requeue(SLURMEnvironment())


@pytest.mark.parametrize(("number", "code"), [("SIGUSR1", 138), ("SIGTERM", 143)])
def test_a_training_saves_before_it_is_requeued_and_goes_on(
    demo_root: Path, tmp_path: Path, number: str, code: int
) -> None:
    notes = write_scontrol(tmp_path / "bin")
    last = tmp_path / "custom_cnn_original" / "version_0" / "checkpoints" / "last.ckpt"
    # Noted when it is called: whether there is something to go on from.
    (tmp_path / "bin" / "scontrol").write_text(f'#!/bin/sh\n[ -e {last} ] && echo "$@" >> {notes}\n')
    arguments = [
        f"--data.root={demo_root}",
        f"--data.cache={tmp_path / 'cache'}",
        "--data.size=32",
        "--data.batch_size=8",
        "--trainer.accelerator=cpu",
        "--trainer.max_epochs=2",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
    ]
    job = JOB | {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    stopped = Training(tmp_path, [*arguments, *kill_at(2, "on_train_batch_end", number)], job)
    assert stopped.wait() == code, stopped.output
    # SIGTERM is what `scancel` sends: such a job is to end.
    requeued = number == signal.SIGUSR1.name
    assert (notes.read_text() if notes.exists() else "") == ("requeue 4711\n" if requeued else "")
    assert ("SLURM has requeued job 4711" in stopped.output) == requeued
    assert f"stopped by {number}; continue the training with --ckpt_path {last}" in stopped.output
    assert not list(tmp_path.glob("hpc_ckpt*")), "Lightning's own handler was at work"
    if requeued:
        continued = Training(tmp_path, [*arguments, f"--ckpt_path={last}"], job | {"SLURM_RESTART_COUNT": "1"})
        assert continued.wait() == 0, continued.output
        assert "`max_epochs=2` reached" in continued.output
        assert continued.run.name == "version_0"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.soak
def test_the_documented_job_is_requeued_and_goes_on(demo_root: Path, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "distributed.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n#SBATCH.*?)```", page, re.DOTALL)
    (tmp_path / "job.sh").write_text(script, encoding="utf-8")
    (tmp_path / "configs").symlink_to(REPOSITORY / "configs")
    programs = tmp_path / "bin"
    # Two tasks on this machine, of which both get the signal; the highest exit code is srun's.
    write_program(
        programs / "srun",
        'SLURM_PROCID=0 SLURM_LOCALID=0 "$@" & first=$!\nSLURM_PROCID=1 SLURM_LOCALID=1 "$@" & second=$!\n'
        f"echo $first $second > {tmp_path / 'tasks'}\nwait $first; code=$?\nwait $second && exit $code",
    )
    # What the page's network and machines are too large for; later flags win.
    small = f"""--data.root={demo_root} --data.cache={tmp_path / "cache"} --data.size=32 --data.batch_size=4
        --model.net.init_args.branches='{{"original": "custom_cnn"}}' --model.net.init_args.pretrained=false
        --trainer.accelerator=cpu --trainer.num_nodes=1 --trainer.devices=2 --trainer.max_epochs=$EPOCHS
        --trainer.enable_progress_bar=false"""
    write_program(programs / "fakeface", f'exec {sys.executable} -m fakeface "$@" {" ".join(small.split())}')
    write_program(programs / "scontrol", f'echo "$@" >> {tmp_path / "requeued"}')
    job = os.environ | JOB | {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2"}
    job |= {"PATH": f"{programs}:{os.environ['PATH']}", "MASTER_ADDR": "127.0.0.1"}

    def submit(epochs: int) -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("wb") as log:
            return subprocess.Popen(["bash", "job.sh"], cwd=tmp_path, env=job | {"EPOCHS": str(epochs)}, stderr=log)

    process = submit(10000)
    last = tmp_path / "lightning_logs" / "fusion_type1" / "job_4711" / "checkpoints" / "last.ckpt"
    while not last.exists():
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.1)
    for task in (tmp_path / "tasks").read_text().split():
        os.kill(int(task), signal.SIGUSR1)
    assert process.wait(300) == 138, (tmp_path / "log").read_text()
    assert (tmp_path / "requeued").read_text() == "requeue 4711\n"

    reached: int = torch.load(last, weights_only=True)["epoch"]
    assert submit(reached + 2).wait(600) == 0, (tmp_path / "log").read_text()
    assert torch.load(last, weights_only=True)["epoch"] == reached + 1
    assert [path.name for path in last.parents[2].iterdir()] == ["job_4711"]

"""A scheduler's signal ahead of the time limit: the job saves a checkpoint, is requeued, and goes on from it."""

import signal
from pathlib import Path

import pytest
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

from fakeface.slurm import requeue
from tests.trainings import Training, kill_at

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

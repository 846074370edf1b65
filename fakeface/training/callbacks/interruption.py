"""SIGTERM, Ctrl-C and SIGUSR1: a checkpoint is saved, and the process says by its exit code what ended it."""

import math
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn

from fakeface.training.runs import CHECKPOINTS

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""What users and schedulers send; SLURM sends SIGUSR1 ahead of the time limit where it is asked to."""


class Interruption(BaseException):
    """A signal ended the work; like ``KeyboardInterrupt``, no ``except Exception`` stops it on its way.

    Args:
        number: The signal.
        checkpoint: Where the training was saved, if it had begun.

    Attributes:
        exit_code: 128 and the signal's number, as shells report it: 143 for SIGTERM, 130 for Ctrl-C.
    """

    def __init__(self, number: int, checkpoint: Path | None = None) -> None:
        advice = "" if checkpoint is None else f"; continue the training with --ckpt_path {checkpoint}"
        super().__init__(f"stopped by {signal.Signals(number).name}{advice}")
        self.exit_code = 128 + number


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the signals end what is inside by an ``Interruption``.

    Lightning would make exit code 0 of SIGTERM and 1 of Ctrl-C, and of SIGUSR1 a checkpoint from the middle of a step.
    """
    previous = _set_handlers(_interrupt)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interruption(number)


def _set_handlers(handler: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in SIGNALS}


class SaveOnInterruption(Checkpoint):
    """Saves ``last.ckpt`` after the batch in which a signal came, and stops before the next one.

    Several processes agree on that batch after every ``log_every_n_steps`` of them and at the end of an epoch.

    In between lies what belongs to the batch: its figures are logged. Of the last batch of an epoch, validation and the
    epoch's own checkpoints are a part, so there and in validation a signal waits for the end of the epoch. A second
    Ctrl-C ends the process at once; the last checkpoint stays whole. After SIGUSR1, a job of SLURM is requeued: these
    handlers stand in the place of Lightning's, which would save and requeue in the middle of a step.
    """

    def __init__(self) -> None:
        self._received = 0
        self._speaks = True
        self._interruption: Interruption | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remember signals from now on."""
        self._speaks = trainer.is_global_zero
        _set_handlers(self._remember)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let signals end a validation that is no part of a training."""
        if trainer.state.fn is not TrainerFn.FITTING:
            _set_handlers(_interrupt)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let signals end a test."""
        _set_handlers(_interrupt)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT == self._received:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
        if not self._received and self._speaks:
            # Not by print: the signal may have come in the middle of another one.
            again = ", again to stop at once" if number == signal.SIGINT else ""
            os.write(2, f"\n{signal.Signals(number).name}: saving a checkpoint first{again}\n".encode())
        self._received = number

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Stop when a checkpoint was saved for it.

        Raises:
            Interruption: When a signal came.
        """
        if self._interruption is not None:
            raise self._interruption

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save where the next thing to happen is another step."""
        done, all_done = batch_idx + 1, trainer.fit_loop.total_batch_idx + 1
        accumulates = done % trainer.accumulate_grad_batches != 0
        interval = trainer.val_check_batch or math.inf
        validates = trainer.is_last_batch or done % interval == 0 or all_done % interval == 0
        # Processes that ask each other after every batch would wait for each other as often.
        every = max(1, trainer.log_every_n_steps)  # type: ignore[attr-defined]  # set by a connector
        asks = trainer.world_size == 1 or done % every == 0
        if asks and not accumulates and not validates:
            self._save_if_interrupted(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save at the end of an epoch, behind the callbacks that choose the best."""
        self._save_if_interrupted(trainer, pl_module)

    def _save_if_interrupted(self, trainer: Trainer, pl_module: LightningModule) -> None:
        number = self._received
        if trainer.world_size > 1:  # all processes stop after the same batch
            number = int(trainer.strategy.reduce(torch.tensor(number, device=pl_module.device), reduce_op="max"))
        if number:
            folder = trainer.log_dir or trainer.default_root_dir  # asks all processes
            checkpoint = Path(folder, CHECKPOINTS, "last.ckpt")
            trainer.save_checkpoint(checkpoint, weights_only=False)
            self._interruption = Interruption(number, checkpoint)
            if number == signal.SIGUSR1 and trainer.is_global_zero:
                requeue(trainer._accelerator_connector.cluster_environment)


def requeue(environment: object) -> None:
    """Put the job that this process belongs to back into SLURM's queue; warn where SLURM refuses.

    Args:
        environment: What Lightning found to have started the processes. Nothing happens unless it is SLURM's ``srun``,
            and where its ``auto_requeue`` is off.
    """
    if not (isinstance(environment, SLURMEnvironment) and environment.auto_requeue):
        return
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    job = f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ["SLURM_JOB_ID"]
    try:
        subprocess.run(["scontrol", "requeue", job], check=True, capture_output=True, text=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip()
        rank_zero_warn(f"SLURM does not requeue job {job} ({reason}): submit it again to continue")
    else:
        rank_zero_info(f"SLURM has requeued job {job}")

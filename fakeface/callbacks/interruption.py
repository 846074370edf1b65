"""SIGTERM and Ctrl-C: a checkpoint is saved, and the process says by its exit code what ended it."""

import signal
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities import rank_zero_info

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class TrainingInterruptedError(Exception):
    """A signal ended the training after a checkpoint was saved.

    Attributes:
        exit_code: 128 and the signal's number, as shells report it: 143 for SIGTERM, 130 for Ctrl-C.
    """

    def __init__(self, number: int, checkpoint: Path) -> None:
        name = signal.Signals(number).name
        super().__init__(f"{name} stopped the training; continue it with --ckpt_path {checkpoint}")
        self.exit_code = 128 + number


class SaveOnInterruption(Callback):
    """Saves ``last.ckpt`` after the batch in which SIGTERM or Ctrl-C came, and stops.

    A signal during validation takes effect when the validation is over. A second signal ends the process at once; the
    last checkpoint stays whole, since checkpoints are written beside and renamed.
    """

    def __init__(self) -> None:
        self._received = 0
        self._previous: dict[signal.Signals, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over from Lightning, which would end the process with exit code 0."""
        self._previous = {number: signal.signal(number, self._receive) for number in SIGNALS}

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received = number
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        rank_zero_info(f"{signal.Signals(number).name}: saving a checkpoint after this batch; again to stop at once")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save and stop, in all processes after the same batch.

        Raises:
            TrainingInterruptedError: When a signal came.
        """
        received = torch.tensor(self._received, device=pl_module.device)
        number = int(trainer.strategy.reduce(received, reduce_op="max"))
        if number:
            checkpoint = self._checkpoint(trainer)
            trainer.save_checkpoint(checkpoint)
            raise TrainingInterruptedError(number, checkpoint)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    @staticmethod
    def _checkpoint(trainer: Trainer) -> Path:
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint) and callback.filename == "last" and callback.dirpath:
                return Path(callback.dirpath) / "last.ckpt"
        return Path(trainer.default_root_dir) / "last.ckpt"

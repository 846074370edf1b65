"""What dropout draws, as a function of where the training is."""

from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class RandomState(Callback):
    """Seeds torch's generators before every batch, from (seed, process, epoch, batch).

    A continued training then drops out the same features in every process, though Lightning's checkpoints leave out the
    generators' states. Order and augmentation are functions of (seed, epoch, index) in the same way.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remember the seed of the training."""
        self._seed = torch.initial_seed()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed the generators of the CPU and of all GPUs."""
        place = np.random.SeedSequence([self._seed, trainer.global_rank, trainer.current_epoch, batch_idx])
        torch.manual_seed(int(place.generate_state(1)[0]))

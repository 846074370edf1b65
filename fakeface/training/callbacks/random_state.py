"""The state of torch's random number generators, which Lightning's checkpoints leave out."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor


class RandomState(Callback):
    """Puts the generators' states into every checkpoint, so that a resumed run drops out the same features.

    Order and augmentation need none of this: they are functions of (seed, epoch, index). A checkpoint that one process
    writes holds its states alone; under several processes, the others draw as after a fresh start.
    """

    def __init__(self) -> None:
        self._to_restore: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the states of the CPU's and all GPUs' generators."""
        return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the states until training starts: set-up draws numbers too."""
        self._to_restore = state_dict

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the states of a checkpoint."""
        if self._to_restore:
            torch.set_rng_state(self._to_restore["cpu"])
            states: list[Tensor] = self._to_restore["cuda"]
            if len(states) == torch.cuda.device_count():
                torch.cuda.set_rng_state_all(states)
            self._to_restore = {}

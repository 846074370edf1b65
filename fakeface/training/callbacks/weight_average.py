"""Validation, test and checkpoints with an exponential moving average of the weights."""

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


class WeightAverage(WeightAveraging):
    """Averages weights and the statistics of batch normalisation after every step (https://arxiv.org/abs/1806.05594).

    ``state_dict`` of a checkpoint is the average; what is trained on lies beside it, for resuming.

    Args:
        decay: Share of the old average that a step keeps. The first steps keep less, for the average starts at weights
            that have learnt nothing.
    """

    def __init__(self, decay: float = 0.99) -> None:
        def average(averaged: list[Tensor], current: list[Tensor], updates: Tensor) -> None:
            if averaged[0].is_floating_point():
                count = int(updates)  # waits for the device, once for all tensors
                kept = min(decay, (count + 1) / (count + 20))
                torch._foreach_lerp_(averaged, current, 1 - kept)
            else:
                torch._foreach_copy_(averaged, current)

        super().__init__(multi_avg_fn=average)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the average where the network is trained; at this moment Lightning would make it on the CPU."""
        pl_module.to(trainer.strategy.root_device)
        super().setup(trainer, pl_module, stage)

"""Validation, test and checkpoints with an exponential moving average of the weights."""

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
        def average(averaged: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
            if not averaged.is_floating_point():
                return current
            kept = min(decay, (int(updates) + 1) / (int(updates) + 20))
            return averaged.lerp(current, 1 - kept)

        super().__init__(avg_fn=average)

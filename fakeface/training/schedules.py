"""Learning rates that change with every batch."""

import math
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from fakeface.errors import UserError


@dataclass(frozen=True)  # jsonargparse reads defaults from __dict__
class WarmupCosine:
    """A linear rise to the full learning rate, then half a cosine down (https://arxiv.org/abs/1608.03983).

    Attributes:
        warmup: Share of the training that the rise takes.
        floor: The last learning rate as a share of the full one.

    Raises:
        UserError: When a share is out of range.
    """

    warmup: float = 0.08
    floor: float = 0.01

    def __post_init__(self) -> None:
        if not (0 <= self.warmup < 1 and 0 <= self.floor <= 1):
            raise UserError(
                f"model.step_schedule has warmup {self.warmup} and floor {self.floor}: choose shares from 0 to 1"
            )

    def factor(self, step: int, steps: int) -> float:
        """Return the factor on the learning rates in a step, counted from 0, of so many."""
        rise = min(1.0, (step + 1) / max(1.0, self.warmup * steps))
        progress = min(1.0, max(0.0, (step / steps - self.warmup) / (1 - self.warmup)))
        return rise * (self.floor + (1 - self.floor) * (1 + math.cos(math.pi * progress)) / 2)

    def __call__(self, optimizer: Optimizer, steps: int) -> LambdaLR:
        """Make the schedule of a training of so many steps."""
        return LambdaLR(optimizer, lambda step: self.factor(step, steps))

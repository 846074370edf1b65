from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule, Trainer

from fakeface.training.callbacks import RandomState


def draw(batches: Sequence[tuple[int, int]], seed: int = 5, process: int = 0) -> list[list[float]]:
    """What is drawn in batches, each an epoch and a number, of one training."""
    torch.manual_seed(seed)
    callback, module = RandomState(), LightningModule()
    trainer: Any = SimpleNamespace(global_rank=process, current_epoch=0)
    callback.on_train_start(cast(Trainer, trainer), module)
    drawn = []
    for trainer.current_epoch, number in batches:
        callback.on_train_batch_start(cast(Trainer, trainer), module, None, number)
        drawn.append(torch.rand(4).tolist())
        torch.rand(3)  # what else a batch draws must not matter to the next one
    return drawn


def test_a_training_that_begins_in_the_middle_draws_what_the_whole_one_does() -> None:
    whole = draw([(0, 0), (0, 1), (1, 0), (1, 1)])
    assert draw([(1, 0), (1, 1)]) == whole[2:]
    assert draw([(1, 1)]) == whole[3:]


def test_every_batch_epoch_process_and_seed_draws_something_else() -> None:
    batches = [(0, 0), (0, 1), (1, 0), (1, 1)]
    drawn = draw(batches) + draw(batches, process=1) + draw(batches, seed=6)
    assert len({tuple(numbers) for numbers in drawn}) == len(drawn) == 12

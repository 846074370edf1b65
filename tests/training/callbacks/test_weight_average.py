import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader

from fakeface.training.callbacks import SaveOnInterruption, WeightAverage
from fakeface.training.callbacks.interruption import Interruption, interruptible


class Climber(LightningModule):
    """Its weight rises by one in every step, and it notes the weight that it is validated with."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.validated: list[float] = []

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        return -self.weight.sum()

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.validated.append(self.weight.item())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)


def test_validation_and_the_trained_network_see_the_average() -> None:
    module = Climber()
    loader: DataLoader[Tensor] = DataLoader(torch.zeros(3, 1))  # type: ignore[arg-type]
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[WeightAverage(decay=0.08)],
    )
    trainer.fit(module, loader, loader)
    # After the steps the weight is 1, 2, 3. The first is copied; of the average, min(0.08, 2/21) and min(0.08, 3/22)
    # are kept: 0.08 · 1 + 0.92 · 2 = 1.92, 0.08 · 1.92 + 0.92 · 3 = 2.9136.
    assert module.validated == [pytest.approx(2.9136)] * 3
    assert module.weight.item() == pytest.approx(2.9136)


def test_what_a_signal_saves_holds_the_average_of_its_last_step(tmp_path: Path) -> None:
    class SendSigterm(Callback):
        def on_train_batch_start(
            self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
        ) -> None:
            if batch_idx == 1:
                signal.raise_signal(signal.SIGTERM)

    loader: DataLoader[Tensor] = DataLoader(torch.zeros(3, 1))  # type: ignore[arg-type]
    trainer = Trainer(
        default_root_dir=tmp_path,
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        # In the order of base.yaml and what a configuration appends to it.
        callbacks=[SaveOnInterruption(), SendSigterm(), WeightAverage(decay=0.08)],
    )
    with pytest.raises(Interruption), interruptible():
        trainer.fit(Climber(), loader)
    saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert saved["current_model_state"]["weight"].item() == 2
    assert saved["state_dict"]["weight"].item() == pytest.approx(1.92)  # 0.08 · 1 + 0.92 · 2
    assert saved["callbacks"]["WeightAverage"] == {"latest_update_step": 2}


def test_the_first_steps_keep_less() -> None:
    callback = WeightAverage(decay=0.99)
    average = callback._kwargs["avg_fn"]
    # (1 + 1) / (1 + 20) of the old and the rest of the new.
    assert average(torch.zeros(1), torch.ones(1), torch.tensor(1)).item() == pytest.approx(1 - 2 / 21)
    assert average(torch.zeros(1), torch.ones(1), torch.tensor(10**6)).item() == pytest.approx(0.01)
    # Counters are taken over.
    assert average(torch.tensor(3), torch.tensor(5), torch.tensor(1)).item() == 5

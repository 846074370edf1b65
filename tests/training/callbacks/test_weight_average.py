import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils._python_dispatch import TorchDispatchMode
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
    average = WeightAverage(decay=0.99)._kwargs["multi_avg_fn"]

    def averaged(old: Tensor, new: Tensor, updates: int) -> Any:
        average([old], [new], torch.tensor(updates))
        return old.item()

    # (1 + 1) / (1 + 20) of the old and the rest of the new.
    assert averaged(torch.zeros(1), torch.ones(1), 1) == pytest.approx(1 - 2 / 21)
    assert averaged(torch.zeros(1), torch.ones(1), 10**6) == pytest.approx(0.01)
    # Counters are taken over.
    assert averaged(torch.tensor(3), torch.tensor(5), 1) == 5


class CountReads(TorchDispatchMode):
    """Counts how often a tensor becomes a number, for which the host waits."""

    reads = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.reads += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_a_step_waits_for_the_device_as_often_whatever_the_network() -> None:
    module = nn.Sequential(*(nn.BatchNorm1d(2) for _ in range(40)))
    averaged = AveragedModel(module, use_buffers=True, **WeightAverage()._kwargs)
    averaged.update_parameters(module)
    with CountReads() as count:
        averaged.update_parameters(module)
    assert count.reads <= 4


def test_the_average_lies_where_the_network_is_trained() -> None:
    callback, module = WeightAverage(), Climber()
    trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device("meta")))
    callback.setup(trainer, module, "fit")  # type: ignore[arg-type]
    assert callback._average_model is not None
    assert {tensor.device.type for tensor in callback._average_model.state_dict().values()} == {"meta"}

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer

from fakeface.training.callbacks import RandomState

TRAINER: Any = Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)


def test_restored_generators_go_on_where_they_were() -> None:
    torch.manual_seed(5)
    torch.rand(3)
    state = RandomState().state_dict()
    expected = torch.rand(4)

    torch.manual_seed(6)
    continued = RandomState()
    continued.load_state_dict(state)
    torch.rand(10)  # set-up draws numbers too
    continued.on_train_start(TRAINER, LightningModule())
    assert torch.equal(torch.rand(4), expected)


def test_a_restored_state_is_used_once() -> None:
    callback = RandomState()
    callback.load_state_dict(RandomState().state_dict())
    callback.on_train_start(TRAINER, LightningModule())
    first = torch.rand(4)
    callback.on_train_start(TRAINER, LightningModule())
    assert not torch.equal(torch.rand(4), first)


def test_a_fresh_start_draws_as_the_seed_says() -> None:
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    RandomState().on_train_start(TRAINER, LightningModule())
    assert torch.equal(torch.rand(4), expected)


def test_states_of_other_gpus_are_left_alone() -> None:
    callback = RandomState()
    callback.load_state_dict(
        {"cpu": torch.get_rng_state(), "cuda": [torch.zeros(16)] * (torch.cuda.device_count() + 1)}
    )
    callback.on_train_start(TRAINER, LightningModule())


def test_the_state_can_be_loaded_without_running_code(tmp_path: Any) -> None:
    torch.save(RandomState().state_dict(), tmp_path / "state")
    assert torch.equal(torch.load(tmp_path / "state", weights_only=True)["cpu"], torch.get_rng_state())

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.demos.boring_classes import BoringModel

from fakeface.training.callbacks import BestCheckpoint


class Scored(BoringModel):
    """A training whose epochs have the AUROCs that it is given."""

    def __init__(self, aurocs: list[float]) -> None:
        super().__init__()
        self.aurocs = aurocs

    def on_validation_epoch_end(self) -> None:
        self.log("val/auroc", torch.tensor(self.aurocs[self.current_epoch], dtype=torch.float64))


def kept(folder: Path, kind: type[ModelCheckpoint], aurocs: list[float], epoch: int = 1, steps: int = -1) -> Any:
    """Train for so many epochs of so many steps, or for so many steps; return the checkpoint that is kept."""
    checkpoint = kind(folder, "best", monitor="val/auroc", mode="max", save_on_train_epoch_end=True)
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=len(aurocs),
        max_steps=steps,
        limit_train_batches=epoch,
        limit_val_batches=1,
        callbacks=[checkpoint],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(Scored(aurocs))
    assert [file.name for file in folder.iterdir()] == ["best.ckpt"]
    return torch.load(folder / "best.ckpt", weights_only=False)


@pytest.mark.parametrize(
    ("aurocs", "best"), [([0.5, 1, 0.9, 1, 0.9], 3), ([0.5, 0.7, 0.6], 1), ([0.5, 0.5, 0.5], 2), ([0.7, 0.6, 0.65], 0)]
)
def test_of_epochs_that_are_as_good_the_last_is_kept(aurocs: list[float], best: int, tmp_path: Path) -> None:
    assert kept(tmp_path, BestCheckpoint, aurocs)["epoch"] == best


def test_steps_after_the_last_validation_replace_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path, BestCheckpoint, [0.5, 0.9, 0.0], epoch=2, steps=5)["global_step"] == 4


def test_lightning_itself_keeps_the_first(tmp_path: Path) -> None:
    assert kept(tmp_path, ModelCheckpoint, [0.5, 1, 0.9, 1])["epoch"] == 1


def test_its_state_in_a_checkpoint_is_that_of_lightnings_class() -> None:
    ours, theirs = (kind(monitor="val/auroc", mode="max") for kind in (BestCheckpoint, ModelCheckpoint))
    assert ours.state_key == theirs.state_key

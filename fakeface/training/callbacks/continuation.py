"""What makes a continued run the same run, beyond what Lightning restores."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from lightning.pytorch.utilities import rank_zero_info


class Continuation(Callback):
    """Keeps the logged figures, the best score and the decision to stop early through a kill.

    TensorBoard writes figures out every two minutes; here they are on the disk before the checkpoint that follows them.
    ``ModelCheckpoint`` forgets its best score when its folder was moved or is spelt another way, and would replace the
    best checkpoint by the next one. ``EarlyStopping`` keeps what it counts but not that it had enough. The precision is
    noted in every checkpoint, so that it is tested as it was trained.
    """

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Write out what was logged, and note the precision."""
        checkpoint["precision"] = trainer.precision
        for logger in trainer.loggers:
            logger.save()

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Let the states of checkpoint callbacks name the run's folder as this process does."""
        source = Path(trainer.ckpt_path or "").resolve().parent
        for callback in trainer.checkpoint_callbacks:
            state = checkpoint["callbacks"].get(callback.state_key)
            if isinstance(callback, ModelCheckpoint) and state and Path(callback.dirpath or "").resolve() == source:
                checkpoint["callbacks"][callback.state_key] = _moved(state, Path(callback.dirpath or ""))

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop where the checkpoint's run had stopped early."""
        for callback in trainer.early_stopping_callbacks:
            if isinstance(callback, EarlyStopping) and callback.stopping_reason != EarlyStoppingReason.NOT_STOPPED:
                rank_zero_info(f"This run had stopped early: {callback.stopping_reason_message}")
                trainer.should_stop = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin where the checkpoint was written.

        A schedule that asks for the number of steps has the loaders made before Lightning reads their states, which it
        then leaves out; under ``max_steps`` it would end the epoch of the checkpoint a second time.
        """
        loop = trainer.fit_loop
        loop._load_combined_loader_states()
        if loop.restarted_on_epoch_end:
            loop.epoch_progress.increment_completed()
            loop._restarting = loop.epoch_loop.restarting = False
            loop.reset_restart_stage()


def _moved(state: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the state of a ``ModelCheckpoint`` with its files in another folder."""

    def move(path: str) -> str:
        return path and str(folder / Path(path).name)

    paths = {name: move(state[name]) for name in ("best_model_path", "kth_best_model_path", "last_model_path")}
    best = {move(path): score for path, score in state["best_k_models"].items()}
    return {**state, **paths, "dirpath": str(folder), "best_k_models": best}


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

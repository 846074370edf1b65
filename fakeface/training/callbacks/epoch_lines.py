"""What a training says in a terminal: a line an epoch, where the run is in the end, and a bar that leaves nothing."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from lightning.pytorch.utilities import rank_zero_info

_FIGURES = {"train/loss": "loss", "val/loss": "val loss", "val/auroc": "AUROC", "val/accuracy": "accuracy"}


class EpochLines(Checkpoint):
    """Prints the figures of each epoch, and at the end the best ones with the run's folder.

    It saves nothing; what it prints is known when checkpoints are saved, and not before.
    """

    def __init__(self) -> None:
        self._best: int | None = None
        self._validated: int | None = None

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the epoch: of one without a validation the trainer still has the figures of one before."""
        self._validated = trainer.current_epoch

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print a line."""
        known = trainer.callback_metrics
        if self._validated != trainer.current_epoch:
            known = {name: figure for name, figure in known.items() if not name.startswith("val/")}
        figures = ", ".join(f"{words} {known[name]:.3f}" for name, words in _FIGURES.items() if name in known)
        epoch, chosen = trainer.current_epoch + 1, trainer.checkpoint_callback
        best = (
            isinstance(chosen, ModelCheckpoint)
            and chosen.monitor in known
            and known[chosen.monitor] == chosen.best_model_score
        )
        if best:
            self._best = epoch
        last = "" if trainer.max_epochs in (None, -1) else f" of {trainer.max_epochs}"
        pl_module.print(f"Epoch {epoch}{last}: {figures}{' (best)' if best else ''}")

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what is best, where the run is, and how to test it."""
        folder, chosen = trainer.log_dir, trainer.checkpoint_callback  # the former asks all processes
        if folder is None or not isinstance(chosen, ModelCheckpoint) or not chosen.best_model_path:
            return
        score = "" if chosen.best_model_score is None else f"Best {chosen.monitor} {chosen.best_model_score:.3f}"
        epoch = "" if self._best is None else f" in epoch {self._best}"
        start = f"{score}{epoch}; the run" if score else "The run"
        rank_zero_info(f"{start} is in {folder}; test it: fakeface test --ckpt_path {chosen.best_model_path}")


class PassingBar(TQDMProgressBar):
    """A bar as wide as the terminal allows, for the figures are in the lines, and gone when its work is done."""

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """Show no figures."""
        return {}

    def init_train_tqdm(self) -> Tqdm:
        """Return the bar of a training."""
        return _passing(super().init_train_tqdm())

    def init_validation_tqdm(self) -> Tqdm:
        """Return the bar of a validation."""
        return _passing(super().init_validation_tqdm())

    def init_test_tqdm(self) -> Tqdm:
        """Return the bar of a test."""
        return _passing(super().init_test_tqdm())


def _passing(bar: Tqdm) -> Tqdm:
    bar.leave = False
    return bar

"""Which epoch is the best one."""

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor


class BestCheckpoint(ModelCheckpoint):
    """Keeps the best epoch, and of epochs that are as good the last, which was trained longest.

    On a few photographs several epochs reach an AUROC of 1, and the first of them, which Lightning keeps, ranks well
    long before its probabilities mean anything.
    """

    _validated_at: int | None = None
    """Steps taken when the scores were measured: where ``max_steps`` ends an epoch early, they are old ones."""

    @property
    def state_key(self) -> str:
        """The name of its state in checkpoints, that of Lightning's class, which they were written with before."""
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__, 1)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the epoch if it is the best one."""
        self._validated_at = trainer.global_step
        super().on_validation_end(trainer, pl_module)

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Return whether the epoch replaces the one that is kept."""
        is_new = self._validated_at == trainer.global_step
        is_as_good = is_new and current is not None and current == self.best_model_score
        return super().check_monitor_top_k(trainer, current) or bool(is_as_good)

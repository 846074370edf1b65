"""The LightningModule: one step for train, validation and test around any network of ``fakeface.models``."""

import warnings
from typing import Any

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from lightning.pytorch.utilities.types import LRSchedulerTypeUnion, OptimizerLRScheduler
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim.lr_scheduler import ReduceLROnPlateau

from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration
from fakeface.models import FaceNetwork, FaceOutput
from fakeface.training.checkpoints import as_configuration, note_configuration
from fakeface.training.metrics import FaceMetrics
from fakeface.training.schedules import WarmupCosine

Batch = dict[str, Any]

WATCHED = "val/loss"
"""What a schedule like ``ReduceLROnPlateau`` watches."""

MAP_POSITIVE_WEIGHT = 3.0
"""Factor on the loss of foreign places, which are few."""


class FakeFaceModule(LightningModule):
    """Trains and measures a network that tells fake faces from real ones.

    The loss is binary cross-entropy for a network with one output and cross-entropy for one with two (section 3.8 of
    the report) or with kinds, plus binary cross-entropy over the regions where the network scores them, and over the
    places of the face where it draws a map and the batch knows it.

    Args:
        net: The network; it says by ``views`` what it reads.
        optimizer: Makes the optimiser from the parameters.
        lr_scheduler: Makes a learning-rate schedule from the optimiser, stepped once an epoch; none by default.
        step_schedule: A schedule over the whole training, stepped once a batch, in place of ``lr_scheduler``.
        region_loss_weight: Factor on the loss of the region head.
        map_loss_weight: Factor on the loss of the map.

    Attributes:
        calibration: What was chosen on validation for these weights, or ``None``; checkpoints carry it.
    """

    def __init__(
        self,
        net: FaceNetwork,
        optimizer: OptimizerCallable,
        lr_scheduler: LRSchedulerCallable | None = None,
        step_schedule: WarmupCosine | None = None,
        region_loss_weight: float = 1.0,
        map_loss_weight: float = 0.5,
    ) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # The network of a checkpoint is a configuration, see ``on_save_checkpoint``.
            warnings.filterwarnings("ignore", ".*is an instance of `nn.Module` and is already saved.*")
            self.save_hyperparameters()
        note_configuration(self)
        self.net = net
        self.optimizer = optimizer
        self.lr_scheduler = lr_scheduler
        self.step_schedule = step_schedule
        self.region_loss_weight = region_loss_weight
        self.map_loss_weight = map_loss_weight
        self.calibration: Calibration | None = None
        self.train_metrics, self.val_metrics, self.test_metrics = FaceMetrics(), FaceMetrics(), FaceMetrics()

    def forward(self, views: Batch) -> FaceOutput:
        """Classify a batch of views; see ``FaceNetwork.forward``."""
        output: FaceOutput = self.net(views)
        return output

    def loss(self, output: FaceOutput, batch: Batch) -> Tensor:
        """Return the mean loss of a batch, a scalar."""
        label = batch["label"]
        if output.has_kinds:
            loss = kind_loss(output, batch["kind"])
        elif output.label.shape[1] == 2:
            loss = cross_entropy(output.label, label.long())
        else:
            loss = binary_cross_entropy_with_logits(output.fake_logit, label)
        if output.regions is not None:
            known = ~batch["regions"].isnan()
            if known.any():
                regions = binary_cross_entropy_with_logits(output.regions[known], batch["regions"][known])
                loss = loss + self.region_loss_weight * regions
        if output.map is not None and "map" in batch:
            loss = loss + self.map_loss_weight * map_loss(output.map, batch["map"])
        return loss

    def _step(self, batch: Batch, metrics: FaceMetrics) -> Tensor:
        output = self(batch)
        metrics.update(batch["index"], output.fake_logit, batch["label"])
        return self.loss(output, batch)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of a training batch."""
        loss = self._step(batch, self.train_metrics)
        self.log("train/loss_step", loss)
        return loss

    def _measure(self, batch: Batch, metrics: FaceMetrics) -> None:
        # In float32 also where the training is not, for that is how detectors and exported networks score: a threshold
        # is of no use in another precision than it was chosen in.
        with torch.autocast(self.device.type, enabled=False):
            self._step(batch, metrics)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Score a validation batch."""
        self._measure(batch, self.val_metrics)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Score a test batch."""
        self._measure(batch, self.test_metrics)

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Any]:
        """Return the ``probability`` of fake ``(B,)``, in float64, and each photograph's ``path``."""
        with torch.autocast(self.device.type, enabled=False):
            return {"path": batch["path"], "probability": self(batch).fake_logit.double().sigmoid()}

    def on_train_epoch_end(self) -> None:
        """Log the figures of the training samples as the network saw them, and step a schedule that watches validation.

        Lightning does both after the epoch's checkpoints, from which a continued run would then lack them.
        """
        self._log_metrics("train", self.train_metrics)
        schedule, watched = self.lr_schedulers(), self.trainer.callback_metrics.get(WATCHED)
        if isinstance(schedule, ReduceLROnPlateau) and watched is not None:
            schedule.step(watched)

    def lr_scheduler_step(self, scheduler: LRSchedulerTypeUnion, metric: Any | None) -> None:
        """Step a schedule, unless ``on_train_epoch_end`` does."""
        if not isinstance(scheduler, ReduceLROnPlateau):
            super().lr_scheduler_step(scheduler, metric)

    def on_validation_epoch_end(self) -> None:
        """Log the figures of the validation samples."""
        self._log_metrics("val", self.val_metrics)

    def on_test_epoch_end(self) -> None:
        """Log the figures of the test samples."""
        self._log_metrics("test", self.test_metrics)

    def _log_metrics(self, stage: str, metrics: FaceMetrics) -> None:
        figures = {f"{stage}/{name}": value for name, value in metrics.compute().items()}
        metrics.reset()
        for name, value in figures.items():
            self.log(name, value, logger=stage != "train")
        if stage == "train":
            for logger in self.loggers:
                logger.log_metrics({name: value.item() for name, value in figures.items()}, self.global_step - 1)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Make the optimiser of the trainable parameters and, where one is configured, its schedule.

        Raises:
            UserError: When the optimiser refuses its settings.
        """
        try:
            optimizer = self.optimizer(self.net.parameter_groups())
        except ValueError as error:
            raise UserError(f"model.optimizer refuses its settings ({error}): correct its init_args") from error
        for group in optimizer.param_groups:
            group["lr"] *= group.get("lr_scale", 1.0)
        if self.step_schedule is not None:
            schedule = self.step_schedule(optimizer, int(self.trainer.estimated_stepping_batches))
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
        if self.lr_scheduler is None:
            return optimizer
        scheduler: Any = {"scheduler": self.lr_scheduler(optimizer), "monitor": WATCHED}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the calibration and, in the middle of an epoch, the samples that its figures count.

        The configuration is one that needs no code to be read, also where network and data were made in Python, and
        asks for no pre-trained weights: these are better ones.
        """
        if self.calibration is not None:
            checkpoint["calibration"] = self.calibration.to_dict()
        if self.train_metrics.update_called:
            checkpoint["train_samples"] = self.train_metrics.samples()  # asks all processes
        for key in {"hyper_parameters", "datamodule_hyper_parameters"} & checkpoint.keys():
            checkpoint[key] = as_configuration(checkpoint[key])
        arguments = checkpoint["hyper_parameters"].get("net", {}).get("init_args", {})
        if "pretrained" in arguments:
            arguments["pretrained"] = False

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take what ``on_save_checkpoint`` added.

        Raises:
            UserError: When the weights are those of another network.
        """
        saved = {name: tensor.shape for name, tensor in checkpoint["state_dict"].items()}
        wanted = {name: tensor.shape for name, tensor in self.state_dict().items()}
        different = sorted(name for name, _ in saved.items() ^ wanted.items())
        if different:
            raise UserError(
                f"the checkpoint holds another network than model.net describes, they differ in {different[0]}: "
                f"drop the flags and configurations that change model.net, or pass another --ckpt_path"
            )
        carried = checkpoint.get("calibration")
        self.calibration = None if carried is None else Calibration.from_dict(carried)
        if "train_samples" in checkpoint:
            self.train_metrics.update(*checkpoint["train_samples"])


def kind_loss(output: FaceOutput, kind: Tensor) -> Tensor:
    """Return the mean cross-entropy of kinds; of a fake of unknown kind, -1, that of all kinds together.

    Args:
        output: With logits ``(B, 1 + kinds)``.
        kind: As in ``Record.kind_class``, ``(B,)``.
    """
    known = cross_entropy(output.label, kind.clamp(min=0), reduction="none")
    unknown = binary_cross_entropy_with_logits(output.fake_logit, torch.ones_like(output.fake_logit), reduction="none")
    return torch.where(kind < 0, unknown, known).mean()


def map_loss(logits: Tensor, share: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of maps.

    Args:
        logits: What the network says, ``(B, H, W)``.
        share: Share of foreign pixels at each place, 0 to 1, ``(B, H, W)``; unknown places, NaN, count as no loss.
    """
    weight = logits.new_tensor(MAP_POSITIVE_WEIGHT)
    loss = binary_cross_entropy_with_logits(logits, share.nan_to_num(), pos_weight=weight, reduction="none")
    return loss.masked_fill(share.isnan(), 0).mean()

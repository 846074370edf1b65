"""Temperature, threshold and unsure band, chosen on validation for exactly the weights that a checkpoint holds."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from fakeface.data.records import FAKE, REAL
from fakeface.evaluation.calibration import calibrate
from fakeface.evaluation.predictions import Predictions
from fakeface.training.callbacks.run_files import data_of
from fakeface.training.module import FakeFaceModule


class ValidationCalibration(Callback):
    """Calibrates the module at the end of every validation, so that each checkpoint carries its own calibration.

    It belongs to scores in float32, whatever the training's precision: so are validation and test, and so are
    `fakeface predict`, its ONNX networks and the web page, where the threshold is used.

    The first training batch after a validation takes the calibration away, because the weights are no longer those that
    it belongs to. Of augmented validation photographs, only the copies without augmentation count: test photographs and
    those of users are not augmented, and seven copies of one photograph are not seven photographs.
    """

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Calibrate, unless only a part of validation was run and it lacks a class."""
        data = data_of(trainer)
        if not isinstance(pl_module, FakeFaceModule) or data is None or trainer.sanity_checking:
            return
        index, logit, label = pl_module.val_metrics.samples()  # asks all processes
        dataset = data.datasets["val"]
        unaugmented = index % dataset.copies == 0
        if set(label[unaugmented].tolist()) == {REAL, FAKE}:
            records = [dataset.record(position) for position in index[unaugmented].tolist()]
            scores = logit[unaugmented].sigmoid().cpu().numpy()
            pl_module.calibration = calibrate(Predictions.from_records(records, scores))

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Drop the calibration of the weights that are about to change."""
        if isinstance(pl_module, FakeFaceModule):
            pl_module.calibration = None

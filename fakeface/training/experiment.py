"""An experiment put together as the Trainer would have it, for work that needs no training loop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch
from jsonargparse import Namespace
from lightning.pytorch.cli import SaveConfigCallback

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.training.cli import FakeFaceCLI, silence_advice
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule

_STAGES = {"train": "fit", "val": "validate", "test": "test"}


class Experiment(FakeFaceCLI):
    """The network, the data and the trainer that a subcommand's arguments describe, built and not run.

    ``LightningCLI(run=False)`` has no subcommands, so it would know no ``--ckpt_path`` and nothing of what one implies.

    Args:
        args: Those of ``fakeface``, such as ``["fit", "--config", "configs/mobilenet_ela.yaml"]``. The network
            has the weights that it begins with, also where a checkpoint is named.

    Attributes:
        model: The module around the network.
        datamodule: The data.
    """

    model: FakeFaceModule
    datamodule: FaceDataModule

    def __init__(self, args: Sequence[str]) -> None:
        silence_advice()
        super().__init__(args)

    def _run_subcommand(self, subcommand: str) -> None:
        if subcommand == "fit":
            self.before_fit()  # refuses the folder of another run

    @property
    def settings(self) -> Namespace:
        """The configuration."""
        settings: Namespace = self.config[self.config.subcommand]
        return settings

    def records(self, split: Literal["train", "val", "test"]) -> list[Record]:
        """Return the photographs of a split.

        Raises:
            UserError: When there are none, or a class is missing.
        """
        data = self.datamodule
        data.prepare_data()
        try:
            data.setup(_STAGES[split])
        except UserError as error:
            if split == "test" and data.records and not any(r.split == "test" for r in data.records):
                raise UserError(
                    f"{data.manifest or data.root} has no test image: name a manifest with some, "
                    f"or measure on the validation images with --evaluate val"
                ) from error
            raise
        return list(data.datasets[split].records)

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return Path(self.trainer.log_dir or self.trainer.default_root_dir)

    def save_configuration(self) -> None:
        """Write ``config.yaml`` into the run's folder."""
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]  # set by a connector
            if isinstance(callback, SaveConfigCallback):
                callback.setup(self.trainer, self.model, self.config.subcommand)

    def log(self, figures: dict[str, float]) -> None:
        """Log figures, for TensorBoard to show beside those of trained networks."""
        for logger in self.trainer.loggers:
            logger.log_metrics(figures, step=0)
            logger.finalize("success")

    @contextmanager
    def inference(self) -> Iterator[torch.device]:
        """Compute on the trainer's device, in its precision, without dropout and gradients."""
        device = self.trainer.strategy.root_device
        self.model.to(device).eval()
        with torch.inference_mode(), self.trainer.strategy.precision_plugin.forward_context():
            yield device

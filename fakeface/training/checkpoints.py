"""Reading checkpoints, without running any code that they may hold."""

import dataclasses
import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from fakeface.errors import UserError
from fakeface.models import FaceNetwork

if TYPE_CHECKING:
    from lightning.pytorch.core.mixins.hparams_mixin import HyperparametersMixin

_CONFIGURATION = ("hyper_parameters", "datamodule_hyper_parameters")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that ``fakeface fit`` wrote.

    Raises:
        UserError: When it is damaged, holds code, or is not one of fakeface's.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is not a checkpoint, or was cut off: pass one that fakeface wrote")
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} is refused, since it is damaged or holds objects that could run code when they are loaded: "
            f"pass a checkpoint that fakeface wrote"
        ) from error
    except Exception as error:  # damage makes torch raise almost anything
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        reason = first.partition("  (Could this")[0].rstrip(".")[:200]
        raise UserError(f"{path} is a damaged checkpoint ({reason}): pass one that fakeface wrote") from error
    if not isinstance(checkpoint, dict) or not all(isinstance(checkpoint.get(key), dict) for key in _CONFIGURATION):
        raise UserError(f"{path} carries no configuration of network and data: pass a checkpoint that fakeface wrote")
    return checkpoint


def note_configuration(owner: "HyperparametersMixin") -> None:
    """Turn the hyperparameters that were saved into a configuration: of a network a logger would write the weights."""
    noted = as_configuration(dict(owner.hparams))
    owner.hparams.clear()
    owner.save_hyperparameters(noted)


def as_configuration(value: Any) -> Any:
    """Return arguments as a configuration file would hold them; what none can hold, such as a function, is left out.

    Those that the command line gave are so already.
    """
    if isinstance(value, FaceNetwork):
        return {"class_path": value.class_path, "init_args": as_configuration(value.init_args)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_configuration({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, dict):
        configurations = {key: as_configuration(item) for key, item in value.items()}
        return {key: item for key, item in configurations.items() if not callable(item)}
    if isinstance(value, list | tuple):
        return [as_configuration(item) for item in value]
    return str(value) if isinstance(value, Path) else value

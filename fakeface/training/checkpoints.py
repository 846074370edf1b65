"""Reading checkpoints, without running any code that they may hold."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from fakeface.errors import UserError

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
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise UserError(f"{path} is a damaged checkpoint ({reason}): pass one that fakeface wrote") from error
    if not isinstance(checkpoint, dict) or not all(isinstance(checkpoint.get(key), dict) for key in _CONFIGURATION):
        raise UserError(f"{path} carries no configuration of network and data: pass a checkpoint that fakeface wrote")
    return checkpoint

"""Reading checkpoints, without running any code that they may hold."""

import pickle
from pathlib import Path
from typing import Any

import torch

from fakeface.errors import UserError


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that ``fakeface fit`` wrote.

    Raises:
        UserError: When it is damaged, holds code, or is not one of fakeface's.
    """
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise UserError(f"{path} cannot be loaded as a checkpoint ({reason}): pass one that fakeface wrote") from error
    if not isinstance(checkpoint, dict) or "net" not in checkpoint.get("hyper_parameters", {}):
        raise UserError(f"{path} carries no configuration of a network: pass a checkpoint that fakeface wrote")
    return checkpoint

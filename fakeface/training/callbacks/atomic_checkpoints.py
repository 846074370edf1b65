"""Checkpoints that are whole or not there at all, whatever happens while they are written."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.utilities.types import _PATH
from lightning.pytorch.plugins.io import TorchCheckpointIO

from fakeface.errors import UserError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place, flushes it to the disk, and renames it."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None) -> None:
        """Write a checkpoint; an earlier one of that name stays until the new one is complete.

        Raises:
            UserError: When the disk takes no more; the earlier checkpoint is intact.
        """
        target = Path(path)
        temporary = target.with_name(f".{target.name}.tmp")  # what a kill leaves there, the next one replaces
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except (OSError, RuntimeError) as error:  # torch's writer turns a full disk into a RuntimeError
            with suppress(OSError):
                temporary.unlink()
            kept = "the earlier one is intact" if target.exists() else "there is no earlier one"
            raise UserError(
                f"the checkpoint {target} cannot be written ({str(error).splitlines()[0]}); {kept}: "
                f"free disk space and continue with --ckpt_path last"
            ) from error

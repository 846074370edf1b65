"""Writing weights for release: what ``Detector.load`` needs of a network, in half precision and without pickles."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from fakeface.checkpoints import load_checkpoint
from fakeface.errors import UserError
from fakeface.inference.network import Settings

WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"

_PREFIX = "net."


def write_release(checkpoint_path: Path, folder: Path) -> list[Path]:
    """Write the network of a checkpoint as ``model.safetensors`` and ``config.json``.

    Args:
        checkpoint_path: A checkpoint of ``fakeface fit``.
        folder: Where to write; it is made.

    Returns:
        The two files.

    Raises:
        UserError: When the checkpoint is not fakeface's or carries no calibration, or one of the files exists.
    """
    checkpoint = load_checkpoint(checkpoint_path)
    if "calibration" not in checkpoint:
        raise UserError(
            f"{checkpoint_path} carries no calibration: train with fakeface.callbacks.ValidationCalibration"
        )
    weights = {
        name.removeprefix(_PREFIX): _half(tensor)
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith(_PREFIX)
    }
    settings = Settings.from_dict(checkpoint["datamodule_hyper_parameters"], checkpoint["calibration"])
    config: dict[str, Any] = {"model": {"net": checkpoint["hyper_parameters"]["net"]}, **settings.to_dict()}
    weights_path, config_path = folder / WEIGHTS_FILE, folder / CONFIG_FILE
    for path in (weights_path, config_path):
        if path.exists():
            raise UserError(f"{path} exists already: delete it or choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    weights_path.write_bytes(save(weights))
    config_path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return [weights_path, config_path]


def _half(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()

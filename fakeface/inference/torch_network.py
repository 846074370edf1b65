"""Networks in PyTorch: from a checkpoint, or from the weights that come with the package."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonargparse
import torch
from safetensors.torch import load_file
from torch import Tensor

from fakeface.errors import UserError
from fakeface.inference.network import FaceScore, Settings, face_scores
from fakeface.inference.packed_weights import unpack
from fakeface.inference.scoring import Batch
from fakeface.models import FaceNetwork
from fakeface.training.checkpoints import load_checkpoint

RELEASE_FOLDER = Path(__file__).resolve().parent.parent / "release"
"""The released weights: ``model.safetensors`` and ``config.json`` with ``model``, ``data`` and ``calibration``."""

_PREFIX = "net."


class TorchNetwork:
    """A network in evaluation mode, on the GPU where there is one.

    Attributes:
        net: The module.
        settings: How to feed it and how to read its scores.
        has_regions: Whether it scores the four regions.
        file: The file with its weights.
    """

    def __init__(self, net: FaceNetwork, settings: Settings, file: Path) -> None:
        # Each process of torchrun has a GPU of its own.
        index = int(os.environ.get("LOCAL_RANK", "0"))
        self.device = torch.device("cuda", index) if torch.cuda.is_available() else torch.device("cpu")
        self.net = net.eval().requires_grad_(False).to(self.device)
        self.settings = settings
        self.has_regions = net.has_regions
        self.file = file

    @classmethod
    def from_checkpoint(cls, path: Path) -> "TorchNetwork":
        """Rebuild the network of a checkpoint from what it carries.

        Raises:
            UserError: When the file is no checkpoint of fakeface.
        """
        checkpoint = load_checkpoint(path)
        weights = {
            name.removeprefix(_PREFIX): tensor
            for name, tensor in checkpoint["state_dict"].items()
            if name.startswith(_PREFIX)
        }
        settings = Settings.from_dict(checkpoint["datamodule_hyper_parameters"], checkpoint.get("calibration"))
        return cls(_build(checkpoint["hyper_parameters"]["net"], weights, path), settings, path)

    @classmethod
    def from_release(cls, folder: Path = RELEASE_FOLDER) -> "TorchNetwork":
        """Load the released weights.

        Raises:
            UserError: When this installation has none.
        """
        config_path, weights_path = folder / "config.json", folder / "model.safetensors"
        if not (config_path.is_file() and weights_path.is_file()):
            raise UserError(
                f"this installation has no released weights in {folder}: pass --ckpt_path CHECKPOINT, or install a "
                f"release of fakeface"
            )
        config: dict[str, Any] = json.loads(config_path.read_text(encoding="utf-8"))
        settings = Settings.from_dict(config["data"], config["calibration"])
        net = _build(config["model"]["net"], unpack(load_file(weights_path)), weights_path)
        return cls(net, settings, weights_path)

    def __call__(self, views: Batch) -> list[FaceScore]:
        """Score a batch of faces."""
        with torch.inference_mode():
            output = self.net(self.to_tensors(views))
        return face_scores(output.fake_logit.cpu(), None if output.regions is None else output.regions.cpu())

    def to_tensors(self, views: Batch) -> dict[str, Tensor]:
        """Return views ``(B, size, size, 3)`` as tensors ``(B, 3, size, size)`` on the network's device."""
        return to_tensors(views, self.device)


def to_tensors(views: Batch, device: torch.device) -> dict[str, Tensor]:
    """Return views ``(B, size, size, 3)`` as tensors ``(B, 3, size, size)`` on a device."""
    return {view: torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device) for view, pixels in views.items()}


def _build(net: dict[str, Any], weights: Mapping[str, Tensor], path: Path) -> FaceNetwork:
    """Make the network of a ``class_path`` and its ``init_args``, without fetching what the weights replace."""
    arguments = dict(net["init_args"])
    if "pretrained" in arguments:
        arguments["pretrained"] = False
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(FaceNetwork, "net")
    try:
        config = parser.parse_object({"net": {"class_path": net["class_path"], "init_args": arguments}})
        module: FaceNetwork = parser.instantiate(config).net
        module.load_state_dict(weights)
    except (jsonargparse.ArgumentError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"the network of {path} cannot be rebuilt ({reason}): use the version that wrote it") from error
    return module

"""Networks in PyTorch: from a checkpoint, or from the released network."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import jsonargparse
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fakeface.errors import UserError
from fakeface.inference.network import METADATA_KEY, RELEASE_FILE, FaceScore, Settings, face_scores, find_release
from fakeface.inference.scoring import Batch
from fakeface.models import Ensemble, FaceNetwork, FaceOutput
from fakeface.training.checkpoints import load_checkpoint

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
        settings = Settings.from_dict(checkpoint["datamodule_hyper_parameters"], checkpoint.get("calibration"))
        net = build_network(checkpoint["hyper_parameters"]["net"], net_weights(checkpoint), path)
        return cls(net, settings, path)

    @classmethod
    def from_release(cls, file: Path = RELEASE_FILE) -> "TorchNetwork":
        """Load what ``fakeface release`` wrote, such as to train it further: the same network as in ONNX Runtime.

        Raises:
            UserError: When this installation has no such file, or lacks the package that reads it.
        """
        try:
            import onnx

            from fakeface.inference.packed_weights import unpack
        except ImportError as error:
            raise UserError("the release in torch needs the package onnx: pip install 'fakeface[export]'") from error
        model = onnx.load(find_release(file))
        stored = json.loads(next(entry.value for entry in model.metadata_props if entry.key == METADATA_KEY))
        unpacked = unpack(model)
        weights = {name: torch.tensor(unpacked[source]) for name, source in stored["weights"].items()}
        settings = Settings.from_dict(stored["data"], stored["calibration"], stored.get("farthest"))
        return cls(build_network(stored["net"], weights, file), settings, file)

    def members(self) -> list["TorchNetwork"]:
        """Return the networks of an ensemble; none where it is another network."""
        nets = cast(Iterable[FaceNetwork], self.net.members) if isinstance(self.net, Ensemble) else []
        return [TorchNetwork(net, self.settings, self.file) for net in nets]

    def __call__(self, views: Batch) -> list[FaceScore]:
        """Score a batch of faces."""
        with torch.inference_mode():
            output = self.net(to_tensors(views, self.device))
        others = (output.regions, output.kind_logits, output.distance)
        return face_scores(output.fake_logit.cpu(), *(None if one is None else one.cpu() for one in others))

    def edit_maps(self, views: Batch) -> NDArray[np.float32] | None:
        """Return the probability of an edit at each place ``(B, H, W)``, or None where the network has no map."""
        with torch.inference_mode():
            output: FaceOutput = self.net(to_tensors(views, self.device))
        return None if output.map is None else output.map.float().sigmoid().cpu().numpy()


def to_tensors(views: Batch, device: torch.device) -> dict[str, Tensor]:
    """Return views ``(B, size, size, 3)`` as tensors ``(B, 3, size, size)`` on a device."""
    return {view: torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device) for view, pixels in views.items()}


def net_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of a checkpoint's network, by the names that they have there."""
    weights = checkpoint["state_dict"].items()
    return {name.removeprefix(_PREFIX): tensor for name, tensor in weights if name.startswith(_PREFIX)}


def build_network(net: Mapping[str, Any], weights: Mapping[str, Tensor], path: Path) -> FaceNetwork:
    """Make the network of a ``class_path`` and its ``init_args``, without fetching what the weights replace.

    Args:
        net: The two, and in the ``init_args`` those of other networks.
        weights: By name.
        path: Where both come from.

    Raises:
        UserError: When they do not fit together.
    """
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(FaceNetwork, "net")
    try:
        config = parser.parse_object({"net": _without_download(net)})
        module: FaceNetwork = parser.instantiate(config).net
        module.load_state_dict(weights)
    except (jsonargparse.ArgumentError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"the network of {path} cannot be rebuilt ({reason}): use the version that wrote it") from error
    return module


def _without_download(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: False if name == "pretrained" else _without_download(item) for name, item in value.items()}
    return [_without_download(item) for item in value] if isinstance(value, list) else value

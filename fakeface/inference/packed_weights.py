"""Weights in 8-bit integers and back: a quarter of the size, or room for more networks.

Of every 16 weights in a row the largest sets the scale, as in the 8-bit format of llama.cpp
(https://github.com/ggml-org/llama.cpp), which takes 32. With one scale per output channel the log odds of two
networks of ``configs/best.yaml`` moved 1.6 and 2.0 times as far.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

BLOCK = 16
"""Weights that share a scale."""

LEAST_INPUTS = 32
"""Weights of fewer inputs per output, such as those of depthwise convolutions, stay in half precision: they are few."""

SCALES = ".scales"
"""Ending of the tensor of scales, one per block, beside the integers."""

_LARGEST = 127
_LEAST_SCALE = 2.0**-20
"""Below it half precision has too few digits; weights so small change nothing."""


def pack(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return large weights as integers (int8, in their shape) and scales (float16), all others in half precision."""
    packed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if not tensor.is_floating_point():
            packed[name] = tensor.contiguous()
        elif tensor.ndim < 2 or tensor[0].numel() < LEAST_INPUTS:
            packed[name] = tensor.half().contiguous()
        else:
            blocks = _blocks(tensor.float())
            scales = (blocks.abs().amax(dim=1) / _LARGEST).clamp(min=_LEAST_SCALE).half()
            integers = (blocks / scales.float()[:, None]).round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
            packed[name] = integers.flatten()[: tensor.numel()].view(tensor.shape)
            packed[name + SCALES] = scales
    return packed


def unpack(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what ``pack`` was given, rounded, integers as float32."""
    weights: dict[str, Tensor] = {}
    for name, tensor in packed.items():
        scales = packed.get(name + SCALES)
        if scales is not None:
            blocks = _blocks(tensor.float()) * scales.float()[:, None]
            weights[name] = blocks.flatten()[: tensor.numel()].view(tensor.shape)
        elif not (name.endswith(SCALES) and name.removesuffix(SCALES) in packed):  # networks may have scales too
            weights[name] = tensor
    return weights


def _blocks(tensor: Tensor) -> Tensor:
    return F.pad(tensor.flatten(), (0, -tensor.numel() % BLOCK)).view(-1, BLOCK)

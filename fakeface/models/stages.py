"""Features of a backbone's earlier stages, and the style that they tell."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from fakeface.errors import UserError


def find_stages(network: Any, name: str, strides: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the indices and channels of a timm network's features at some strides.

    Raises:
        UserError: When the network has no such features.
    """
    if not hasattr(network, "forward_intermediates"):
        raise UserError(f"the backbone {name} gives no intermediate features: name another network of timm")
    by_stride = {stage["reduction"]: number for number, stage in enumerate(network.feature_info)}
    if not by_stride.keys() >= set(strides):
        *first, last = map(str, strides)
        wanted = f"{', '.join(first)} and {last}" if first else last
        raise UserError(
            f"the backbone {name} has features at the strides {sorted(by_stride)}, not at {wanted}: "
            f"name another network of timm"
        )
    stages = [by_stride[stride] for stride in strides]
    return stages, [network.feature_info[stage]["num_chs"] for stage in stages]


def style(features: Sequence[Tensor]) -> Tensor:
    """Return means and logarithms of standard deviations over all places ``(B, F)`` of features ``(B, C, H, W)``.

    They tell the style of a picture (https://arxiv.org/abs/1703.06868), whoever is on it.
    """
    flat = [feature.float().flatten(2) for feature in features]
    parts = [part for one in flat for part in (one.mean(dim=2), (one.std(dim=2, correction=0) + 1e-3).log())]
    return torch.cat(parts, dim=1)

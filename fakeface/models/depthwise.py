"""Depthwise convolutions whose gradients are not slow in bfloat16 on CPUs.

oneDNN 3.12 has no fast kernel for two of their gradients and falls back to loops that take 30 to 100 times as long as
the convolution itself: of the weights for kernels of 5x5, and of the input for strides of 2. Both can be had from
kernels that are fast: 5x5 weights from four windows of 3x3, and the input in float32. On a processor without bfloat16
all of its kernels are slow, and little is gained. A training step of ``SpliceNet`` on EfficientNet-Lite0 (32 faces of
256 pixels, one core with bfloat16) takes 2.2 times as long without.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


def use_fast_depthwise(network: nn.Module) -> None:
    """Let a network's depthwise convolutions train fast on the CPU; its parameters and their names stay as they are."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_supported(module):
            module.__class__ = DepthwiseConv2d


def _is_supported(module: nn.Conv2d) -> bool:
    kernel = module.kernel_size
    return (
        module.groups == module.in_channels == module.out_channels > 1
        and kernel in {(3, 3), (5, 5)}
        and module.stride in {(1, 1), (2, 2)}
        and module.padding == (kernel[0] // 2, kernel[1] // 2)
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
        and module.bias is None
    )


class DepthwiseConv2d(nn.Conv2d):
    """A depthwise convolution, 3x3 or 5x5, stride 1 or 2, without bias: see ``use_fast_depthwise``."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to ``(B, C, H', W')``."""
        in_bfloat16 = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
        if not (self.training and input.device.type == "cpu" and in_bfloat16):
            return super().forward(input)
        output: Tensor = _Depthwise.apply(
            input.to(torch.bfloat16), self.weight.to(torch.bfloat16), self.stride[0], self.padding[0]
        )
        return output


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(image, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(image, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        image, weight = ctx.saved_tensors
        (gradient,) = gradients
        of_image = of_weight = None
        if ctx.needs_input_grad[0]:
            if ctx.stride == 1:
                of_image = _gradient(gradient, image, weight, 1, ctx.padding, 0)
            else:
                # Only the shape and the layout of the image count here, so its values need no conversion.
                shape = torch.empty_like(image, dtype=torch.float32)
                of_image = _gradient(gradient.float(), shape, weight.float(), ctx.stride, ctx.padding, 0)
                of_image = of_image.to(image.dtype)
        if ctx.needs_input_grad[1]:
            if ctx.padding == 1:
                of_weight = _gradient(gradient, image, weight, ctx.stride, ctx.padding, 1)
            else:
                of_weight = _gradient_of_5x5(gradient, image, weight, ctx.stride)
        return of_image, of_weight, None, None


def _gradient_of_5x5(gradient: Tensor, image: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of a 5x5 kernel: each window of 3x3 in it is the kernel of a shifted image."""
    padded = F.pad(image, (2, 2, 2, 2))
    height, width = padded.shape[2] - 2, padded.shape[3] - 2
    result = torch.empty_like(weight)
    for top in (0, 2):
        for left in (0, 2):
            shifted = padded[:, :, top : top + height, left : left + width]
            shifted = shifted.contiguous(memory_format=torch.channels_last)
            window = _gradient(gradient, shifted, weight[:, :, :3, :3], stride, 0, 1)
            result[:, :, top : top + 3, left : left + 3] = window
    return result


def _gradient(gradient: Tensor, image: Tensor, weight: Tensor, stride: int, padding: int, of: int) -> Tensor:
    """Return the gradient of the image (``of`` 0) or of the weight (1)."""
    # Not torch.nn.grad's, which forget the layout of the image and take many times as long.
    wanted = [of == 0, of == 1, False]
    results: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
        gradient, image, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], len(weight), wanted
    )
    return results[of]

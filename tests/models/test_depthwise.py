import time
from collections.abc import Iterator

import pytest
import timm
import torch
from torch import Tensor, nn

from fakeface.models.depthwise import DepthwiseConv2d, use_fast_depthwise
from fakeface.training.cli import processor_has_bfloat16


def gradients(conv: nn.Module, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    image = image.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        output = conv(image)
    weights = torch.linspace(-1, 1, output.numel()).view(output.shape)
    (output.float() * weights).sum().backward()
    assert image.grad is not None
    weight = next(conv.parameters()).grad
    assert weight is not None
    return output, image.grad, weight


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(16, 16), (9, 7), (2, 3)])
def test_gradients_are_those_of_the_convolution(kernel: int, stride: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 8, kernel, stride, kernel // 2, groups=8, bias=False)
    # Values that bfloat16 holds exactly, so that only the sums are rounded.
    with torch.no_grad():
        conv.weight.copy_(conv.weight.bfloat16())
    image = torch.randn(4, 8, *size).bfloat16().float().to(memory_format=torch.channels_last)
    fast = nn.Sequential(nn.Conv2d(8, 8, kernel, stride, kernel // 2, groups=8, bias=False))
    fast[0].load_state_dict(conv.state_dict())
    use_fast_depthwise(fast)
    assert type(fast[0]) is DepthwiseConv2d
    for ours, theirs in zip(gradients(fast[0], image), gradients(conv, image), strict=True):
        assert ours.dtype == theirs.dtype
        torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02 * float(theirs.detach().abs().max()))


def test_only_the_convolutions_that_gain_are_changed() -> None:
    network = nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False),
        nn.Conv2d(8, 8, 7, padding=3, groups=8, bias=False),
        nn.Conv2d(8, 8, 3, padding=0, groups=8, bias=False),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False, padding_mode="reflect"),
    )
    use_fast_depthwise(network)
    assert {type(module) for module in network} == {nn.Conv2d}


def test_in_full_precision_and_in_evaluation_it_is_the_plain_convolution() -> None:
    plain = timm.create_model("test_efficientnet", num_classes=0)
    image = torch.rand(2, 3, 64, 64)
    before = plain.eval()(image)
    use_fast_depthwise(plain)
    assert any(isinstance(module, DepthwiseConv2d) for module in plain.modules())
    assert torch.equal(plain(image), before)
    assert plain.train()(image).dtype == torch.float32


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.soak
@pytest.mark.skipif(not processor_has_bfloat16(), reason="this processor has no bfloat16")
def test_training_is_faster(one_thread: None) -> None:
    image = torch.randn(32, 240, 32, 32).to(memory_format=torch.channels_last)
    plain, fast = (nn.Sequential(nn.Conv2d(240, 240, 5, 2, 2, groups=240, bias=False)) for _ in range(2))
    use_fast_depthwise(fast)
    times: dict[nn.Module, list[float]] = {plain: [], fast: []}
    for _ in range(5):
        for network, seconds in times.items():
            start = time.process_time()  # not the clock, which also runs for others
            gradients(network, image)
            seconds.append(time.process_time() - start)
    assert min(times[plain]) > 2 * min(times[fast])

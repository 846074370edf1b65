import pytest
import torch
from torch import nn

from fakeface.errors import UserError
from fakeface.models.custom_cnn import CustomCNN


def test_layers_are_those_of_the_report() -> None:
    network = CustomCNN()
    kinds = [type(module) for module in network.modules() if not list(module.children())]
    block = [nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Dropout]
    assert kinds == [*(5 * block), nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear, nn.ReLU]


def test_parameter_count() -> None:
    convolutions = (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256 + 256 * 256) * 9 + 32 + 64 + 128 + 256 + 256
    hidden = 256 * 4 * 4 * 512 + 512
    assert (convolutions, hidden) == (978_496, 2_097_664)
    assert sum(parameter.numel() for parameter in CustomCNN().parameters()) == 3_076_160


@pytest.mark.parametrize("size", [32, 96, 128, 150])
def test_features_of_any_size_of_image(size: int) -> None:
    features = CustomCNN().eval()(torch.randn(2, 3, size, size))
    assert features.shape == (2, 512)
    assert (features >= 0).all()


def test_images_that_are_too_small_are_refused() -> None:
    with pytest.raises(UserError, match=r"at least 32 pixels: choose a larger --data\.size"):
        CustomCNN()(torch.zeros(1, 3, 31, 64))


def test_dropout_acts_in_training_alone() -> None:
    network, image = CustomCNN(), torch.randn(1, 3, 32, 32)
    torch.manual_seed(0)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))


def test_the_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = CustomCNN()
    network(torch.randn(4, 3, 64, 64)).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fakeface.models import FaceNetwork, FaceOutput
from fakeface.training.module import FakeFaceModule


class FixedNetwork(FaceNetwork):
    """Says the same of every batch."""

    def __init__(self, output: FaceOutput) -> None:
        super().__init__()
        self.views = ["original"]
        self.output = output
        self.has_regions = output.regions is not None
        self.scale = nn.Parameter(torch.ones(()))
        self.frozen = nn.Parameter(torch.ones(()), requires_grad=False)

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        return self.output


def loss_of(output: FaceOutput, batch: dict[str, Any], **arguments: Any) -> float:
    module = FakeFaceModule(FixedNetwork(output), torch.optim.SGD, **arguments)
    return float(module.loss(module(batch), batch))


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


LABEL = torch.tensor([1.0, 0.0])
BINARY = -(math.log(sigmoid(0.5)) + math.log(1 - sigmoid(-2.0))) / 2


def test_one_output_has_binary_cross_entropy_with_fake_as_one() -> None:
    assert loss_of(FaceOutput(torch.tensor([[0.5], [-2.0]])), {"label": LABEL}) == pytest.approx(BINARY)


def test_two_outputs_have_cross_entropy_with_fake_as_the_second() -> None:
    # The first image is a fake with logits 1.0 (real) and 1.5 (fake), the second a real with 1.0 and −1.0.
    first = -math.log(math.exp(1.5) / (math.exp(1.0) + math.exp(1.5)))
    second = -math.log(math.exp(1.0) / (math.exp(1.0) + math.exp(-1.0)))
    logits = torch.tensor([[1.0, 1.5], [1.0, -1.0]])
    assert loss_of(FaceOutput(logits), {"label": LABEL}) == pytest.approx((first + second) / 2)
    # Two outputs and their difference as one output say the same.
    assert (first + second) / 2 == pytest.approx(BINARY)


def test_kinds_have_cross_entropy_and_an_unknown_kind_that_of_all_fakes() -> None:
    # Odds of real, edited, swapped and generated: 1 to 2 to 3 to 4; the first is swapped, the second any fake.
    logits = torch.log(torch.tensor([[1.0, 2.0, 3.0, 4.0]] * 2))
    batch = {"label": torch.ones(2), "kind": torch.tensor([2, -1])}
    assert loss_of(FaceOutput(logits), batch) == pytest.approx(-(math.log(0.3) + math.log(0.9)) / 2)


def test_regions_count_where_they_are_known() -> None:
    regions = torch.tensor([[0.0, 1.0, 2.0, -1.0], [3.0, 3.0, 3.0, 3.0]])
    known = torch.tensor([[0.0, 1.0, math.nan, 1.0], [math.nan] * 4])
    expected = -(math.log(1 - sigmoid(0.0)) + math.log(sigmoid(1.0)) + math.log(sigmoid(-1.0))) / 3
    output = FaceOutput(torch.tensor([[0.5], [-2.0]]), regions)
    batch = {"label": LABEL, "regions": known}
    assert loss_of(output, batch) == pytest.approx(BINARY + expected)
    assert loss_of(output, batch, region_loss_weight=0.25) == pytest.approx(BINARY + expected / 4)
    unknown = {"label": LABEL, "regions": torch.full((2, 4), math.nan)}
    assert loss_of(output, unknown) == pytest.approx(BINARY)


def test_frozen_parameters_are_not_given_to_the_optimiser() -> None:
    module = FakeFaceModule(FixedNetwork(FaceOutput(torch.zeros(1, 1))), torch.optim.SGD)
    optimizer = module.configure_optimizers()
    assert isinstance(optimizer, torch.optim.SGD)
    assert [id(each) for group in optimizer.param_groups for each in group["params"]] == [id(module.net.scale)]

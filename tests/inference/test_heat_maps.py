from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fakeface.errors import UserError
from fakeface.inference.explain import heat_maps_of
from fakeface.inference.network import UNCALIBRATED, Settings
from fakeface.inference.torch_network import TorchNetwork
from fakeface.models import Ensemble, FaceNetwork, FaceOutput
from fakeface.views.ela import ElaParameters
from fakeface.views.view import ViewParameters
from tests.networks import build_network

Views = dict[str, NDArray[np.uint8]]


def wrap(net: FaceNetwork, size: int) -> TorchNetwork:
    settings = Settings(tuple(net.views), ViewParameters(size, ElaParameters()), UNCALIBRATED)
    return TorchNetwork(net, settings, Path("a.ckpt"))


def noise(views: list[str], size: int) -> Views:
    generator = np.random.default_rng(1)
    return {view: generator.integers(0, 256, (size, size, 3), dtype=np.uint8) for view in views}


def test_grad_cam_is_the_class_activation_map_of_a_linear_head() -> None:
    net = build_network({"original": "test_resnet"})
    views = noise(["original"], 160)
    # With average pooling and a linear head, the gradient of the logit is the head's weight over the number of places.
    branch: Any = net.branches["original"]
    with torch.no_grad():
        image = torch.from_numpy(views["original"]).permute(2, 0, 1)[None]
        features = branch.backbone.forward_features((image / 255 - branch.mean) / branch.std)[0]
    weight = (net.label_output.weight[1] - net.label_output.weight[0]).detach()
    evidence = torch.relu(torch.einsum("c,chw->hw", weight, features)).numpy()
    scaled = (evidence - evidence.min()) / (evidence.max() - evidence.min())
    assert scaled.shape == (5, 5)
    expected = cv2.resize(scaled, (160, 160))
    heat = heat_maps_of(wrap(net, 160))(views)["original"]
    assert heat == pytest.approx((expected - expected.min()) / (expected.max() - expected.min()), abs=1e-4)


@pytest.mark.parametrize("backbone", ["custom_cnn", *timm.list_models("test_*")])
def test_every_family_of_backbones_has_a_heat_map(backbone: str) -> None:
    size = 160
    net = build_network({"ela": backbone})
    heat_maps = heat_maps_of(wrap(net, size))
    views = noise(["ela"], size)
    heat = heat_maps(views)["ela"]
    assert heat.shape == (size, size)
    assert heat.min() >= 0
    with torch.no_grad():
        net.label_output.weight.neg_()  # What spoke for real speaks for fake now.
    opposite = heat_maps(views)["ela"]
    assert max(heat.max(), opposite.max()) == pytest.approx(1, abs=1e-5)


def test_each_branch_of_a_fusion_has_its_own() -> None:
    net = build_network({"original": "test_efficientnet", "ela": "test_resnet"}, hidden_features=8)
    heat = heat_maps_of(wrap(net, 32))(noise(["original", "ela"], 32))
    assert list(heat) == ["original", "ela"]
    assert not np.allclose(heat["original"], heat["ela"])


def test_scores_and_gradients_are_left_as_they_were() -> None:
    network = wrap(build_network({"original": "test_resnet"}), 32)
    views = noise(["original"], 32)
    batch = {view: pixels[np.newaxis] for view, pixels in views.items()}
    before = network(batch)
    heat_maps = heat_maps_of(network)
    first = heat_maps(views)["original"]
    assert (heat_maps(views)["original"] == first).all()
    assert network(batch) == before
    assert all(parameter.grad is None for parameter in network.net.parameters())
    assert not any(module._forward_hooks for module in network.net.modules())


class MapNet(FaceNetwork):
    """Says that what is bright was pasted in."""

    def __init__(self, with_map: bool = True) -> None:
        super().__init__()
        self.views = ["face"]
        self.with_map = with_map

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        bright = nn.functional.avg_pool2d(views["face"].float().mean(dim=1), 8) / 25.5 - 5
        return FaceOutput(bright.mean(dim=(1, 2))[:, None], map=bright if self.with_map else None)


def test_map_of_the_network_is_the_heat_map() -> None:
    pixels = np.zeros((32, 32, 3), dtype=np.uint8)
    pixels[8:16, 16:24] = 255
    heat = heat_maps_of(wrap(MapNet(), 32))({"face": pixels})["face"]
    assert heat.shape == (32, 32)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert pixels[row, column, 0] == 255
    assert heat[11, 19] > 0.8
    assert heat[28, 4] == pytest.approx(1 / (1 + np.exp(5)))


def test_network_without_map_and_branches_is_refused_before_anything_is_drawn() -> None:
    for net in (MapNet(with_map=False), Ensemble([MapNet(with_map=False), MapNet(with_map=False)])):
        with pytest.raises(UserError, match="MapNet has neither a map nor branches"):
            heat_maps_of(wrap(net, 32))


def test_ensemble_of_classifiers_has_the_mean_of_their_heat_maps() -> None:
    views = noise(["original", "ela"], 32)
    members = [build_network({"original": "test_resnet", "ela": "test_vit"}, seed) for seed in (0, 1)]
    first, second = (heat_maps_of(wrap(member, 32))(views) for member in members)
    heat = heat_maps_of(wrap(Ensemble([Ensemble([members[0]]), members[1]]), 32))(views)
    assert list(heat) == ["original", "ela"]
    for view in heat:
        assert heat[view] == pytest.approx((first[view] + second[view]) / 2, abs=1e-6)
        assert not np.allclose(first[view], second[view])


def test_ensemble_in_which_one_has_a_map_has_that_map() -> None:
    views = noise(["face"], 32)
    of_map = heat_maps_of(wrap(MapNet(), 32))(views)["face"]
    for other in (MapNet(with_map=False), build_network({"face": "test_resnet"})):
        assert heat_maps_of(wrap(Ensemble([other, MapNet()]), 32))(views)["face"] == pytest.approx(of_map, abs=1e-6)


def test_ensemble_of_maps_has_one_of_their_mean_logits() -> None:
    pixels = np.full((32, 32, 3), 200, dtype=np.uint8)
    heat = heat_maps_of(wrap(Ensemble([MapNet(), MapNet()]), 32))({"face": pixels})["face"]
    assert heat == pytest.approx(np.full((32, 32), 1 / (1 + np.exp(5 - 200 / 25.5))))


def test_backbone_without_places() -> None:
    net = build_network({"original": "test_resnet"})
    net.branches["original"].backbone = nn.Sequential(
        nn.Flatten(), nn.Linear(3 * 32 * 32, net.label_output.in_features)
    )
    with pytest.raises(UserError, match="the branch original has no spatial features"):
        heat_maps_of(wrap(net, 32))


def test_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'fakeface\[explain\]'"):
        heat_maps_of(wrap(build_network({"original": "test_resnet"}), 32))

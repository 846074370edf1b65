from typing import Any

import pytest
import torch
from torch import nn

from fakeface.errors import UserError
from fakeface.models import FaceClassifier, FaceOutput

TINY = "test_efficientnet"


def make_views(batch: int = 2, size: int = 64) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        view: torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8, generator=generator)
        for view in ("original", "ela")
    }


@pytest.mark.parametrize("branches", [{"original": TINY}, {"ela": "custom_cnn"}, {"original": TINY, "ela": TINY}])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("hidden", [None, 7])
def test_output_shapes(branches: dict[str, str], outputs: int, hidden: int | None) -> None:
    net = FaceClassifier(branches, pretrained=False, hidden_features=hidden, outputs=outputs)
    assert net.views == list(branches)
    output = net(make_views())
    assert output.label.shape == (2, outputs)
    assert output.fake_logit.shape == (2,)
    assert output.regions is None


def test_the_region_head_answers_for_four_regions() -> None:
    net = FaceClassifier({"original": TINY}, pretrained=False, region_head=True)
    assert net(make_views())[1].shape == (2, 4)


def test_fake_logit_is_the_log_odds_of_fake() -> None:
    two = torch.tensor([[0.3, 1.1], [2.0, -1.0]])
    assert torch.allclose(FaceOutput(two, None).fake_logit.sigmoid(), two.softmax(dim=1)[:, 1])
    one = torch.tensor([[0.3], [-2.0]])
    assert FaceOutput(one, None).fake_logit.tolist() == one[:, 0].tolist()


def test_features_are_concatenated_in_the_order_of_the_branches() -> None:
    net = FaceClassifier({"original": TINY, "ela": "custom_cnn"}, pretrained=False).eval()
    views = make_views()
    features = torch.cat([net.branches["original"](views["original"]), net.branches["ela"](views["ela"])], dim=1)
    assert torch.equal(net(views).label, net.label_output(features))


def test_the_head_is_the_configured_one() -> None:
    plain = FaceClassifier({"ela": "custom_cnn"}, pretrained=False)
    assert [type(layer) for layer in plain.head] == [nn.Dropout]
    assert plain.label_output.in_features == 512
    dense = FaceClassifier({"ela": "custom_cnn"}, pretrained=False, hidden_features=256, dropout=0.5, outputs=1)
    assert [type(layer) for layer in dense.head] == [nn.Linear, nn.ReLU, nn.Dropout]
    shapes = {name: tuple(tensor.shape) for name, tensor in dense.state_dict().items() if "branches" not in name}
    assert shapes == {
        "head.0.weight": (256, 512),
        "head.0.bias": (256,),
        "label_output.weight": (1, 256),
        "label_output.bias": (1,),
    }
    assert dense.head[2].p == 0.5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"branches": {"ela": "custom_cnn"}, "outputs": 1}, 3_076_160 + 513),
        ({"branches": {"ela": "custom_cnn"}, "hidden_features": 10}, 3_076_160 + 5_130 + 22),
        ({"branches": {"ela": "custom_cnn"}, "region_head": True}, 3_076_160 + 1_026 + 2_052),
        ({"branches": {"original": "custom_cnn", "ela": "custom_cnn"}, "outputs": 1}, 2 * 3_076_160 + 1_025),
    ],
)
def test_parameter_counts(arguments: dict[str, Any], expected: int) -> None:
    net = FaceClassifier(pretrained=False, **arguments)
    assert sum(parameter.numel() for parameter in net.parameters()) == expected


def test_the_gradient_reaches_every_parameter_of_both_branches() -> None:
    torch.manual_seed(0)
    net = FaceClassifier(
        {"original": TINY, "ela": "custom_cnn"}, pretrained=False, hidden_features=32, region_head=True
    )
    output = net(make_views(batch=4))
    (output.label.square().sum() + output.regions.square().sum()).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_branches_of_the_same_backbone_share_no_weights() -> None:
    net = FaceClassifier({"original": TINY, "ela": TINY}, pretrained=False)
    assert len({id(parameter) for parameter in net.parameters()}) == 2 * len(list(net.branches["ela"].parameters())) + 2


def test_weights_of_one_view_do_not_load_into_a_network_of_the_other() -> None:
    weights = FaceClassifier({"ela": TINY}, pretrained=False).state_dict()
    with pytest.raises(RuntimeError, match=r"Missing key.*branches\.original"):
        FaceClassifier({"original": TINY}, pretrained=False).load_state_dict(weights)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"branches": {}}, "no branch: name a view and its backbone"),
        ({"branches": {"ela": TINY}, "outputs": 3}, r"outputs: 3: choose 1 .* or 2"),
        ({"branches": {"ela": TINY}, "hidden_features": 0}, "hidden_features: 0: choose a positive number"),
        ({"branches": {"ela": TINY}, "dropout": 1.5}, r"dropout: 1\.5: choose a probability"),
        ({"branches": {"ela": TINY}, "pretrained": {"original": False}}, r"\['original'\].*\['ela'\]"),
        ({"branches": {"ela": "resnet5000"}, "pretrained": False}, "no backbone 'resnet5000'"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        FaceClassifier(**arguments)

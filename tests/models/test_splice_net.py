import pytest
import torch
from torch import Tensor

from fakeface.errors import UserError
from fakeface.models import FaceNetwork, SpliceNet

BACKBONES = ["test_efficientnet", "test_convnext", "test_resnet"]
FACES = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def make_net(backbone: str = "test_efficientnet", **arguments: object) -> SpliceNet:
    torch.manual_seed(0)
    return SpliceNet(backbone, pretrained=False, width=16, drop_path=0.0, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_it_says_label_regions_and_map(backbone: str) -> None:
    net: FaceNetwork = make_net(backbone)
    assert (net.views, net.has_regions) == (["face"], True)
    output = net({"face": FACES, "index": torch.arange(2)})
    assert output.label.shape == (2, 1)
    assert output.regions is not None
    assert output.regions.shape == (2, 4)
    assert output.map is not None
    assert output.map.shape == (2, 4, 4)
    assert {tensor.dtype for tensor in (output.label, output.regions, output.map)} == {torch.float32}


def test_in_evaluation_a_mirrored_face_has_the_same_verdict_mirrored() -> None:
    net = make_net().eval()
    with torch.inference_mode():
        output, mirrored = net({"face": FACES}), net({"face": FACES.flip(3)})
    assert torch.allclose(output.label, mirrored.label, atol=1e-5)
    assert output.regions is not None
    assert mirrored.regions is not None
    assert torch.allclose(output.regions, mirrored.regions[:, [1, 0, 2, 3]], atol=1e-5)
    assert output.map is not None
    assert mirrored.map is not None
    assert torch.allclose(output.map, mirrored.map.flip(2), atol=1e-5)


def test_without_localisation_it_says_the_label_alone() -> None:
    net, whole = make_net(localises=False), make_net()
    assert net.load_state_dict(whole.state_dict(), strict=False).missing_keys == []
    assert not net.has_regions
    torch.testing.assert_close(net.eval()({"face": FACES}).label, whole.eval()({"face": FACES}).label)
    for training in (False, True):
        output = net.train(training)({"face": FACES})
        assert (output.label.shape, output.regions, output.map) == ((2, 1), None, None)


def test_what_is_frozen_keeps_its_weights_and_statistics() -> None:
    net = make_net(frozen=["conv_stem", "bn1"], dropout=0.0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    output = net({"face": FACES})
    assert output.regions is not None
    assert output.map is not None
    (output.label.sum() + output.regions.sum() + output.map.sum()).backward()
    torch.optim.SGD(net.parameter_groups(), lr=0.1).step()
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith(("backbone.conv_stem", "backbone.bn1.")) for name in changed)
    assert any(name.startswith("backbone.blocks.0") for name in changed)
    assert "fuse.0.running_mean" in changed


def test_the_groups_hold_every_trainable_parameter_once() -> None:
    net = make_net(frozen=["conv_stem"], backbone_lr_scale=0.25)
    backbone, heads = net.parameter_groups()
    grouped: list[Tensor] = [*backbone["params"], *heads["params"]]
    trainable = [parameter for parameter in net.parameters() if parameter.requires_grad]
    assert sorted(map(id, grouped)) == sorted(map(id, trainable))
    assert backbone["lr_scale"] == 0.25
    assert "lr_scale" not in heads


def test_a_module_that_the_backbone_lacks_cannot_be_frozen() -> None:
    with pytest.raises(UserError, match=r"no module 'stem' to freeze: name some of conv_stem, bn1"):
        make_net(frozen=["stem"])


@pytest.mark.parametrize("backbone", ["ghostnet_050", "densenet121"])
def test_a_backbone_without_blocks_to_skip_is_refused_with_a_sentence_and_taken_without(backbone: str) -> None:
    with pytest.raises(UserError, match=rf"{backbone} has no blocks .* set model\.net\.init_args\.drop_path to 0"):
        SpliceNet(backbone, pretrained=False)
    output = make_net(backbone)({"face": FACES})
    assert output.map is not None
    assert output.map.shape == (2, 4, 4)


@pytest.mark.parametrize("backbone", ["test_coatnet", "test_maxvit"])
def test_a_size_that_the_backbone_is_not_made_for_is_refused(backbone: str) -> None:
    with pytest.raises(UserError, match=r"refuses views of this size .* pass another --data\.size"):
        make_net(backbone)({"face": FACES})


def test_a_backbone_without_the_strides_is_refused() -> None:
    with pytest.raises(UserError, match="not at 8, 16 and 32"):
        make_net("test_vit")


def test_a_face_unlike_those_that_were_measured_is_farther_away() -> None:
    net = make_net().eval()
    assert net({"face": FACES}).distance is None
    smooth = (torch.linspace(60, 200, 64).expand(24, 3, 64, 64) + torch.arange(24.0).view(24, 1, 1, 1)).byte()
    with torch.inference_mode():
        net.measure_distance(net.style({"face": smooth}), torch.ones(24))
        known, mirrored, noise = (net({"face": faces}).distance for faces in (smooth, smooth.flip(3), FACES))
    assert known.shape == (24, 1)
    assert torch.allclose(known, mirrored, atol=1e-3)
    assert noise.min() > 2 * known.max()
    assert net.init_args["distance"] is True

import pytest
import timm
import torch
from torch.nn.functional import cross_entropy

from fakeface.errors import UserError
from fakeface.models import KINDS, LinearProbe


def faces() -> torch.Tensor:
    return torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def probe() -> LinearProbe:
    torch.manual_seed(1)
    return LinearProbe("test_efficientnet", pretrained=False)


def test_kinds_are_read_from_the_mean_features_of_a_face_and_its_mirror_image() -> None:
    net = probe().eval()
    backbone = timm.create_model("test_efficientnet", num_classes=0).eval()
    backbone.load_state_dict(net.branch.backbone.state_dict())
    mean, std = (torch.tensor(backbone.pretrained_cfg[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
    image = (faces() / 255 - mean) / std
    with torch.inference_mode():
        features = (backbone(image) + backbone(image.flip(3))) / 2
        expected = features @ net.label_output.weight.T + net.label_output.bias
        output = net({"face": faces()})
    assert output.label.shape == (3, 1 + len(KINDS))
    torch.testing.assert_close(output.label, expected)


def test_at_strides_it_reads_means_and_deviations_of_a_backbone_cut_off_there() -> None:
    torch.manual_seed(1)
    net = LinearProbe("test_efficientnet", pretrained=False, strides=[8, 16]).eval()
    torch.manual_seed(1)
    backbone = timm.create_model("test_efficientnet", num_classes=0, features_only=True).eval()
    kept = net.branch.backbone.state_dict()
    assert backbone.load_state_dict(kept, strict=False).unexpected_keys == []
    assert 0 < len(kept) < len(backbone.state_dict())
    mean, std = net.branch.mean, net.branch.std
    image = (faces() / 255 - mean) / std
    maps = [feature for feature in backbone(image) if image.shape[2] // feature.shape[2] in (8, 16)]
    parts = [part for m in maps for part in (m.mean((2, 3)), torch.log(m.flatten(2).std(2, correction=0) + 1e-3))]
    with torch.inference_mode():
        expected = torch.cat(parts, dim=1) @ net.label_output.weight.T + net.label_output.bias
        output = net({"face": torch.cat([faces(), faces().flip(3)])})
    assert len(maps) == 2
    torch.testing.assert_close(output.label[:3], output.label[3:])  # of the mirror image
    torch.testing.assert_close(net.train()({"face": faces()}).label, expected)
    with pytest.raises(UserError, match=r"test_efficientnet has features at the strides .* not at 8 and 64"):
        LinearProbe("test_efficientnet", pretrained=False, strides=[8, 64])


def test_a_step_changes_the_linear_layer_alone() -> None:
    net = probe().train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    (group,) = net.parameter_groups()
    optimizer = torch.optim.SGD(group["params"], lr=1.0)
    cross_entropy(net({"face": faces()}).label, torch.tensor([0, 1, 3])).backward()
    optimizer.step()
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"label_output.weight", "label_output.bias"}

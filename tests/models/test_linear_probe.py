import timm
import torch
from torch.nn.functional import cross_entropy

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


def test_a_step_changes_the_linear_layer_alone() -> None:
    net = probe().train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    (group,) = net.parameter_groups()
    optimizer = torch.optim.SGD(group["params"], lr=1.0)
    cross_entropy(net({"face": faces()}).label, torch.tensor([0, 1, 3])).backward()
    optimizer.step()
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"label_output.weight", "label_output.bias"}

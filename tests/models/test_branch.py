import pytest
import timm
import torch
from torch import nn

from fakeface.errors import UserError
from fakeface.models.branch import Branch
from fakeface.models.pretrained import create_backbone

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    ("backbone", "mean", "std"),
    [
        ("custom_cnn", *IMAGENET),
        ("test_efficientnet", *IMAGENET),
        ("test_resnet", *HALF),
        ("mobilenetv2_100", *IMAGENET),
        ("mobilevitv2_050", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ],
)
def test_a_view_is_normalised_as_the_backbone_was_trained(
    backbone: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    branch = Branch(backbone)
    branch.backbone = nn.Identity()
    black, white = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 255.0)
    for level, view in ((0.0, black), (1.0, white)):
        expected = torch.tensor([(level - m) / s for m, s in zip(mean, std, strict=True)])
        assert torch.allclose(branch(view), expected.view(1, 3, 1, 1).expand(1, 3, 2, 2))


def test_uint8_equals_float() -> None:
    branch = Branch("test_efficientnet").eval()
    view = torch.randint(0, 256, (2, 3, 48, 48), dtype=torch.uint8)
    assert torch.equal(branch(view), branch(view.float()))
    assert branch(view).dtype == torch.float32


@pytest.mark.parametrize("backbone", ["custom_cnn", *timm.list_models("test_*")])
def test_features_are_as_long_as_the_branch_says(backbone: str) -> None:
    branch = Branch(backbone).eval()
    features = branch(torch.zeros(2, 3, 160, 160, dtype=torch.uint8))
    assert features.shape == (2, branch.num_features)


@pytest.mark.parametrize("backbone", ["custom_cnn", "test_efficientnet", "test_resnet"])
def test_the_gradient_reaches_every_parameter(backbone: str) -> None:
    torch.manual_seed(0)
    branch = Branch(backbone)
    for module in branch.modules():
        if isinstance(module, nn.BatchNorm2d):
            # timm starts the last one of a residual block at zero, which lets no gradient into the block yet.
            nn.init.ones_(module.weight)
    branch(torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)).square().sum().backward()
    for name, parameter in branch.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_mean_and_std_travel_with_the_weights() -> None:
    assert {"mean", "std"} <= Branch("test_resnet").state_dict().keys()


def test_a_weights_file_for_model_1_is_refused() -> None:
    with pytest.raises(UserError, match=r"custom_cnn has no pre-trained weights.*false"):
        Branch("custom_cnn", pretrained="weights.safetensors")


def test_a_size_that_the_backbone_is_not_made_for_is_refused() -> None:
    branch = Branch("vit_tiny_patch16_224")
    message = r"refuses views of this size \(Input height \(32\) doesn't match model \(224\)\.\): pass another --data"
    with pytest.raises(UserError, match=message):
        branch(torch.zeros(1, 3, 32, 32))


def test_a_backbone_has_no_classifier() -> None:
    # ImageNet's 1,000 classes: 1,280 weights and a bias for each are gone from the published 3,504,872.
    with torch.device("meta"):
        backbone = create_backbone("mobilenetv2_100", pretrained=False)
    assert sum(parameter.numel() for parameter in backbone.parameters()) == 3_504_872 - 1_281_000

import pytest
import torch
from torch import nn

from fakeface.errors import UserError
from fakeface.models import Ensemble, FaceNetwork, SpliceNet
from tests.networks import build_network


def faces(seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        view: torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=generator)
        for view in ("original", "ela", "face")
    }


def splice_net(seed: int) -> SpliceNet:
    torch.manual_seed(seed)
    return SpliceNet("test_efficientnet", pretrained=False).eval()


def test_mean_of_all_that_members_say() -> None:
    members = [splice_net(seed) for seed in (0, 1, 2)]
    ensemble = Ensemble(list[FaceNetwork](members)).eval()
    assert ensemble.views == ["face"]
    assert ensemble.has_regions
    with torch.inference_mode():
        outputs = [member(faces()) for member in members]
        together = ensemble(faces())
    assert not torch.allclose(outputs[0].label, outputs[1].label)
    torch.testing.assert_close(together.label, (outputs[0].label + outputs[1].label + outputs[2].label) / 3)
    assert outputs[0].regions is not None
    assert together.regions is not None
    torch.testing.assert_close(together.regions, torch.stack([output.regions for output in outputs]).mean(0))
    assert together.map is not None
    torch.testing.assert_close(together.map, torch.stack([output.map for output in outputs]).mean(0))


def test_members_with_one_and_two_outputs_count_alike() -> None:
    one = build_network({"original": "test_resnet"}, outputs=1, region_head=True)
    two = build_network({"original": "test_efficientnet"}, outputs=2)
    ensemble = Ensemble([one, two])
    with torch.inference_mode():
        output = ensemble(faces())
        expected = (one(faces()).label[:, 0] + two(faces()).label[:, 1] - two(faces()).label[:, 0]) / 2
    torch.testing.assert_close(output.fake_logit, expected)
    assert output.regions is not None
    torch.testing.assert_close(output.regions, one(faces()).regions)  # the other has none
    assert ensemble.has_regions
    assert output.map is None
    assert not Ensemble([two]).has_regions


def test_members_must_read_the_same_views() -> None:
    original, ela = (build_network({view: "test_resnet"}) for view in ("original", "ela"))
    with pytest.raises(UserError, match=r"one member of model.net reads \['original'\], another \['ela'\]"):
        Ensemble([original, ela])
    with pytest.raises(UserError, match="no members"):
        Ensemble([])


def test_a_single_member_is_itself() -> None:
    member = splice_net(0)
    with torch.inference_mode():
        assert torch.equal(Ensemble([member]).eval()(faces()).label, member(faces()).label)
    assert isinstance(Ensemble([member]).members, nn.ModuleList)

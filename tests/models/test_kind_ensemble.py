import pytest
import torch

from fakeface.errors import UserError
from fakeface.models import KINDS, Ensemble, FaceNetwork, FaceOutput, KindEnsemble, LinearProbe, SpliceNet
from fakeface.models.kind_ensemble import EDITED_SHIFT, GENERATED_SHIFT, PROBE_WEIGHT


def splice_net(seed: int, kinds: bool) -> SpliceNet:
    torch.manual_seed(seed)
    return SpliceNet("test_efficientnet", pretrained=False, kinds=kinds).eval()


def linear_probe() -> LinearProbe:
    torch.manual_seed(2)
    return LinearProbe("test_efficientnet", pretrained=False).eval()


def faces() -> dict[str, torch.Tensor]:
    return {
        "face": torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    }


def test_log_odds_of_kinds_are_those_of_the_softmax() -> None:
    output = FaceOutput(torch.tensor([[0.3, -1.0, 0.5, 2.0], [4.0, 0.0, 0.0, -3.0]]))
    real, edited, swapped, generated = output.label.softmax(dim=1).T
    assert output.has_kinds
    torch.testing.assert_close(output.fake_logit.sigmoid(), edited + swapped + generated)
    torch.testing.assert_close(output.generated_logit.sigmoid(), generated)
    torch.testing.assert_close(output.edited_logit, ((edited + swapped) / real).log())


def test_without_kinds_fake_is_an_edit() -> None:
    one, two = FaceOutput(torch.tensor([[0.7]])), FaceOutput(torch.tensor([[0.2, 0.9]]))
    assert not one.has_kinds
    torch.testing.assert_close(one.edited_logit, torch.tensor([0.7]))
    torch.testing.assert_close(two.fake_logit, torch.tensor([0.7]))
    torch.testing.assert_close(two.edited_logit, two.fake_logit)


def test_a_network_with_kinds_has_an_output_for_each_and_real() -> None:
    with torch.inference_mode():
        output = splice_net(0, kinds=True)(faces())
    assert output.label.shape == (3, 1 + len(KINDS))
    assert output.map is not None


def test_fake_is_what_either_suspicion_holds_of() -> None:
    edits, kinds = splice_net(0, kinds=False), splice_net(1, kinds=True)
    ensemble = KindEnsemble(list[FaceNetwork]([edits, kinds]), [2.0, 1.5], shift=0.3).eval()
    with torch.inference_mode():
        first, second = edits(faces()), kinds(faces())
        together = ensemble(faces())
    edited = (first.label[:, 0] / 2.0 + second.edited_logit / 1.5) / 2 + EDITED_SHIFT
    generated = second.generated_logit / 1.5 + GENERATED_SHIFT
    fake = 1 - (1 - edited.sigmoid()) * (1 - generated.sigmoid())
    torch.testing.assert_close(together.fake_logit, torch.logit(fake) + 0.3)
    assert first.regions is not None
    assert second.regions is not None
    assert together.regions is not None
    torch.testing.assert_close(together.regions, (first.regions + second.regions) / 2)
    # Of an edit, the member that tells kinds says which; the sum of both is the suspicion of an edit.
    assert together.kind_logits is not None
    assert together.kind_logits.shape == (3, len(KINDS))
    torch.testing.assert_close(together.kind_logits[:, :2].logsumexp(dim=1), edited)
    torch.testing.assert_close(together.kind_logits[:, 2], generated)
    between = second.label[:, 1] - second.label[:, 2]
    torch.testing.assert_close(together.kind_logits[:, 0] - together.kind_logits[:, 1], between)


def test_the_log_odds_of_a_probe_are_added() -> None:
    members, probe = list[FaceNetwork]([splice_net(0, kinds=False), splice_net(1, kinds=True)]), linear_probe()
    alone = KindEnsemble(members, [2.0, 1.5]).eval()
    ensemble = KindEnsemble(members, [2.0, 1.5, 4.0], probe=probe).eval()
    with torch.inference_mode():
        first, opinion, together = alone(faces()), probe(faces()), ensemble(faces())
    torch.testing.assert_close(together.fake_logit, first.fake_logit + PROBE_WEIGHT * opinion.fake_logit / 4.0)
    assert together.kind_logits is not None
    torch.testing.assert_close(together.kind_logits, first.kind_logits)


def test_what_is_suspected_of_each_kind_needs_networks_that_tell_kinds() -> None:
    with torch.inference_mode():
        kinds = splice_net(1, kinds=True)(faces())
        assert kinds.kind_logits is not None
        torch.testing.assert_close(kinds.kind_logits, kinds.label[:, 1:])
        assert splice_net(0, kinds=False)(faces()).kind_logits is None
        mean = Ensemble([splice_net(1, kinds=True), splice_net(2, kinds=True)])(faces()).kind_logits
        assert mean is not None
        torch.testing.assert_close(mean, (kinds.label + splice_net(2, kinds=True)(faces()).label)[:, 1:] / 2)
        assert Ensemble([splice_net(1, kinds=True), splice_net(2, kinds=False)])(faces()).kind_logits is None


def test_temperatures_must_fit_the_members() -> None:
    with pytest.raises(UserError, match="2 networks and the temperatures"):
        KindEnsemble([splice_net(0, kinds=False), splice_net(1, kinds=True)], [1.0])
    with pytest.raises(UserError, match="2 networks and the temperatures"):
        KindEnsemble([splice_net(1, kinds=True)], [1.0], probe=linear_probe())
    with pytest.raises(UserError, match="above 0"):
        KindEnsemble([splice_net(1, kinds=True)], [0.0])


def test_somebody_must_tell_kinds() -> None:
    with pytest.raises(UserError, match="tells kinds: set kinds"):
        KindEnsemble([splice_net(0, kinds=False)], [1.0])(faces())

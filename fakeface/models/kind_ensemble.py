"""Networks that know edits and networks that know every kind of fake, fused: fake is what either suspicion holds of."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fakeface.errors import UserError
from fakeface.models.ensemble import Ensemble
from fakeface.models.linear_probe import LinearProbe
from fakeface.models.network import FaceNetwork, FaceOutput

EDITED_SHIFT, GENERATED_SHIFT = -2.0, -0.5
"""Added to the log odds of an edit and of a generated face before they are fused, for both are rare among photographs;
chosen with whole origins left out."""

PROBE_WEIGHT = 1.3
"""How much the log odds of a probe count beside the fused ones; chosen in the same way."""


class KindEnsemble(Ensemble):
    """Networks that read the same views, some with kinds, fused by noisy-or.

    The log odds of an edit are the mean over all members, those of a generated face the mean over the members that tell
    kinds. A network that learnt edits alone takes a generated face for an especially clean photograph, so a mean of all
    that members say of fake would hide it.

    Args:
        members: The networks; at least one tells kinds.
        temperatures: What divides the log odds of each member, and last of the probe, so that all count alike.
        shift: Added to the fused log odds.
        probe: A second opinion on fake, of a backbone that no fake has changed, whose log odds are added.

    Raises:
        UserError: When there are not as many temperatures as networks, or one is not positive.
    """

    def __init__(
        self,
        members: list[FaceNetwork],
        temperatures: list[float],
        shift: float = 0.0,
        probe: LinearProbe | None = None,
    ) -> None:
        super().__init__(members)
        networks = len(members) + (probe is not None)
        if len(temperatures) != networks or min(temperatures) <= 0:
            raise UserError(
                f"model.net has {networks} networks and the temperatures {temperatures}: name one above 0 for each"
            )
        self.temperatures = temperatures
        self.shift = shift
        self.probe = probe

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify faces ``(B, 3, H, W)``, as ``Ensemble`` does."""
        output = super().forward(views)
        if self.probe is None:
            return output
        opinion = self.probe(views).fake_logit / self.temperatures[-1]
        return output._replace(label=output.label + PROBE_WEIGHT * opinion[:, None])

    def fuse(self, outputs: Sequence[FaceOutput]) -> Tensor:
        """Return the log odds of fake ``(B,)``: of an edit or of a generated face.

        Raises:
            UserError: When no member tells kinds.
        """
        edited, generated = self._suspicions(outputs)
        # The odds of a or b, where both are independent: (1 + odds a)(1 + odds b) - 1.
        return torch.stack([edited, generated, edited + generated]).logsumexp(dim=0) + self.shift

    def fuse_kinds(self, outputs: Sequence[FaceOutput]) -> Tensor:
        """Return the log odds of each kind ``(B, 3)``; members that tell kinds say which edits are swaps."""
        edited, generated = self._suspicions(outputs)
        shares = torch.stack([output.label[:, 1:-1].log_softmax(dim=1) for output in outputs if output.has_kinds])
        return torch.cat([edited[:, None] + shares.mean(dim=0), generated[:, None]], dim=1)

    def _suspicions(self, outputs: Sequence[FaceOutput]) -> tuple[Tensor, Tensor]:
        """Return the log odds ``(B,)`` of an edit and of a generated face."""
        pairs = list(zip(outputs, self.temperatures[: len(outputs)], strict=True))
        generated = [output.generated_logit / temperature for output, temperature in pairs if output.has_kinds]
        if not generated:
            raise UserError("no member of model.net tells kinds: set kinds: true for one, or take Ensemble")
        edited = torch.stack([output.edited_logit / temperature for output, temperature in pairs]).mean(dim=0)
        return edited + EDITED_SHIFT, torch.stack(generated).mean(dim=0) + GENERATED_SHIFT

"""Several networks that judge together, by the mean of their logits (https://arxiv.org/abs/1612.01474)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fakeface.errors import UserError
from fakeface.models.network import FaceNetwork, FaceOutput


class Ensemble(FaceNetwork):
    """Networks that read the same views; ``fakeface release`` makes one of several checkpoints.

    Args:
        members: The networks.

    Raises:
        UserError: When there are none, or they read different views.
    """

    def __init__(self, members: list[FaceNetwork]) -> None:
        super().__init__()
        if not members:
            raise UserError("model.net has no members: name at least one network")
        for member in members:
            if member.views != members[0].views:
                raise UserError(
                    f"one member of model.net reads {members[0].views}, another {member.views}: take those of one kind"
                )
        self.members = nn.ModuleList(members)
        self.views = members[0].views
        self.has_regions = any(member.has_regions for member in members)

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify views ``(B, 3, H, W)``, uint8 or float in 0..255.

        Returns:
            The members' log odds of fake, fused ``(B, 1)``, their kinds, the means of the regions and maps of those
            that have them, and the distance of the first that has one.
        """
        outputs: list[FaceOutput] = [member(views) for member in self.members]
        return FaceOutput(
            self.fuse(outputs)[:, None],
            _mean([output.regions for output in outputs]),
            _mean([output.map for output in outputs]),
            self.fuse_kinds(outputs),
            next((output.distance for output in outputs if output.distance is not None), None),
        )

    def fuse(self, outputs: Sequence[FaceOutput]) -> Tensor:
        """Return the log odds of fake ``(B,)`` that follow from what the members say: their mean."""
        return torch.stack([output.fake_logit for output in outputs]).mean(dim=0)

    def fuse_kinds(self, outputs: Sequence[FaceOutput]) -> Tensor | None:
        """Return what is suspected of each kind ``(B, 3)``: the mean, where all members tell kinds."""
        kinds = [output.kind_logits for output in outputs]
        return _mean(kinds) if all(kind is not None for kind in kinds) else None


def _mean(tensors: Sequence[Tensor | None]) -> Tensor | None:
    """Return the mean of those that there are."""
    known = [tensor for tensor in tensors if tensor is not None]
    return torch.stack(known).mean(dim=0) if known else None

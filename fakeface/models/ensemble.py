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
        self._views = members[0].views
        self._has_regions = all(member.has_regions for member in members)

    @property
    def views(self) -> list[str]:
        """What all members read."""
        return self._views

    @property
    def has_regions(self) -> bool:
        """Whether all members score the regions."""
        return self._has_regions

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify views ``(B, 3, H, W)``, uint8 or float in 0..255.

        Returns:
            The means of the members' log odds of fake ``(B, 1)``, and of their regions and maps where all have them.
        """
        outputs: list[FaceOutput] = [member(views) for member in self.members]
        return FaceOutput(
            torch.stack([output.fake_logit for output in outputs]).mean(dim=0)[:, None],
            mean_where_all_have_it([output.regions for output in outputs]),
            mean_where_all_have_it([output.map for output in outputs]),
        )


def mean_where_all_have_it(tensors: Sequence[Tensor | None]) -> Tensor | None:
    """Return the mean of what members say, or None where one says nothing."""
    known = [tensor for tensor in tensors if tensor is not None]
    return torch.stack(known).mean(dim=0) if len(known) == len(tensors) else None

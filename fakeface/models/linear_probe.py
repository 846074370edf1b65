"""Kinds of fakes by a linear layer on the features of a frozen backbone."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from fakeface.models.branch import Branch
from fakeface.models.network import KINDS, FaceNetwork, FaceOutput
from fakeface.models.pretrained import refusing_sizes
from fakeface.models.stages import find_stages, style


class LinearProbe(FaceNetwork):
    """Real, edited, swapped or generated, as far as a backbone tells that never saw a fake.

    It knows less of the fakes that it was trained on than a network whose backbone learns from them, and is led astray
    less by those of other generators (https://arxiv.org/abs/2302.10174, https://arxiv.org/abs/2202.10054), so it is a
    second opinion for a ``KindEnsemble``. In evaluation mode it averages the face and its mirror image.

    Args:
        backbone: Any network of timm.
        pretrained: Weights of the backbone: ``True`` (timm's hub), a local file, or ``False``.
        dropout: Probability of dropping a feature before the linear layer.
        strides: Those of the backbone's features whose style is read, such as ``[8, 16]``; what follows them is left
            away. By default the last features are read, which tell less of how a picture was made.

    Raises:
        UserError: When the backbone does not exist, its weights cannot be had, or it has no such features.
    """

    def __init__(
        self, backbone: str, pretrained: bool | str = True, dropout: float = 0.0, strides: Sequence[int] = ()
    ) -> None:
        super().__init__()
        self.views = ["face"]
        self.branch = Branch(backbone, pretrained).requires_grad_(False)
        self.stages: list[int] = []
        features = self.branch.num_features
        if strides:
            network: Any = self.branch.backbone
            self.stages, channels = find_stages(network, backbone, strides)
            network.prune_intermediate_layers(self.stages, prune_norm=True, prune_head=True)
            features = 2 * sum(channels)
        self.dropout = nn.Dropout(dropout)
        self.label_output = nn.Linear(features, 1 + len(KINDS))
        self.to(memory_format=torch.channels_last)

    def train(self, mode: bool = True) -> "LinearProbe":
        """Leave the statistics of the backbone as they are."""
        super().train(mode)
        self.branch.eval()
        return self

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify faces ``(B, 3, H, W)``, uint8 or float in 0..255.

        Returns:
            Logits of label ``(B, 4)``.
        """
        image = self.branch.normalise(views["face"])
        if self.training:
            features = self._read(image)
        else:
            # In one batch, as ``SpliceNet`` does it, so that an exported ensemble computes frozen layers once.
            both = self._read(torch.cat([image, image.flip(3)]))
            features = both.unflatten(0, (2, -1)).mean(dim=0)
        with torch.autocast(image.device.type, enabled=False):
            return FaceOutput(self.label_output(self.dropout(features)))

    def _read(self, image: Tensor) -> Tensor:
        if not self.stages:
            return self.branch.read(image).float()
        network: Any = self.branch.backbone
        with refusing_sizes():
            return style(network.forward_intermediates(image, indices=self.stages, intermediates_only=True))

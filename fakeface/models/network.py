"""What every network here has in common: what it reads and what it says."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from torch import Tensor, nn


class FaceOutput(NamedTuple):
    """What a network says of a batch.

    Attributes:
        label: Logits ``(B, 1)`` of fake, or ``(B, 2)`` of real and fake.
        regions: Logits ``(B, 4)`` of an edit at the left eye, right eye, nose and mouth, or None.
        map: Logits ``(B, H, W)`` of an edit at each place of the view, or None.
    """

    label: Tensor
    regions: Tensor | None = None
    map: Tensor | None = None

    @property
    def fake_logit(self) -> Tensor:
        """Log odds of fake ``(B,)``: the softmax of two outputs is the sigmoid of their difference."""
        return self.label[:, 0] if self.label.shape[1] == 1 else self.label[:, 1] - self.label[:, 0]


class FaceNetwork(nn.Module, ABC):
    """A network that judges faces from one view or several."""

    @property
    @abstractmethod
    def views(self) -> list[str]:
        """Names of the views that ``forward`` needs."""

    @property
    @abstractmethod
    def has_regions(self) -> bool:
        """Whether ``forward`` scores the four regions."""

    @abstractmethod
    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify views ``(B, 3, H, W)``, uint8 or float in 0..255; other entries of the dictionary are ignored."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the trainable parameters in groups for an optimiser.

        A group may have ``lr_scale``, a factor on the learning rate.
        """
        return [{"params": [parameter for parameter in self.parameters() if parameter.requires_grad]}]

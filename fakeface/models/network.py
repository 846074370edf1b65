"""What every network here has in common: what it reads and what it says."""

import inspect
from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Self

from torch import Tensor, nn

KINDS = ("edited", "swapped", "generated")
"""What may be suspected of a face: parts changed, another person's put in its place, all of it made by a network."""


class FaceOutput(NamedTuple):
    """What a network says of a batch.

    Attributes:
        label: Logits ``(B, 1)`` of fake, ``(B, 2)`` of real and fake, or ``(B, 4)`` of real and each of ``KINDS``.
        regions: Logits ``(B, 4)`` of an edit at the left eye, right eye, nose and mouth, or None.
        map: Logits ``(B, H, W)`` of an edit at each place of the view, or None.
        kinds: Logits ``(B, 3)`` of each of ``KINDS``, where they do not follow from ``label``; see ``kind_logits``.
        distance: From the photographs that the network was shown ``(B, 1)``, or None; see ``MahalanobisDistance``.
    """

    label: Tensor
    regions: Tensor | None = None
    map: Tensor | None = None
    kinds: Tensor | None = None
    distance: Tensor | None = None

    @property
    def kind_logits(self) -> Tensor | None:
        """How much is suspected of each of ``KINDS`` ``(B, 3)``, for comparison with each other; None without kinds."""
        return self.label[:, 1:] if self.has_kinds else self.kinds

    @property
    def fake_logit(self) -> Tensor:
        """Log odds of fake ``(B,)``: of all outputs but the first against it, where there are several."""
        return self.label[:, 0] if self.label.shape[1] == 1 else self.label[:, 1:].logsumexp(dim=1) - self.label[:, 0]

    @property
    def edited_logit(self) -> Tensor:
        """Log odds ``(B,)`` of an edit or a swap against a real face; all that a network without kinds knows of."""
        return FaceOutput(self.label[:, :-1]).fake_logit if self.has_kinds else self.fake_logit

    @property
    def generated_logit(self) -> Tensor:
        """Log odds ``(B,)`` of a generated face against everything else, for a network that tells kinds."""
        return self.label[:, -1] - self.label[:, :-1].logsumexp(dim=1)

    @property
    def has_kinds(self) -> bool:
        """Whether the network tells the kinds of fakes apart."""
        return self.label.shape[1] == 1 + len(KINDS)


class FaceNetwork(nn.Module, ABC):
    """A network that judges faces from one view or several.

    Attributes:
        views: Names of the views that ``forward`` needs.
        has_regions: Whether ``forward`` scores the four regions.
        class_path: Where its class is found.
        init_args: What it was made with, by name, from which it can be made again.
    """

    views: list[str]
    has_regions: bool = False
    class_path: str
    init_args: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note the arguments, so that a checkpoint can tell them."""
        network = super().__new__(cls)
        bound = inspect.signature(cls.__init__).bind_partial(network, *args, **kwargs)
        bound.apply_defaults()
        arguments = list(bound.arguments.items())[1:]
        object.__setattr__(network, "class_path", f"{cls.__module__}.{cls.__qualname__}")
        object.__setattr__(network, "init_args", dict(arguments))
        return network

    @abstractmethod
    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify views ``(B, 3, H, W)``, uint8 or float in 0..255; other entries of the dictionary are ignored."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the trainable parameters in groups for an optimiser.

        A group may have ``lr_scale``, a factor on the learning rate.
        """
        return [{"params": [parameter for parameter in self.parameters() if parameter.requires_grad]}]

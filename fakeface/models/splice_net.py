"""A fully convolutional network on the aligned face: a verdict, its regions, and a map of what was pasted in.

The map is taught by pseudo-fakes, of which is known which pixels were replaced: an idea of Face X-ray
(https://arxiv.org/abs/1912.13458), whose map shows the border of the blend where this one shows the whole part.
Features of three strides are summed as in feature pyramids (https://arxiv.org/abs/1612.03144). A region is scored from
the places that a learned attention picks for it by what they look like; it is not told where they lie.
"""

from collections.abc import Sequence
from typing import Any

import torch
from timm.data import resolve_model_data_config
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from fakeface.errors import UserError
from fakeface.models.mahalanobis import MahalanobisDistance
from fakeface.models.network import KINDS, FaceNetwork, FaceOutput
from fakeface.models.pretrained import create_backbone, refusing_sizes
from fakeface.models.stages import find_stages, style

STRIDES = (8, 16, 32)
REGIONS = 4
_MIRRORED_REGIONS = [1, 0, 2, 3]


class SpliceNet(FaceNetwork):
    """Backbone, pyramid at stride 16, and three heads. In evaluation mode it averages the face and its mirror image.

    Args:
        backbone: A convolutional network of timm with features at strides 8, 16 and 32, such as
            ``efficientnet_lite0``, ``resnet18`` or ``convnext_atto``.
        pretrained: ``True`` (timm's hub), a local file, or ``False``.
        width: Channels of the pyramid.
        dropout: Probability of dropping a feature before the heads.
        drop_path: Probability of skipping the last residual block of the backbone; it grows evenly up to there. 0 where
            timm has none for the backbone.
        frozen: Modules of the backbone that are not trained, such as ``conv_stem`` or ``blocks.0``.
        backbone_lr_scale: Factor on the learning rate of the backbone.
        kinds: Whether to tell the kinds of fakes apart, by a softmax over real and each of ``KINDS``.
        distance: Whether to say, in evaluation mode, how far a face lies from those that ``distance`` was fitted to.
        localises: Whether there are a map and scores of regions, for trainings whose samples show where an edit is.

    Raises:
        UserError: When the backbone has no such features, no such module, or no blocks that can be skipped.
    """

    backbone: Any  # a module of timm, whose methods no type describes
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: str = "efficientnet_lite0",
        pretrained: bool | str = True,
        width: int = 128,
        dropout: float = 0.3,
        drop_path: float = 0.1,
        frozen: Sequence[str] = (),
        backbone_lr_scale: float = 0.5,
        kinds: bool = False,
        distance: bool = False,
        localises: bool = True,
    ) -> None:
        super().__init__()
        self.views = ["face"]
        self.has_regions = localises
        self.backbone = network = _create(backbone, pretrained, drop_path)
        self.stages, channels = find_stages(network, backbone, STRIDES)
        self.lateral = nn.ModuleList(nn.Conv2d(inputs, width, 1) for inputs in channels)
        self.fuse = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        if localises:
            self.map_output = nn.Conv2d(width, 1, 1)
            self.attention = nn.Conv2d(width, REGIONS, 1)
            self.region_weight = nn.Parameter(torch.randn(REGIONS, width) * 0.02)
            self.region_bias = nn.Parameter(torch.zeros(REGIONS))
        self.dropout = nn.Dropout(dropout)
        self.label_output = nn.Linear(network.head_hidden_size + 2 * width, 1 + len(KINDS) if kinds else 1)
        self.distance = MahalanobisDistance(2 * sum(channels)) if distance else None
        self.backbone_lr_scale = backbone_lr_scale
        self.frozen = [_submodule(network, name, backbone) for name in frozen]
        for module in self.frozen:
            module.requires_grad_(False).eval()
        config = resolve_model_data_config(network)
        self.register_buffer("mean", torch.tensor(config["mean"]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(config["std"]).view(1, 3, 1, 1))
        self.to(memory_format=torch.channels_last)

    def train(self, mode: bool = True) -> "SpliceNet":
        """Set the mode; what is frozen keeps the statistics that it was trained with."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the backbone's parameters and the heads', the former with their ``lr_scale``."""
        backbone = [parameter for parameter in self.backbone.parameters() if parameter.requires_grad]
        known = {id(parameter) for parameter in self.backbone.parameters()}
        heads = [parameter for parameter in self.parameters() if id(parameter) not in known]
        return [{"params": backbone, "lr_scale": self.backbone_lr_scale}, {"params": heads}]

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify faces ``(B, 3, H, W)``, uint8 or float in 0..255, height and width multiples of 32.

        Returns:
            Logits of label ``(B, 1)``, or ``(B, 4)`` with kinds, and where it localises of regions ``(B, 4)`` and map
            ``(B, H / 16, W / 16)``.

        Raises:
            UserError: When the backbone is made for another size.
        """
        image = self._normalise(views)
        if self.training:
            return FaceOutput(*self._heads(*self._backbone_features(image)))
        # In one batch, for in two passes ONNX Runtime would hold the weights twice.
        last, features = self._backbone_features(torch.cat([image, image.flip(3)]))
        label, *places = (output.unflatten(0, (2, -1)) for output in self._heads(last, features))
        distance = None if self.distance is None else self.distance(self._style(features))[:, None]
        output = FaceOutput(label.mean(dim=0), distance=distance)
        if not places:
            return output
        regions, splice_map = places
        return output._replace(
            regions=(regions[0] + regions[1][:, _MIRRORED_REGIONS]) / 2,
            map=(splice_map[0] + splice_map[1].flip(2)) / 2,
        )

    def measure_distance(self, styles: Tensor, weights: Tensor) -> None:
        """Say from now on how far a face lies from those with these styles ``(N, F)`` and weights ``(N,)``."""
        distance = MahalanobisDistance(styles.shape[1])
        distance.fit(styles, weights)
        self.distance = distance.to(self.mean.device)
        self.init_args["distance"] = True

    def style(self, views: dict[str, Tensor]) -> Tensor:
        """Return what ``distance`` is fitted to ``(B, F)``: textures of faces, as the backbone sees them."""
        image = self._normalise(views)
        return self._style(self._backbone_features(torch.cat([image, image.flip(3)]))[1])

    def _style(self, features: Sequence[Tensor]) -> Tensor:
        """Return the mean of the styles of faces and of their mirror images, which follow them in the batch."""
        both: Tensor = style(features).unflatten(0, (2, -1))
        return both.mean(dim=0)

    def _normalise(self, views: dict[str, Tensor]) -> Tensor:
        image = views["face"].to(self.mean.dtype, memory_format=torch.channels_last)
        return (image / 255 - self.mean) / self.std

    def _backbone_features(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the last features, and those at ``STRIDES``."""
        with refusing_sizes():
            last, features = self.backbone.forward_intermediates(image, indices=self.stages)
        return last, features

    def _heads(self, last: Tensor, features: Sequence[Tensor]) -> list[Tensor]:
        """Return the logits of label, and where it localises of regions and map."""
        fine, middle, coarse = (lateral(feature) for lateral, feature in zip(self.lateral, features, strict=True))
        coarse = F.interpolate(coarse, size=middle.shape[-2:], mode="nearest")
        fused = self.fuse(middle + F.avg_pool2d(fine, 2) + coarse)
        pooled = self.backbone.forward_head(last, pre_logits=True)
        places = self._places(fused) if self.has_regions else []
        # In bfloat16 the logits of different faces would tie, and the AUROC with them.
        with torch.autocast(last.device.type, enabled=False):
            fused, pooled = fused.float(), pooled.float()
            summary = torch.cat([pooled, fused.mean(dim=(2, 3)), fused.amax(dim=(2, 3))], dim=1)
            return [self.label_output(self.dropout(summary)), *places]

    def _places(self, fused: Tensor) -> list[Tensor]:
        splice_map, attention = self.map_output(fused), self.attention(fused)
        with torch.autocast(fused.device.type, enabled=False):
            window = attention.float().flatten(2).softmax(dim=2)
            tokens = torch.einsum("brn,bwn->brw", window, fused.float().flatten(2))
            # The factor lets the small initial weights learn as fast as the other heads'.
            # Not a product and its sum, which OpenVINO 2026.4 computes wrongly for more than one photograph.
            regions = torch.einsum("brw,rw->br", self.dropout(tokens), self.region_weight) * REGIONS + self.region_bias
            return [regions, splice_map.float()[:, 0]]


def _create(backbone: str, pretrained: bool | str, drop_path: float) -> Any:
    if not drop_path:
        return create_backbone(backbone, pretrained)
    try:
        return create_backbone(backbone, pretrained, drop_path_rate=drop_path)
    except TypeError as error:
        if "drop_path_rate" not in str(error):
            raise
        raise UserError(
            f"the backbone {backbone} has no blocks that could be skipped: set model.net.init_args.drop_path to 0"
        ) from error


def _submodule(network: nn.Module, path: str, name: str) -> nn.Module:
    try:
        return network.get_submodule(path)
    except AttributeError as error:
        parts = ", ".join(child for child, _ in network.named_children())
        raise UserError(f"the backbone {name} has no module {path!r} to freeze: name some of {parts}") from error

"""The classifier: branches whose features are concatenated, and a head (section 3.8.5 of the report)."""

import torch
from torch import Tensor, nn

from fakeface.errors import UserError
from fakeface.models.branch import Branch
from fakeface.models.network import FaceNetwork, FaceOutput


class FaceClassifier(FaceNetwork):
    """Branches by view, their features concatenated, and a head. One branch makes a single-branch network.

    Args:
        branches: For each view (``original``, ``ela``) the backbone that reads it.
        pretrained: ``True`` (timm's hub), a local file, or ``False``; one value for all branches or one per view.
        hidden_features: Width of a fully connected ReLU layer after the concatenation; None for no such layer.
        dropout: Probability of dropping a feature before the output layer.
        outputs: 1 for a logit of fake (binary cross-entropy) or 2 for real and fake (cross-entropy).
        region_head: Whether to predict the four edited regions as well.

    Attributes:
        views: The views that ``forward`` needs.

    Raises:
        UserError: When an argument is out of range.
    """

    def __init__(
        self,
        branches: dict[str, str],
        pretrained: bool | str | dict[str, bool | str] = True,
        hidden_features: int | None = None,
        dropout: float = 0.0,
        outputs: int = 2,
        region_head: bool = False,
    ) -> None:
        super().__init__()
        if not branches:
            raise UserError("model.net has no branch: name a view and its backbone, such as original: mobilenetv2_100")
        if outputs not in {1, 2}:
            raise UserError(f"model.net has outputs: {outputs}: choose 1 (binary cross-entropy) or 2 (cross-entropy)")
        if hidden_features is not None and hidden_features < 1:
            raise UserError(f"model.net has hidden_features: {hidden_features}: choose a positive number or null")
        if not 0 <= dropout <= 1:
            raise UserError(f"model.net has dropout: {dropout}: choose a probability, from 0 to 1")
        if isinstance(pretrained, dict) and pretrained.keys() != branches.keys():
            raise UserError(
                f"model.net has pretrained for {sorted(pretrained)} but branches for {sorted(branches)}: "
                f"name the same views in both"
            )
        # Keyed by view: a checkpoint of an ELA network cannot be loaded into one that reads the original. No name in a
        # ModuleDict may have a dot, as a class path has.
        built = {
            view: Branch(backbone, pretrained[view] if isinstance(pretrained, dict) else pretrained)
            for view, backbone in branches.items()
        }
        self.views = list(branches)
        self.branches = nn.ModuleDict({view.replace(".", "/"): branch for view, branch in built.items()})
        features = sum(branch.num_features for branch in built.values())
        layers: list[nn.Module] = []
        if hidden_features is not None:
            layers += [nn.Linear(features, hidden_features), nn.ReLU()]
            features = hidden_features
        self.head = nn.Sequential(*layers, nn.Dropout(dropout))
        self.label_output = nn.Linear(features, outputs)
        self.has_regions = region_head
        self.region_output = nn.Linear(features, 4) if region_head else None
        self.to(memory_format=torch.channels_last)

    def features(self, views: dict[str, Tensor]) -> Tensor:
        """Map views ``(B, 3, H, W)`` to the branches' features, concatenated ``(B, F)``, as the head receives them."""
        features = [branch(views[view]) for view, branch in zip(self.views, self.branches.values(), strict=True)]
        return torch.cat(features, dim=1)

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        """Classify views ``(B, 3, H, W)``, uint8 or float in 0..255; other entries of the dictionary are ignored."""
        features = self.features(views)
        # In bfloat16 the logits of different faces would tie, and the AUROC with them.
        with torch.autocast(features.device.type, enabled=False):
            features = self.head(features.float())
            regions = self.region_output(features) if self.region_output is not None else None
            return FaceOutput(self.label_output(features), regions)

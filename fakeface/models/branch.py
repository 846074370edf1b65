"""A branch: one view of the photograph in, one feature vector out."""

import torch
from timm.data import resolve_model_data_config
from torch import Tensor, nn

from fakeface.errors import UserError
from fakeface.models.custom_cnn import CustomCNN
from fakeface.models.pretrained import create_backbone, refusing_sizes

CUSTOM_CNN = "custom_cnn"


class Branch(nn.Module):
    """A backbone behind the normalisation that it was trained with.

    Args:
        backbone: ``custom_cnn`` (Model 1 of the report) or any network of timm.
        pretrained: ``True`` (timm's hub), a local file, or ``False``; Model 1 has no pre-trained weights.

    Attributes:
        num_features: Length of the feature vector.

    Raises:
        UserError: When the backbone does not exist or its weights cannot be had.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: str, pretrained: bool | str = False) -> None:
        super().__init__()
        self.backbone: nn.Module
        if backbone == CUSTOM_CNN:
            if isinstance(pretrained, str):
                raise UserError(
                    f"{CUSTOM_CNN} has no pre-trained weights, so that {pretrained} would not be read: pass false, or "
                    f"for two branches one value for each, such as {{original: FILE, ela: false}}"
                )
            self.backbone = custom = CustomCNN()
            self.num_features, mean, std = custom.num_features, custom.mean, custom.std
        else:
            self.backbone = network = create_backbone(backbone, pretrained)
            # Not num_features, which is wrong for VGG16 once its classifier is removed.
            self.num_features = network.head_hidden_size
            config = resolve_model_data_config(network)
            mean, std = config["mean"], config["std"]
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, view: Tensor) -> Tensor:
        """Map a view ``(B, 3, H, W)``, uint8 or float in 0..255, to features ``(B, num_features)``.

        Raises:
            UserError: When the backbone is made for another size, as many transformers are.
        """
        return self.read(self.normalise(view))

    def normalise(self, view: Tensor) -> Tensor:
        """Return a view ``(B, 3, H, W)``, uint8 or float in 0..255, as the backbone was trained to see it."""
        # Convolutions on the CPU and on GPUs are fastest when the channels lie next to each other.
        image = view.to(self.mean.dtype, memory_format=torch.channels_last)
        return (image / 255 - self.mean) / self.std

    def read(self, image: Tensor) -> Tensor:
        """Map what ``normalise`` returned to features ``(B, num_features)``.

        Raises:
            UserError: When the backbone is made for another size.
        """
        with refusing_sizes():
            features: Tensor = self.backbone(image)
        return features

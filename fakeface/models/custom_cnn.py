"""Model 1 of the report (section 3.8.1): the convolutional network that its authors trained from scratch."""

from itertools import pairwise

from torch import Tensor, nn

from fakeface.errors import UserError

SMALLEST_SIZE = 32
"""Pixels on a side that five pools leave one of."""


class CustomCNN(nn.Module):
    """Five convolutional layers with dropout between them, then one fully connected hidden layer, all with ReLU.

    The report gives no widths; these double from 32 to 256. Every convolution is followed by a 2×2 maximum pool, so
    128×128 pixels end as 4×4; other sizes are averaged to that grid.

    Attributes:
        num_features: Width of the hidden layer, whose output are the features.
    """

    # The report normalises the input of every network as for ImageNet (section 3.4).
    mean = (0.485, 0.456, 0.406)
    std = (0.229, 0.224, 0.225)

    num_features = 512

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 128, 256, 256)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)]
        self.convolutions = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * 16, self.num_features), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        """Map normalised images ``(B, 3, H, W)``, at least 32×32, to features ``(B, num_features)``.

        Raises:
            UserError: When the images are smaller.
        """
        if min(image.shape[-2:]) < SMALLEST_SIZE:
            raise UserError(f"custom_cnn needs images of at least {SMALLEST_SIZE} pixels: choose a larger --data.size")
        features: Tensor = self.hidden(self.pool(self.convolutions(image)))
        return features

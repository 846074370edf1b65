"""What a competent user writes without fakeface: decode and analyse each image when it is needed, in float32."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image, ImageChops
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

SIZE, BATCH_SIZE = 128, 32
WORKERS = os.cpu_count() or 1


class PlainDataset(Dataset[tuple[list[Tensor], int]]):
    """Decodes with PIL, computes the error levels where wanted, resizes and normalises."""

    def __init__(self, root: Path, views: list[str]) -> None:
        self.paths = [
            (path, label)
            for label, name in enumerate(("training_real", "training_fake"))
            for path in sorted((root / name).iterdir())
        ]
        self.views = views
        self.transform = transforms.Compose(
            [
                transforms.Resize((SIZE, SIZE)),
                transforms.ToTensor(),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[list[Tensor], int]:
        path, label = self.paths[index]
        image = Image.open(path).convert("RGB")
        images = {"original": image} | ({"ela": error_levels(image)} if "ela" in self.views else {})
        return [self.transform(images[view]) for view in self.views], label


def error_levels(image: Image.Image) -> Image.Image:
    """Error level analysis with PIL and numpy."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    difference = np.asarray(ImageChops.difference(image, Image.open(buffer)), dtype=np.float32)
    return Image.fromarray(np.clip(np.abs(difference * 80 - 30), 0, 255).astype(np.uint8))


class PlainNetwork(nn.Module):
    """Backbones, concatenation, a hidden layer."""

    def __init__(self, backbones: list[str]) -> None:
        super().__init__()
        networks = [timm.create_model(name, num_classes=0) for name in backbones]
        self.backbones = nn.ModuleList(networks)
        features = sum(network.head_hidden_size for network in networks)
        self.head = nn.Sequential(nn.Linear(features, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 2))

    def forward(self, images: list[Tensor]) -> Tensor:
        pairs = zip(self.backbones, images, strict=True)
        scores: Tensor = self.head(torch.cat([backbone(image) for backbone, image in pairs], 1))
        return scores


def training_steps(root: Path, branches: dict[str, str]) -> Iterator[None]:
    """Train for ever; one step between two yields."""
    network = PlainNetwork(list(branches.values()))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    loss_function = nn.CrossEntropyLoss()
    dataset = PlainDataset(root, list(branches))
    loader = DataLoader(dataset, BATCH_SIZE, shuffle=True, num_workers=WORKERS, persistent_workers=True, drop_last=True)
    while True:
        for images, label in loader:
            optimizer.zero_grad()
            loss_function(network(images), label).backward()
            optimizer.step()
            yield

"""The same training through timm's own dataset, loader and optimiser."""

from collections.abc import Iterator
from pathlib import Path

import timm
import torch
from timm.data import create_dataset, create_loader
from timm.optim import create_optimizer_v2

from tests.benchmark import plain_script


def training_steps(root: Path, name: str) -> Iterator[None]:
    """Train for ever; one step between two yields."""
    model = timm.create_model(name, num_classes=2)
    optimizer = create_optimizer_v2(model, opt="momentum", lr=0.001, momentum=0.9)
    loader = create_loader(
        create_dataset("", root=str(root)),
        (3, plain_script.SIZE, plain_script.SIZE),
        plain_script.BATCH_SIZE,
        is_training=True,
        num_workers=plain_script.WORKERS,
        use_prefetcher=False,
        device=torch.device("cpu"),
    )
    loss_function = torch.nn.CrossEntropyLoss()
    while True:
        for image, label in loader:
            optimizer.zero_grad()
            loss_function(model(image), label).backward()
            optimizer.step()
            yield

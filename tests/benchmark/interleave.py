"""A callback that lets ``fakeface fit`` and its rivals take turns in one process, and times each."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from timm.data import create_dataset, create_loader
from timm.optim import create_optimizer_v2

from fakeface.module import FakeFaceModule
from tests.benchmark import plain_script

STEPS, ROUNDS, WARM_UP = 8, 5, 4
WORKER_SETTLING = 2.0
"""Seconds until the workers of a rival's loader have filled their queues and stop competing for the cores."""


class Interleave(Callback):
    """Lets every contender do the same number of steps in turn, for some rounds, and writes seconds per image.

    Args:
        root: Folder of the images that the rivals read.
        output: JSON file with, for each contender, the seconds per image of every round.
    """

    def __init__(self, root: str, output: str) -> None:
        self.root = Path(root)
        self.output = Path(output)
        self.times: dict[str, list[float]] = defaultdict(list)
        self.rivals: dict[str, Iterator[None]] = {}
        self.start = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, FakeFaceModule)
        names: dict[str, str] = dict(pl_module.hparams_initial["net"]["init_args"]["branches"])
        self.rivals["ceiling"] = ceiling_steps(pl_module, trainer.precision == "bf16-mixed")
        self.rivals["plain script"] = plain_script.training_steps(self.root, names)
        if list(names) == ["original"]:
            self.rivals["timm"] = timm_steps(self.root, names["original"])

    def on_train_batch_end(self, trainer: Trainer, *args: Any) -> None:
        done = trainer.global_step
        if done % STEPS == WARM_UP:
            if self.start:
                self.times["fakeface fit"].append(
                    (time.perf_counter() - self.start) / (STEPS * plain_script.BATCH_SIZE)
                )
                for name, steps in self.rivals.items():
                    self.times[name].append(seconds_per_image(steps, waits=name != "ceiling"))
            if len(self.times["fakeface fit"]) == ROUNDS:
                self.output.write_text(json.dumps(self.times))
                trainer.should_stop = True
            self.start = time.perf_counter()


def seconds_per_image(steps: Iterator[None], waits: bool) -> float:
    """Time ``STEPS`` steps; with loader workers, beyond what they had prepared while others ran."""
    for _ in range(2 * plain_script.WORKERS if waits else 1):
        next(steps)
    start = time.perf_counter()
    for _ in range(STEPS):
        next(steps)
    seconds = time.perf_counter() - start
    if waits:
        time.sleep(WORKER_SETTLING)
    return seconds / (STEPS * plain_script.BATCH_SIZE)


def ceiling_steps(module: FakeFaceModule, bfloat16: bool) -> Iterator[None]:
    """Train the same network on one batch that never changes, with the same precision and memory format."""
    from copy import deepcopy

    net = deepcopy(module.net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    shape = (plain_script.BATCH_SIZE, 3, plain_script.SIZE, plain_script.SIZE)
    batch: dict[str, Any] = {view: torch.randint(0, 256, shape, dtype=torch.uint8) for view in net.views}
    batch |= {"label": (torch.arange(shape[0]) % 2).float(), "regions": torch.zeros(shape[0], 4)}
    while True:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = module.loss(net(batch), batch)
        loss.backward()
        optimizer.step()
        yield


def timm_steps(root: Path, name: str) -> Iterator[None]:
    """Train through timm's own dataset, loader and optimiser."""
    import timm

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

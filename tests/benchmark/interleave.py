"""A callback that lets ``fakeface fit`` and its rivals take turns in one process, and times each."""

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from itertools import repeat
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from fakeface.models import FaceNetwork
from fakeface.training.module import FakeFaceModule
from tests.benchmark import plain_script, rival

WARM_UP = 4
WORKER_SETTLING = 2.0
"""Seconds until the workers of a rival's loader have filled their queues and stop competing for the cores."""


class Interleave(Callback):
    """Lets every contender do the same number of steps in turn, for some rounds, and writes seconds per image.

    Args:
        root: Folder of the images that the rivals read.
        output: JSON file with, for each contender, the seconds per image of every round.
        rivals: Some of ``ceiling``, ``plain script``, ``timm`` and ``by hand``.
        steps: How many steps a turn has.
        rounds: How many turns each has.
    """

    def __init__(self, root: str, output: str, rivals: list[str], steps: int, rounds: int) -> None:
        self.root = Path(root)
        self.output = Path(output)
        self.names = rivals
        self.steps = steps
        self.rounds = rounds
        self.times: dict[str, list[float]] = defaultdict(list)
        self.turns: dict[str, Callable[[int], float]] = {}
        self.start = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, FakeFaceModule)
        branches: dict[str, str] = dict(pl_module.hparams_initial["net"]["init_args"]["branches"])
        bfloat16 = trainer.precision == "bf16-mixed"
        makers: dict[str, Callable[[], Callable[[int], float]]] = {
            "ceiling": lambda: here(steps_on(repeat(constant_batch(pl_module.net)), pl_module, bfloat16)),
            "by hand": lambda: here(steps_on(loaded_batches(trainer), pl_module, bfloat16)),
            "plain script": lambda: elsewhere("plain script", self.root, branches),
            "timm": lambda: elsewhere("timm", self.root, branches),
        }
        self.turns = {name: makers[name]() for name in self.names}

    def on_train_batch_end(self, trainer: Trainer, *args: Any) -> None:
        if trainer.global_step % self.steps == WARM_UP % self.steps:
            if self.start:
                seconds = time.perf_counter() - self.start
                self.times["fakeface fit"].append(seconds / (self.steps * plain_script.BATCH_SIZE))
                for name, turn in self.turns.items():
                    self.times[name].append(turn(self.steps) / (self.steps * plain_script.BATCH_SIZE))
            if len(self.times["fakeface fit"]) == self.rounds:
                self.output.write_text(json.dumps(self.times))
                trainer.should_stop = True
            self.start = time.perf_counter()


def here(contender: Iterator[None]) -> Callable[[int], float]:
    """Return what times some steps in this process, after one that is not timed."""

    def turn(steps: int) -> float:
        next(contender)
        start = time.perf_counter()
        for _ in range(steps):
            next(contender)
        return time.perf_counter() - start

    return turn


def elsewhere(name: str, root: Path, branches: dict[str, str]) -> Callable[[int], float]:
    """Return what times some steps in a process of their own, whose memory and threads are as its author left them."""
    process = subprocess.Popen(
        rival.command(name, root, branches), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def turn(steps: int) -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        print(steps, file=process.stdin, flush=True)
        seconds = float(process.stdout.readline())
        time.sleep(WORKER_SETTLING)
        return seconds

    return turn


def steps_on(batches: Iterable[dict[str, Any]], module: FakeFaceModule, bfloat16: bool) -> Iterator[None]:
    """Train a copy of the network without Lightning, with the same loss, precision and memory format."""
    net = deepcopy(module.net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    for batch in batches:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = module.loss(net(batch), batch)
        loss.backward()
        optimizer.step()
        yield


def constant_batch(net: FaceNetwork) -> dict[str, Any]:
    """Return a batch of noise."""
    shape = (plain_script.BATCH_SIZE, 3, plain_script.SIZE, plain_script.SIZE)
    views = {view: torch.randint(0, 256, shape, dtype=torch.uint8) for view in net.views}
    return {**views, "label": (torch.arange(shape[0]) % 2).float(), "regions": torch.zeros(shape[0], 4)}


def loaded_batches(trainer: Trainer) -> Iterator[dict[str, Any]]:
    """Load the training's own batches for ever."""
    while True:
        yield from trainer.datamodule.train_dataloader()  # type: ignore[attr-defined]  # set by a connector

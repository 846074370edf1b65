"""Trainings in processes of their own, which can be killed, and what is left of them."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from fakeface.cli import main
from fakeface.training import cli  # noqa: F401 (what takes seconds is imported once, where processes are forked from)

CONFIG = Path(__file__).parent.parent / "configs" / "custom_cnn_original.yaml"


class KillAt(Callback):
    """Sends this process a signal.

    Args:
        count: At which of the calls, counted from 1.
        hook: Of which hook of Lightning's; ``any`` counts all of them together, ``write`` the checkpoints that are
            written, in the middle.
        number: Name of the signal.
    """

    def __init__(self, count: int, hook: str = "any", number: str = "SIGKILL") -> None:
        self.left = count
        self.hook = hook
        self.number = signal.Signals[number]
        if hook == "write":
            os.fsync = self._fsync  # type: ignore[assignment]

    def called(self, hook: str) -> None:
        """Count a call."""
        if self.hook in ("any", hook):
            self.left -= 1
            if self.left == 0:
                print(f"{self.number.name} in {hook}", flush=True)
                os.kill(os.getpid(), self.number)

    def _fsync(self, descriptor: int) -> None:
        if self.left == 1:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
        self.called("write")


def _counting(hook: str) -> Any:
    def method(self: KillAt, *args: object, **kwargs: object) -> None:
        self.called(hook)

    return method


for _hook in [name for name in dir(Callback) if name.startswith("on_") or name in ("setup", "teardown")]:
    setattr(KillAt, _hook, _counting(_hook))


def kill_at(count: int, hook: str = "any", number: str = "SIGKILL") -> list[str]:
    """Arguments for a training that sends itself a signal."""
    prefix = "--trainer.callbacks"
    return [
        f"{prefix}+",
        "tests.trainings.KillAt",
        f"{prefix}.count",
        str(count),
        f"{prefix}.hook",
        hook,
        f"{prefix}.number",
        number,
    ]


class Command:
    """``fakeface`` in a process that writes into a folder.

    Args:
        folder: Where the process works.
        arguments: Of ``fakeface``.
        environment: Variables that the process has besides the present ones.
        log: Name of the file for the output.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str] | None = None, log: str = "log"
    ) -> None:
        self.folder = folder
        self.log = folder / log
        folder.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.trainings"])
        self._process = context.Process(target=_run, args=(list(arguments), self.log, dict(environment or {})))
        self._process.start()

    def wait(self) -> int:
        """Wait for the end and return the exit code, negative for a signal."""
        self._process.join(600)
        assert self._process.exitcode is not None, f"hangs: {self.log.read_text()}"
        return self._process.exitcode

    def send(self, number: signal.Signals, after: float = 0) -> None:
        """Send a signal after some seconds, if it still runs."""
        self._process.join(after)
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    @property
    def output(self) -> str:
        """What it printed."""
        return self.log.read_text()


class Training(Command):
    """``fakeface fit`` on the demo set; the runs go into the folder as well.

    Args:
        folder: As above.
        arguments: What follows the subcommand.
        environment: As above.
        log: As above.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str] | None = None, log: str = "log"
    ) -> None:
        super().__init__(folder, fit_into(folder, arguments), environment, log)

    @property
    def run(self) -> Path:
        """The folder of the newest run."""
        return max((self.folder / CONFIG.stem).iterdir(), key=lambda path: int(path.name.removeprefix("version_")))


def fit_into(folder: Path, arguments: Sequence[str]) -> list[str]:
    """Arguments for a training whose runs go into a folder."""
    return ["fit", "--config", str(CONFIG), *arguments, "--trainer.logger.init_args.save_dir", str(folder)]


def _run(args: list[str], log: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    # Processes forked here would otherwise start their own workers through a server as well, which takes seconds.
    multiprocessing.set_start_method("fork", force=True)
    torch.set_num_threads(1)
    SummaryWriter.add_figure = _no_picture  # type: ignore[method-assign]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(log.parent)
    code = main(args)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def _no_picture(*args: object, **kwargs: object) -> None:
    """Pictures take a quarter of so small a training, and ``what_is_left`` has none."""


def what_is_left(run: Path) -> dict[str, Any]:
    """Everything of a run that a kill may not change: the checkpoints' content and all logged figures."""
    names = ("state_dict", "optimizer_states", "lr_schedulers", "callbacks", "calibration", "epoch", "global_step")
    left: dict[str, Any] = {"figures": _figures(run)}
    for name in ("best", "last"):
        checkpoint = torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)
        for key in names:
            _flatten(f"{name}.{key}", checkpoint.get(key), left)
    return left


def _flatten(name: str, value: Any, into: dict[str, Any]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else None
    if items is not None:
        for key, part in items:
            # Lightning's checkpoints leave out the present score, which the next one replaces before it is used.
            if key != "current_score":
                _flatten(f"{name}.{Path(str(key)).name}", part, into)
    elif isinstance(value, torch.Tensor):
        into[name] = value.tolist()
    else:
        into[name] = Path(value).name if isinstance(value, str) and "/" in value else value


def _figures(run: Path) -> dict[tuple[str, int], set[float]]:
    """The values of each figure at each step; a step that was made again logs the same ones."""
    figures: dict[tuple[str, int], set[float]] = {}
    for path in run.glob("events*"):
        events = EventAccumulator(str(path), {"scalars": 0}).Reload()
        for tag in events.Tags()["scalars"]:
            if tag.startswith("final/"):
                continue  # of the last epoch that a process validated, which may be one that another had begun
            for event in events.Scalars(tag):
                figures.setdefault((tag, event.step), set()).add(event.value)
    return figures

"""Experiments × seeds, one after the other: every run in a process and a folder of its own, none lost, none done twice.

A run is ``fakeface fit`` and, where its split has test images, ``fakeface test`` of its best checkpoint. Its folder is
``OUT/EXPERIMENT/seed_N``; beside the files of every run it holds ``sweep.json`` (what was asked for and how far it
came) and ``sweep.log`` (what the processes printed).
"""

import hashlib
import json
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from types import FrameType
from typing import Any, Literal

from filelock import FileLock, Timeout

from fakeface.errors import UserError
from fakeface.folders import make_folder
from fakeface.training.configurations import base_config, named_files, read_config
from fakeface.training.runs import CHECKPOINTS, CONFIG_FILE, read_split_counts

STATE_FILE, LOG_FILE = "sweep.json", "sweep.log"

Stage = Literal["begun", "trained", "finished"]


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment with one seed.

    Attributes:
        config: The experiment's file.
        seed: Of everything random in it.
        out: Folder of all runs.
        arguments: What else ``fakeface fit`` is given.
    """

    config: Path
    seed: int
    out: Path
    arguments: tuple[str, ...] = ()

    @property
    def experiment(self) -> str:
        """The experiment's name."""
        return self.config.stem

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self.out / self.experiment / f"seed_{self.seed}"

    @property
    def tests(self) -> bool:
        """Whether the split that was trained on has test images."""
        return any(split == "test" for _, split in read_split_counts(self.folder))

    def fit_arguments(self) -> list[str]:
        """Return the arguments that train the network; those of the run's place and seed cannot be overruled."""
        logger = {"save_dir": self.out, "name": self.experiment, "version": f"seed_{self.seed}"}
        return [
            *("fit", "--config", str(self.config), "--trainer.enable_progress_bar=false", *self.arguments),
            f"--seed_everything={self.seed}",
            *(f"--trainer.logger.init_args.{name}={value}" for name, value in logger.items()),
        ]

    def test_arguments(self) -> list[str]:
        """Return the arguments that test the best checkpoint with the trainer that it was trained with."""
        best = self.folder / CHECKPOINTS / "best.ckpt"
        return ["test", "--config", str(self.folder / CONFIG_FILE), "--ckpt_path", str(best)]

    def asked(self) -> dict[str, Any]:
        """Return what makes this run another one than its neighbours: the arguments and what their files hold.

        Files are those that arguments name, those that these name, and so on: configurations, manifests, weights.
        """
        base = base_config()
        files = {"base.yaml": base} | named_files(read_config(base), base.parent)
        files |= named_files([part.rpartition("=")[2] for part in self.fit_arguments()], Path())
        digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
        return {"arguments": self.fit_arguments(), "configurations": digests}


def list_runs(configs: Sequence[Path], seeds: Sequence[int], out: Path, arguments: Sequence[str]) -> list[Run]:
    """Return the runs of a sweep, one seed of all experiments before the next, so that a part of it can be compared.

    Raises:
        UserError: When something is named twice or missing, or a folder holds a run that this sweep did not begin.
    """
    for config in configs:
        if not config.is_file():
            raise UserError(
                f"the configuration {config} does not exist: name the configurations first, then --seeds, "
                f"then the arguments of `fakeface fit`"
            )
    for kind, names in (("experiment", [config.stem for config in configs]), ("seed", list(map(str, seeds)))):
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise UserError(f"the {kind} {repeated[0]} is named twice: runs are told apart by it")
    runs = [Run(config, seed, out, tuple(arguments)) for seed in seeds for config in configs]
    for run in runs:
        _read_stage(run)
    return runs


@contextmanager
def only_sweep(out: Path) -> Iterator[None]:
    """Keep other sweeps out of a folder, and let SIGTERM end the run that is under way before it ends this process.

    Raises:
        UserError: When another sweep is at work there.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    make_folder(out)
    lock = FileLock(out / "sweep.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise UserError(f"another sweep is at work in {out}: wait for it, or name another --out") from error
    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
        lock.release()


def is_finished(run: Run) -> bool:
    """Return whether nothing is left to do."""
    return _read_stage(run) == "finished"


def carry_out(run: Run) -> str:
    """Bring a run to its end from wherever it was left; a training goes on from its last checkpoint if it has one.

    Returns:
        "" when it is finished, else why not: the last line that was printed.
    """
    stage = _read_stage(run)
    if stage in (None, "begun"):
        if error := _train(run):
            return error
        _write_stage(run, "trained")
    if stage != "finished" and run.tests and (error := _call(run, run.test_arguments())):
        return error
    _write_stage(run, "finished")
    return ""


def _train(run: Run) -> str:
    arguments = run.fit_arguments()
    last = run.folder / CHECKPOINTS / "last.ckpt"
    if last.is_file():
        arguments += ["--ckpt_path", str(last)]
    elif run.folder.is_dir():
        # A training that never came to a checkpoint; fit would take its configuration for another run.
        for path in run.folder.iterdir():
            if path.name not in (STATE_FILE, LOG_FILE):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    _write_stage(run, "begun")
    return _call(run, arguments)


def _call(run: Run, arguments: list[str]) -> str:
    """Run ``fakeface`` in a process of its own; return "" or what went wrong."""
    log = run.folder / LOG_FILE
    with log.open("ab") as output:
        output.write(f"$ fakeface {shlex.join(arguments)}\n".encode())
        output.flush()
        start = output.tell()
        command = [sys.executable, "-m", "fakeface", *arguments]
        process = Popen(command, stdin=DEVNULL, stdout=output, stderr=STDOUT)  # noqa: S603 (ours)
        try:
            code = process.wait()
        except BaseException:
            process.terminate()  # it saves a checkpoint first
            process.wait()
            raise
    if code == 0:
        return ""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    lines = log.read_bytes()[start:].decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), f"exit code {code} without a word")


def _read_stage(run: Run) -> Stage | None:
    """Return how far a run came, None when it has not begun; refuse the folder of another run."""
    if not run.folder.is_dir() or not any(run.folder.iterdir()):
        return None
    try:
        state = json.loads((run.folder / STATE_FILE).read_text(encoding="utf-8"))
        asked, stage = state["asked"], state["stage"]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{run.folder} holds a run that no sweep began: name another --out, or move it away") from error
    if asked != run.asked():
        raise UserError(
            f"{run.folder} holds a run with other arguments or another configuration: name another --out, or delete it"
        )
    return stage if stage in ("begun", "trained", "finished") else None


def _write_stage(run: Run, stage: Stage) -> None:
    make_folder(run.folder)
    new = run.folder / f"{STATE_FILE}.new"
    new.write_text(json.dumps({"asked": run.asked(), "stage": stage}, indent=2) + "\n", encoding="utf-8")
    new.replace(run.folder / STATE_FILE)

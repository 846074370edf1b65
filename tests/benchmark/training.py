"""Training through ``fakeface fit`` against rivals, and what Lightning costs."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmark import rival
from tests.benchmark.table import Times, print_rows

EXPERIMENTS = {
    "mobilenet_original": {"original": "mobilenetv2_100"},
    "resnet50_ela": {"ela": "resnet50.tv_in1k"},
    "fusion_type1": {"original": "mobilenetv2_100", "ela": "resnet50.tv_in1k"},
}
STEPS, ROUNDS = 6, 5
QUICK_STEPS = 60
"""For networks whose steps take milliseconds."""


def training(root: Path, rounds: int = ROUNDS) -> None:
    """Measure training at 128 px and batch 32: fit, the ceiling, a plain script, and timm where it can do the same."""
    for experiment, branches in EXPERIMENTS.items():
        rivals = ["ceiling", "plain script", *(["timm"] if list(branches) == ["original"] else [])]
        times = interleave(root, experiment, rivals, STEPS, rounds)
        memory = {
            "fakeface fit": peak_memory(fit_command(experiment, root, [], STEPS)),
            "plain script": peak_memory(rival.command("plain script", root, branches), f"{STEPS}\n"),
        }
        print_rows(experiment, times, memory)


def overhead(root: Path, rounds: int = ROUNDS) -> None:
    """Measure a step of a tiny network through Lightning and by hand, from the same loader."""
    tiny = ["--data.size", "32", "--model.net.init_args.branches", '{"original": "test_efficientnet"}']
    times = interleave(root, "mobilenet_original", ["by hand"], QUICK_STEPS, rounds, tiny)
    print_rows("tiny network, 32 px", times)
    steps = [32_000 * (own - other) for own, other in zip(times["fakeface fit"], times["by hand"], strict=True)]
    print(f"{'':22} Lightning, metrics and callbacks take {statistics.median(steps):.1f} ms of a step", flush=True)


def interleave(
    root: Path, experiment: str, rivals: Sequence[str], steps: int, rounds: int, flags: Sequence[str] = ()
) -> Times:
    """Let a training and its rivals take turns in one process."""
    with tempfile.TemporaryDirectory() as temporary:
        output = Path(temporary) / "times.json"
        callback = {
            "class_path": "tests.benchmark.interleave.Interleave",
            "init_args": {
                "root": str(root),
                "output": str(output),
                "rivals": list(rivals),
                "steps": steps,
                "rounds": rounds,
            },
        }
        with (root.parent / f"{experiment}.log").open("w") as log:
            command = [*fit_command(experiment, root, [callback], 1_000_000), *flags]
            subprocess.run(command, check=True, stdout=log, stderr=log)
        times: Times = json.loads(output.read_text())
    return times


def fit_command(experiment: str, root: Path, callbacks: list[object], steps: int) -> list[str]:
    """Return the command line of a training without validation."""
    flags = {
        "config": f"configs/{experiment}.yaml",
        "data.root": str(root),
        "data.cache": str(root.parent / "cache"),
        "model.net.init_args.pretrained": "false",
        "trainer.check_val_every_n_epoch": "1000000",
        "trainer.max_epochs": "1000000",
        "trainer.max_steps": str(steps),
        "trainer.callbacks": json.dumps(callbacks),
        "trainer.enable_checkpointing": "false",
        "trainer.enable_progress_bar": "false",
        "trainer.logger.init_args.save_dir": str(root.parent / "logs"),
    }
    return [sys.executable, "-m", "fakeface", "fit", *(f"--{name}={value}" for name, value in flags.items())]


def peak_memory(command: list[str], given: str = "") -> float:
    """Run a command with some input and return the MiB of its largest process."""
    script = (
        "import resource,subprocess,sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    output = subprocess.run(
        [sys.executable, "-c", script, *command], input=given, check=True, capture_output=True, text=True
    )
    return float(output.stdout)

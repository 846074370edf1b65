"""``make bench``: one table, each row a ratio of medians over interleaved rounds of one run.

Run it on a machine that does nothing else: a second busy process on two cores makes training several times slower.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from fakeface.data.demo import write_demo

IMAGES, SIZE = 600, 600
EXPERIMENTS = {
    "mobilenet_original": {"original": "mobilenetv2_100"},
    "resnet50_ela": {"ela": "resnet50.tv_in1k"},
    "fusion_type1": {"original": "mobilenetv2_100", "ela": "resnet50.tv_in1k"},
}


def fit_command(experiment: str, root: Path, callbacks: list[object], steps: int) -> list[str]:
    """Return the command line of a training without validation."""
    return [
        sys.executable,
        "-m",
        "fakeface",
        "fit",
        "--config",
        f"configs/{experiment}.yaml",
        "--data.root",
        str(root),
        "--model.net.init_args.pretrained",
        "false",
        "--trainer.check_val_every_n_epoch",
        "1000000",
        "--trainer.max_epochs",
        "1000",
        "--trainer.max_steps",
        str(steps),
        "--trainer.callbacks",
        json.dumps(callbacks),
        "--trainer.enable_checkpointing",
        "false",
        "--trainer.enable_progress_bar",
        "false",
        "--trainer.logger.init_args.save_dir",
        str(root.parent / "logs"),
    ]


def peak_memory(command: list[str]) -> float:
    """Run a command and return the MiB of its largest process."""
    script = (
        "import resource,subprocess,sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    output = subprocess.run([sys.executable, "-c", script, *command], check=True, capture_output=True, text=True)
    return float(output.stdout)


def main() -> None:
    """Measure and print."""
    root = Path("data/benchmark/images")
    if not root.exists():
        print(f"drawing {IMAGES} faces of {SIZE} pixels in {root} ...", flush=True)
        write_demo(root, IMAGES, seed=0, size=SIZE)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}; training at 128 px, batch 32; img/s are medians\n")
    print(f"{'experiment':20} {'contender':14} {'img/s':>7} {'fit / it':>9} {'least':>6} {'most':>6} {'MiB':>6}")
    for experiment, branches in EXPERIMENTS.items():
        with tempfile.TemporaryDirectory() as temporary:
            output = Path(temporary) / "times.json"
            interleave = {
                "class_path": "tests.benchmark.interleave.Interleave",
                "init_args": {"root": str(root), "output": str(output)},
            }
            log = root.parent / f"{experiment}.log"
            with log.open("w") as file:
                command = fit_command(experiment, root, [interleave], steps=1000)
                subprocess.run(command, check=True, stdout=file, stderr=file)
            times: dict[str, list[float]] = json.loads(output.read_text())
        memory = {
            "fakeface fit": peak_memory(fit_command(experiment, root, [], steps=20)),
            "plain script": peak_memory(
                [sys.executable, "-m", "tests.benchmark.plain_script", str(root)]
                + [f"{view}={backbone}" for view, backbone in branches.items()]
            ),
        }
        for name, seconds in times.items():
            ratios = [other / own for other, own in zip(seconds, times["fakeface fit"], strict=True)]
            print(
                f"{experiment:20} {name:14} {1 / statistics.median(seconds):7.1f} {statistics.median(ratios):9.2f} "
                f"{min(ratios):6.2f} {max(ratios):6.2f} {f'{memory[name]:.0f}' if name in memory else '':>6}",
                flush=True,
            )


if __name__ == "__main__":
    main()

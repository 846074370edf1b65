"""Train and test a list of experiments with several seeds, one after the other, and print mean and spread.

Each run is `fakeface fit` and, where the split has test images, `fakeface test`; it lies in OUT/EXPERIMENT/seed_N with
its log. Start the same sweep again after an interruption: finished runs are kept, broken ones are continued.
All other arguments, after the configurations, are those of `fakeface fit`, such as --data.root FOLDER.
"""

import argparse
import time
from pathlib import Path

from fakeface.training.configurations import find_config
from fakeface.training.sweep import LOG_FILE, carry_out, is_finished, list_runs, only_sweep
from fakeface.training.sweep_summary import format_sweep, measure_run, summarise_sweep, write_sweep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "configs", nargs="+", metavar="CONFIG", help="an experiment: a file, or a name that `fakeface configs` lists"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="seeds (default: 0)")
    parser.add_argument(
        "--out", type=Path, default=Path("lightning_logs"), help="folder of the runs (default: %(default)s)"
    )
    parser.set_defaults(trainer_arguments=[])


def run(arguments: argparse.Namespace) -> int:
    runs = list_runs(
        [Path(find_config(name)) for name in arguments.configs],
        arguments.seeds,
        arguments.out,
        arguments.trainer_arguments,
    )
    figures = []
    with only_sweep(arguments.out):
        for number, run in enumerate(runs, start=1):
            name = f"[{number}/{len(runs)}] {run.experiment} seed {run.seed}"
            if is_finished(run):
                print(f"{name}: finished before", flush=True)
                figures.append(measure_run(run, ""))
                continue
            print(f"{name}: running, see {run.folder / LOG_FILE}", flush=True)
            start = time.monotonic()
            error = carry_out(run)
            minutes = (time.monotonic() - start) / 60
            print(f"{name}: {f'FAILED: {error}' if error else 'finished'} after {minutes:.1f} minutes", flush=True)
            figures.append(measure_run(run, error))
        experiments = summarise_sweep(figures)
        paths = write_sweep(arguments.out, figures, experiments)
    print(f"\n{format_sweep(experiments)}\n\nWritten: {', '.join(map(str, paths))}")
    failed = [run for run in figures if run.error]
    for run_figures in failed:
        print(f"failed: {run_figures.folder}: {run_figures.error}")
    return 1 if failed else 0

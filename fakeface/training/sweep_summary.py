"""What a sweep found: mean and spread over the seeds of each experiment."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

from fakeface.evaluation.scores import METRICS
from fakeface.folders import write_json
from fakeface.training.curves import read_curves
from fakeface.training.runs import METRICS_FILE
from fakeface.training.sweep import Run

SHOWN = ("auroc", "accuracy", "balanced_accuracy", "f1")


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run of a sweep.

    Attributes:
        experiment: Its experiment.
        seed: Its seed.
        folder: Where it lies.
        error: Why it failed; "" when it did not.
        split: What it was measured on: ``test``, or ``val`` where the split has no test images.
        metrics: Each of ``METRICS`` at the threshold 0.5; empty for a run that failed. On ``val`` they are those of the
            epoch with the best AUROC, which flatters.
    """

    experiment: str
    seed: int
    folder: str
    error: str
    split: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class ExperimentFigures:
    """An experiment over all its seeds.

    Attributes:
        experiment: Its name.
        split: As in ``RunFigures``.
        runs: How many finished.
        failed: How many did not.
        mean: Of each of ``METRICS``; None where a run does not define it.
        spread: Standard deviation (of the sample, n - 1); None with fewer than two runs.
    """

    experiment: str
    split: str
    runs: int
    failed: int
    mean: dict[str, float | None]
    spread: dict[str, float | None]


def measure_run(run: Run, error: str) -> RunFigures:
    """Read the figures of a run; ``error`` says why it failed, or nothing."""
    split, metrics = "", dict[str, float | None]()
    if not error and run.tests:
        content = json.loads((run.folder / METRICS_FILE).read_text(encoding="utf-8"))
        split, metrics = "test", {name: content["metrics"][name] for name in METRICS}
    elif not error:
        curves = read_curves(run.folder, [f"val/{name}" for name in METRICS])
        auroc = curves.get("val/auroc", {})
        best = max(auroc, key=auroc.__getitem__, default=-1)
        split, metrics = "val", {name: curves.get(f"val/{name}", {}).get(best) for name in METRICS}
    return RunFigures(run.experiment, run.seed, str(run.folder), error, split, metrics)


def summarise_sweep(runs: Sequence[RunFigures]) -> list[ExperimentFigures]:
    """Return the figures of each experiment, in the order in which they come."""
    names = dict.fromkeys(run.experiment for run in runs)
    return [_summarise([run for run in runs if run.experiment == name]) for name in names]


def _summarise(runs: Sequence[RunFigures]) -> ExperimentFigures:
    finished = [run for run in runs if not run.error]
    means: dict[str, float | None] = {}
    spreads: dict[str, float | None] = {}
    for name in METRICS:
        values = [value for run in finished if (value := run.metrics[name]) is not None]
        defined = len(values) == len(finished) > 0
        means[name] = mean(values) if defined else None
        spreads[name] = stdev(values) if defined and len(values) > 1 else None
    split = finished[0].split if finished else ""
    return ExperimentFigures(runs[0].experiment, split, len(finished), len(runs) - len(finished), means, spreads)


def format_sweep(experiments: Sequence[ExperimentFigures]) -> str:
    """Return a table of text: mean ± spread."""
    width = max(len("experiment"), *(len(row.experiment) for row in experiments))
    header = f"{'experiment':<{width}}  {'split':<5} {'runs':>4} {'failed':>6}  "
    lines = [header + "  ".join(f"{name.replace('_', ' '):<17}" for name in SHOWN).rstrip()]
    for row in experiments:
        cells = [f"{_cell(row.mean[name], row.spread[name]):<17}" for name in SHOWN]
        start = f"{row.experiment:<{width}}  {row.split or '-':<5} {row.runs:>4} {row.failed:>6}  "
        lines.append(start + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _cell(value: float | None, spread: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if spread is None else f"{value:.3f} ± {spread:.3f}"


def write_sweep(folder: Path, runs: Sequence[RunFigures], experiments: Sequence[ExperimentFigures]) -> list[Path]:
    """Write ``sweep_summary.json`` with everything and ``sweep_summary.csv`` with a row per experiment."""
    content = {"experiments": [asdict(row) for row in experiments], "runs": [asdict(run) for run in runs]}
    json_path, csv_path = folder / "sweep_summary.json", folder / "sweep_summary.csv"
    write_json(json_path, content)
    with csv_path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = [f"{name}_{kind}" for name in METRICS for kind in ("mean", "spread")]
        writer.writerow(["experiment", "split", "runs", "failed", *columns])
        for row in experiments:
            cells = [figures[name] for name in METRICS for figures in (row.mean, row.spread)]
            writer.writerow([row.experiment, row.split, row.runs, row.failed, *cells])
    return [json_path, csv_path]

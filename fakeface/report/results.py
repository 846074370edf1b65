"""A run as its folder tells it: figures, predictions, curves, robustness, localisation and the kind of its network."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions, read_predictions
from fakeface.evaluation.summary import Summary
from fakeface.training.curves import Curves, find_logs, read_curves
from fakeface.training.runs import (
    CHECKPOINTS,
    CLASSIFIER_FILE,
    CONFIG_FILE,
    LOCALISATION_FILE,
    METRICS_FILE,
    PREDICTIONS_FILE,
    ROBUSTNESS_FILE,
)

AUDIT_FILE = "audit.json"
_MEND = "write it with `fakeface test --ckpt_path RUN/checkpoints/best.ckpt`"
_NOT_TRAINED = "nor was anything trained there to its first epoch: delete the folder"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A tested run.

    Attributes:
        name: The experiment's name, with the version where several runs of it are reported.
        folder: The run's folder.
        experiment: Name of the configuration that was trained, such as "fusion_type1".
        classifier: The classifier of a baseline on frozen features; "" for a trained network.
        checkpoint: The checkpoint that was tested, ``None`` for a baseline.
        epoch: Its epoch, counted from 0; ``None`` for a baseline.
        summary: All that was measured.
        predictions: Every test photograph with its score; paths are resolved.
        config: The configuration of the run; empty where the run lies elsewhere.
        curves: Of the training; empty for a baseline and for a checkpoint that was tested away from its run.
        robustness: Rows with ``corruption``, ``level``, ``auroc``, ``accuracy`` and ``flipped``; empty when unmeasured.
        localisation: Rows with the fields of ``localisation.Localisation``; empty when unmeasured.
    """

    name: str
    folder: Path
    experiment: str
    classifier: str
    checkpoint: str | None
    epoch: int | None
    summary: Summary
    predictions: Predictions
    config: dict[str, Any]
    curves: Curves
    robustness: list[dict[str, Any]]
    localisation: list[dict[str, Any]]

    @property
    def auroc(self) -> float:
        """AUROC on the test photographs, -1 where it is undefined, so that results can be sorted."""
        value = self.summary["metrics"]["auroc"]
        return -1.0 if value is None else value

    @property
    def branches(self) -> dict[str, str]:
        """The backbone that reads each view; empty when the configuration is not known."""
        net = self.config.get("model", {}).get("net", {})
        branches: dict[str, str] = net.get("init_args", {}).get("branches", {})
        return branches

    def at_tested_epoch(self, tag: str) -> float | None:
        """Return the value of a curve at the epoch of the tested checkpoint, ``None`` where it was not logged."""
        return None if self.epoch is None else self.curves.get(tag, {}).get(self.epoch)


def read_results(folders: Sequence[Path]) -> list[Result]:
    """Read runs that were tested on the same photographs, in the given order.

    Raises:
        UserError: When there is no run, one is not complete, two are the same, or their photographs differ.
    """
    if not folders or any(str(folder) in ("", ".") for folder in folders):
        raise UserError("no run is named: pass the folders of tested runs, such as lightning_logs/EXPERIMENT/version_0")
    places = Counter(folder.resolve() for folder in folders)
    repeated = [folder for folder in folders if places[folder.resolve()] > 1]
    if repeated:
        raise UserError(f"the run {repeated[0]} is named twice: name it once")
    results = [read_result(folder) for folder in folders]
    for other in results[1:]:
        _check_same_photographs(results[0], other)
    names = Counter(result.name for result in results)
    return [
        replace(result, name=f"{result.name} ({result.folder.name})") if names[result.name] > 1 else result
        for result in results
    ]


def best_first(results: Sequence[Result]) -> list[Result]:
    """Return the results by AUROC, the highest first."""
    return sorted(results, key=lambda result: -result.auroc)


def read_result(folder: Path) -> Result:
    """Read one run.

    Raises:
        UserError: When the folder holds no tested run, or a file of it is damaged.
    """
    if not folder.is_dir():
        raise UserError(f"the run {folder} does not exist: pass the folder of a tested run")
    metrics = _read_metrics(folder)
    predictions = read_predictions(folder / PREDICTIONS_FILE)
    if metrics["images"] != len(predictions):
        raise UserError(
            f"{folder / METRICS_FILE} is about {metrics['images']} photographs and {PREDICTIONS_FILE} about "
            f"{len(predictions)}: test the run again"
        )
    config = _read_json(folder / CONFIG_FILE, yaml.safe_load) if (folder / CONFIG_FILE).is_file() else {}
    classifier = _read_field(folder / CLASSIFIER_FILE, "classifier", default="")
    if config and not classifier and not find_logs(folder):
        raise UserError(
            f"the run {folder} has no TensorBoard log (events.out.tfevents.*), so its curves cannot be drawn: "
            f"pass the folder as `fakeface fit` wrote it"
        )
    # Each file has one name, however the data folder was spelt in the run.
    records = [replace(record, path=record.path.resolve()) for record in predictions.records]
    resolved = folder.resolve()
    # A logger's versions and a sweep's seeds lie in the folder of their experiment.
    name = resolved.parent.name if resolved.name.startswith(("version_", "seed_")) else resolved.name
    return Result(
        name=name,
        folder=folder,
        experiment=name.removesuffix(f"_{classifier}"),
        classifier=classifier,
        checkpoint=metrics["checkpoint"],
        epoch=metrics["epoch"],
        summary=metrics["summary"],
        predictions=replace(predictions, records=records),
        config=config,
        curves={} if classifier else read_curves(folder),
        robustness=_read_field(folder / ROBUSTNESS_FILE, "rows", default=[]),
        localisation=_read_field(folder / LOCALISATION_FILE, "rows", default=[]),
    )


def read_probes(folder: Path) -> list[dict[str, Any]]:
    """Read the shortcut probes of an audit, each with the fields of ``audit.probes.Probe``.

    Raises:
        UserError: When the folder holds no audit.
    """
    path = folder / AUDIT_FILE
    if not path.is_file():
        raise UserError(f"{folder} holds no {AUDIT_FILE}: write it with `fakeface data audit ROOT --out {folder}`")
    probes: list[dict[str, Any]] = _read_field(path, "probes", default=[])
    return probes


def _read_metrics(folder: Path) -> dict[str, Any]:
    path = folder / METRICS_FILE
    if not path.is_file():
        mend = _MEND if (folder / CHECKPOINTS).is_dir() or not folder.name.startswith("version_") else _NOT_TRAINED
        raise UserError(f"{folder} holds no {METRICS_FILE}, so it is no tested run: {mend}, or leave it out")
    content = {"sources": None, **_read_json(path)}  # older versions did not write it
    provenance = {name: content.pop(name, None) for name in ("checkpoint", "epoch", "split")}
    missing = sorted(Summary.__required_keys__ - content.keys())
    if missing:
        raise UserError(f"{path} has no {missing[0]!r}, as if another version had written it: {_MEND}")
    return {**provenance, "images": content["images"], "summary": content}


def _read_json(path: Path, parse: Callable[[str], Any] = json.loads) -> dict[str, Any]:
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path} is damaged ({' '.join(str(error).split())}): restore it, or write it again") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged (it holds no names with values): write it again")
    return content


def _read_field(path: Path, name: str, default: Any) -> Any:
    """Return an entry of a file, or the default where there is no such file."""
    if not path.is_file():
        return default
    content = _read_json(path)
    if name not in content:
        raise UserError(f"{path} is damaged (it has no {name!r}): write it again")
    return content[name]


def _check_same_photographs(first: Result, other: Result) -> None:
    unmatched = set(first.predictions.path.tolist()).symmetric_difference(other.predictions.path.tolist())
    if unmatched:
        raise UserError(
            f"{first.folder} and {other.folder} were tested on different photographs ({len(unmatched)} are in one "
            f"only, for example {min(unmatched)}): report runs with one test set, or make a report of each"
        )

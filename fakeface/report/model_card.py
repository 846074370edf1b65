"""A model card: what one network is, what it was measured to do, and what its verdicts do not mean.

The parts follow Mitchell et al., "Model Cards for Model Reporting", https://arxiv.org/abs/1810.03993.
"""

from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from fakeface.data.records import SPLITS
from fakeface.demo.data_set import are_drawn
from fakeface.evaluation.scores import METRICS
from fakeface.evaluation.summary import Figures
from fakeface.report import tables
from fakeface.report.numbers import decimal, interval, measured, share
from fakeface.report.pages import Table
from fakeface.report.results import Result
from fakeface.report.tables import SUBSETS, describe, name_corruption
from fakeface.training.runs import read_split_counts

_RARE = 0.01
"""A share of fakes as it may be outside a test set."""


def model_card_content(result: Result) -> dict[str, Any]:
    """Return everything that the template ``model_card.jinja`` shows of a run."""
    data, points = result.config.get("data", {}), result.summary["operating_points"]
    chosen = ["the epoch"] if result.checkpoint is not None and Path(result.checkpoint).stem == "best" else []
    if result.summary["calibration"]["fitted"] is not None:
        chosen += ["temperature", "threshold", "unsure band"]
    return {
        "run": result,
        "what": describe(result),
        "drawn": are_drawn(result.predictions.path.tolist()),
        "place": data.get("manifest") or data.get("root"),
        "photographs": _photographs(result),
        "settings": _settings(result),
        "chosen": chosen,
        "results": _results(result),
        "found": [
            f"{share(found)} at {share(float(fpr), 0)} false alarms" for fpr, found in points["tpr_at_fpr"].items()
        ],
        "tables": tables,
        "failures": _failures(result),
        "rare": _where_fakes_are_rare(result),
    }


def _photographs(result: Result) -> Table:
    counts = read_split_counts(result.folder)
    strata = sorted({stratum for stratum, _ in counts}, key=lambda stratum: (stratum != "real", stratum))
    rows = [[stratum, *(str(counts[stratum, split]) for split in SPLITS)] for stratum in strata]
    if rows:
        rows.append(["all", *(str(sum(counts[stratum, split] for stratum in strata)) for split in SPLITS)])
    return Table("Photographs by class and split", ["Photographs", "Training", "Validation", "Test"], rows)


def _settings(result: Result) -> Table:
    data, model = result.config.get("data", {}), result.config.get("model", {})
    optimizer, pseudo_fakes = model.get("optimizer", {}), data.get("pseudo_fakes") or {}
    # Every configuration holds the defaults of pseudo-fakes; only this augmentation makes any.
    made = data.get("augmentation") == "forensic" and (pseudo_fakes.get("first") or pseudo_fakes.get("last"))
    settings: dict[str, Any] = {
        "split": f"{data.get('split')}, seed {data.get('split_seed')}",
        "size of the views": f"{data.get('size')} pixels",
        "augmentation": data.get("augmentation"),
        "pseudo-fakes": "made of real training photographs" if made else "none",
        "seed": result.config.get("seed_everything"),
    }
    if not result.classifier:
        settings |= {
            "epochs": result.config.get("trainer", {}).get("max_epochs"),
            "tested epoch": None if result.epoch is None else result.epoch + 1,
            "batch size": data.get("batch_size"),
            "optimiser": optimizer.get("class_path"),
            "learning rate": optimizer.get("init_args", {}).get("lr"),
        }
    rows = [[name, str(value)] for name, value in settings.items() if value is not None]
    return Table("How it was trained", ["Setting", "Value"], rows, text_columns=2)


def _results(result: Result) -> Table:
    chosen = result.summary["operating_points"]["chosen_threshold"]
    points: list[Figures] = [result.summary] if chosen is None else [result.summary, chosen]
    rows = [[metric.replace("_", " "), *(measured(point, metric) for point in points)] for metric in METRICS]
    return Table("Test results", ["Metric", *(f"At threshold {point['threshold']:.3g}" for point in points)], rows)


def _failures(result: Result) -> list[str]:
    summary = result.summary
    point = summary["operating_points"]["chosen_threshold"] or summary
    counts = point["counts"]
    failures = [
        f"At the threshold {point['threshold']:.3g} it calls {counts['fp']} of {point['reals']} real photographs fake "
        f"and misses {counts['fn']} of {point['fakes']} fakes."
    ]
    known = {name: figures for name, figures in summary["subsets"].items() if figures and figures["metrics"]["auroc"]}
    if known:
        weakest = min(known, key=lambda name: known[name]["metrics"]["auroc"] or 0)
        failures.append(f"It is weakest on: {SUBSETS[weakest]}, AUROC {_auroc(known[weakest])}.")
    for name, meaning in (
        ("common_table", "where JPEG headers give nothing away"),
        ("unseen_source", "on photographs whose source is not in train"),
    ):
        if name in known:
            failures.append(f"Its AUROC {meaning} is {_auroc(known[name])}, against {_auroc(summary)} on all.")
    if result.robustness:
        worst = max(result.robustness, key=lambda row: row["flipped"])
        failures.append(
            f"Of the corruptions tried, {name_corruption(worst['corruption'], worst['level'])} changes most verdicts: "
            f"{share(worst['flipped'])}."
        )
    return failures


def _auroc(figures: Figures) -> str:
    return f"{decimal(figures['metrics']['auroc'])} {interval(figures['intervals']['auroc'])}".strip()


def _where_fakes_are_rare(result: Result) -> list[str]:
    """Say how many alarms would be true where few photographs are fake; from few reals that is hardly known."""
    point = result.summary["operating_points"]["chosen_threshold"] or result.summary
    if not point["reals"] or not point["fakes"]:
        return []
    counts = point["counts"]
    alarms = binomtest(counts["fp"], point["reals"]).proportion_ci(method="exact")
    hits = binomtest(counts["tp"], point["fakes"]).proportion_ci(method="exact")
    lowest, highest = (
        _RARE * found / max(_RARE * found + (1 - _RARE) * wrong, 1e-9)
        for found, wrong in ((hits.low, alarms.high), (hits.high, alarms.low))
    )
    return [
        f"{share(point['fakes'] / point['images'])} of the test photographs are fake. Where {share(_RARE, 0)} are, "
        f"between {share(lowest)} and {share(highest)} of the photographs called fake would be: {counts['fp']} of "
        f"{point['reals']} reals were called fake, which fits rates of false alarms from {share(alarms.low)} to "
        f"{share(alarms.high)}."
    ]

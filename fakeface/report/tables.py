"""The tables of a report."""

from collections.abc import Sequence
from typing import Any

from fakeface.data.records import DIFFICULTIES, REGIONS
from fakeface.evaluation.intervals import RESAMPLES
from fakeface.report.document import Cell, Row, Table
from fakeface.report.numbers import NONE, decimal, interval, measured, rate, share, signed
from fakeface.report.paper import PaperRow, PaperTable
from fakeface.report.results import Result
from fakeface.studies.corruptions import CORRUPTIONS

SUBSETS = {
    **{name: f"{name} fakes, all reals" for name in DIFFICULTIES},
    **{name: f"{name.replace('_', ' ')} edited, all reals" for name in REGIONS},
    "common_table": "common JPEG table",
    "unseen_source": "source not in train",
}
"""Names in ``metrics.json`` and what they are called in a report."""

_PAPER_COLUMNS = (
    "Model",
    "Result",
    "Training accuracy",
    "Validation accuracy",
    "Test accuracy",
    "Precision",
    "Recall",
    "F1",
    "Balanced accuracy (paper: AU-ROC)",
    "AUROC",
    "TP / FP / FN / TN",
)


_AU_ROC_NOTE = "What the paper prints as AU-ROC is balanced accuracy, as the counts of every row show."


def paper_table(table: PaperTable, results: Sequence[Result]) -> Table:
    """Return one of the paper's tables with the trained networks of the same experiments beside it."""
    rows = []
    for paper_row in table.rows:
        rows += _paper_rows(paper_row)
        rows += [
            _own_row(result)
            for result in results
            if result.experiment == paper_row.experiment and not result.classifier
        ]
    return Table(_PAPER_COLUMNS, rows, text_columns=2, notes=[_AU_ROC_NOTE])


def _paper_rows(row: PaperRow) -> list[Row]:
    printed = row.printed
    counts = [
        row.counts[f"{shown}s_called_{called}"]
        for shown, called in (("fake", "fake"), ("real", "fake"), ("fake", "real"), ("real", "real"))
    ]
    shown_counts = " / ".join(map(str, counts))
    accuracies = [f"{printed[name]:.2%}".replace("%", " %") for name in ("train_accuracy", "val_accuracy", "accuracy")]
    figures = [f"{printed[name]:.5f}" for name in ("precision", "recall", "f1", "au_roc")]
    if row.positive_class == "fake":
        return [Row([row.model, "paper, fake is positive", *accuracies, *figures, NONE, shown_counts])]
    metrics = row.metrics("fake")
    recomputed = [decimal(metrics[name]) for name in ("precision", "recall", "f1", "balanced_accuracy")]
    return [
        Row([row.model, "paper, real is positive", *accuracies, *figures, NONE, NONE]),
        Row(["", "the same verdicts, fake is positive", "", "", "", *recomputed, NONE, shown_counts]),
    ]


def _own_row(result: Result) -> Row:
    counts = result.summary["counts"]
    return Row(
        [
            "",
            result.name,
            share(result.at_tested_epoch("train/accuracy")),
            share(result.at_tested_epoch("val/accuracy")),
            *(
                measured(result.summary, metric)
                for metric in ("accuracy", "precision", "recall", "f1", "balanced_accuracy", "auroc")
            ),
            " / ".join(str(counts[name]) for name in ("tp", "fp", "fn", "tn")),
        ],
        strong=True,
    )


def overview_table(results: Sequence[Result], probes: Sequence[dict[str, Any]] = ()) -> Table:
    """Return a row for each result, and then one for each shortcut probe of an audit."""
    rates = list(results[0].summary["operating_points"]["tpr_at_fpr"])
    columns = [
        *("Run", "What it is", "Accuracy", "Balanced accuracy", "F1", "AUROC"),
        *(f"Fakes found at {rate(float(key))} false alarms" for key in rates),
    ]
    rows = [
        Row(
            [
                result.name,
                describe(result),
                *(measured(result.summary, metric) for metric in ("accuracy", "balanced_accuracy", "f1", "auroc")),
                *(share(result.summary["operating_points"]["tpr_at_fpr"][key]) for key in rates),
            ]
        )
        for result in results
    ]
    return Table(columns, [*rows, *(_probe_row(probe, rates) for probe in probes)], text_columns=2)


def _probe_row(probe: dict[str, Any], rates: Sequence[str]) -> Row:
    found = [share(probe["recall_without_false_positive"]) if float(key) == 0 else NONE for key in rates]
    what = "shortcut probe" + (f", not measured: {probe['reason']}" if probe["reason"] else "")
    return Row([probe["name"], what, share(probe["accuracy"]), NONE, NONE, decimal(probe["auroc"]), *found])


def describe(result: Result) -> str:
    """Say in a few words what scored the photographs."""
    branches = " + ".join(f"{backbone} on {view}" for view, backbone in result.branches.items())
    if result.classifier:
        return f"{result.classifier} on frozen features" + (f" of {branches}" if branches else "")
    net = result.config.get("model", {}).get("net", {})
    name, backbone = net.get("class_path", "network").rpartition(".")[2], net.get("init_args", {}).get("backbone")
    return branches or name + (f" on {backbone}" if backbone else "")


def subset_table(results: Sequence[Result]) -> Table:
    """Return the AUROC of each result on each subset."""
    rows = [Row(["all", *_sizes(results, None), *(measured(result.summary, "auroc") for result in results)])]
    for name, title in SUBSETS.items():
        values = [measured(result.summary["subsets"][name], "auroc") for result in results]
        rows.append(Row([title, *_sizes(results, name), *values]))
    return Table(["Photographs", "Reals", "Fakes", *(result.name for result in results)], rows)


def _sizes(results: Sequence[Result], subset: str | None) -> list[str]:
    """Write how many reals and fakes a subset holds, which may differ where runs were trained on other sources."""
    columns = []
    for count in ("reals", "fakes"):
        parts = [result.summary if subset is None else result.summary["subsets"][subset] for result in results]
        sizes = {str(part[count]) if part is not None else NONE for part in parts}
        columns.append(sizes.pop() if len(sizes) == 1 else "differs")
    return columns


def calibration_table(results: Sequence[Result]) -> Table:
    """Return what temperature, threshold and unsure band, all chosen on validation, do on the test photographs."""
    columns = [
        *("Run", "Temperature", "Calibration error", "Brier score", "Threshold"),
        *("Accuracy at it", "Balanced accuracy at it", "Unsure band", "Decided", "Wrong among decided"),
    ]
    return Table(columns, [_calibration_row(result) for result in results])


def _calibration_row(result: Result) -> Row:
    calibration, points = result.summary["calibration"], result.summary["operating_points"]
    raw, calibrated, fitted = calibration["raw"], calibration["calibrated"], calibration["fitted"]
    band, chosen = points["unsure_band"], points["chosen_threshold"]
    if calibrated is None or fitted is None or band is None:
        errors = [decimal(raw["expected_calibration_error"]), decimal(raw["brier_score"])]
        return Row([result.name, NONE, *errors, *[NONE] * 6])
    return Row(
        [
            result.name,
            f"{fitted['temperature']:.2f}",
            *(
                Cell(decimal(after), f"before: {decimal(before)}")
                for before, after in (
                    (raw["expected_calibration_error"], calibrated["expected_calibration_error"]),
                    (raw["brier_score"], calibrated["brier_score"]),
                )
            ),
            decimal(fitted["threshold"]),
            measured(chosen, "accuracy"),
            measured(chosen, "balanced_accuracy"),
            f"{band['low']:.2f} to {band['high']:.2f}",
            share(band["decided"]),
            Cell(share(band["errors"]), f"meant: {share(band['error_rate'])}"),
        ]
    )


def robustness_table(results: Sequence[Result]) -> Table:
    """Return AUROC, accuracy and the share of changed verdicts of each result under each corruption."""
    measured_rows = [{(row["corruption"], row["level"]): row for row in result.robustness} for result in results]
    conditions = list(dict.fromkeys(condition for rows in measured_rows for condition in rows))
    rows = []
    for corruption, level in conditions:
        rows.append(
            Row(
                [
                    name_corruption(corruption, level),
                    *(_robustness_cell(found.get((corruption, level))) for found in measured_rows),
                ]
            )
        )
    return Table(["Corruption and level", *(result.name for result in results)], rows)


def name_corruption(corruption: str, level: float | None) -> str:
    """Name a corruption and its level with the unit, such as "jpeg, quality 90"."""
    name = corruption.replace("_", " ")
    if level is None:
        return name
    unit = CORRUPTIONS[corruption].unit if corruption in CORRUPTIONS else "level"
    return f"{name}, {unit} {level:g}"


def _robustness_cell(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell(NONE)
    return Cell(decimal(row["auroc"]), f"{share(row['accuracy'])} right, {share(row['flipped'])} changed")


def localisation_table(results: Sequence[Result]) -> Table | None:
    """Return how much of the heat of each result's maps lies in the edited regions; ``None`` when none was measured."""
    columns = (
        "Run",
        "View",
        "Fakes",
        "Photographs",
        "Heat in edited regions",
        "By chance",
        "Above chance",
        "Usual",
        "Above usual",
    )
    rows = [Row(_localisation_cells(result.name, row)) for result in results for row in result.localisation]
    return Table(columns, rows, text_columns=3) if rows else None


def _localisation_cells(name: str, row: dict[str, Any]) -> list[str | Cell]:
    photographs = Cell(str(row["photographs"]), f"and {row['blank']} without heat" if row["blank"] else "")
    cells: list[str | Cell] = [name, row["view"], row["difficulty"], photographs]
    if row["share"] is None:
        return [*cells, *[NONE] * 5]
    gain = Cell(signed(row["share"] - row["chance"]), interval([row["gain_low"], row["gain_high"]]))
    specific = Cell(signed(row["share"] - row["usual"]), interval([row["specific_low"], row["specific_high"]]))
    return [*cells, share(row["share"]), share(row["chance"]), gain, share(row["usual"]), specific]


def gap_table(results: Sequence[Result]) -> Table | None:
    """Return what is undefined or unknown, with the reason; ``None`` when there is nothing."""
    runs: dict[tuple[str, str], list[str]] = {}
    for result in results:
        gaps = [
            (SUBSETS.get(name, name.replace("_", " ")), reason) for name, reason in result.summary["undefined"].items()
        ]
        for name, figures in result.summary["subsets"].items():
            if figures is not None and "auroc" in figures["undefined"]:
                gaps.append((SUBSETS[name], figures["undefined"]["auroc"]))
        for gap in gaps:
            runs.setdefault(gap, []).append(result.name)
    rows = [
        Row([name, reason, "all" if len(names) == len(results) else ", ".join(names)])
        for (name, reason), names in runs.items()
    ]
    return Table(["Figure", "Why", "Runs"], rows, text_columns=3) if rows else None


def interval_note(result: Result) -> str:
    """Say what stands in brackets."""
    sources = (
        "whole source groups are drawn"
        if (result.predictions.group != "").any()
        else "sources are not known, so each photograph is drawn by itself, which makes intervals too narrow"
    )
    return f"Brackets hold 95 % bootstrap intervals ({RESAMPLES:,} resamples; {sources})."

"""The tables of a report."""

from collections.abc import Sequence
from typing import Any

from fakeface.data.records import DIFFICULTIES, REGIONS
from fakeface.evaluation.intervals import RESAMPLES
from fakeface.evaluation.scores import compute_scores
from fakeface.evaluation.summary import Figures
from fakeface.report.numbers import NONE, decimal, interval, measured, share, signed
from fakeface.report.pages import Cell, Table
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

PAPER_COLUMNS = (
    *("Model", "Result", "Training accuracy", "Validation accuracy", "Test accuracy", "Precision", "Recall", "F1"),
    *("Balanced accuracy (paper: AU-ROC)", "AUROC", "TP / FP / FN / TN"),
)
"""Of the paper's tables, with what the paper prints beside what it means."""


def verdict(results: Sequence[Result], probes: Sequence[dict[str, Any]]) -> str:
    """Say in a sentence or two how good the best run is, and whether that is more than a shortcut."""
    best = results[0]
    name = best.name if len(results) == 1 else f"The best run, {best.name},"
    bounds, probe = best.summary["intervals"]["auroc"], _best_probe(probes)
    if bounds is None:
        return f"{name} has no AUROC: {best.summary['undefined']['auroc']}."
    found = f"{name} reaches an AUROC of {decimal(best.auroc)} {interval(bounds)}"
    if bounds[0] <= 0.5:
        return f"{found}: it cannot be told from guessing."
    if probe is None:
        return f"{found}: better than guessing; whether a shortcut gives as much was not measured (`--audit`)."
    beaten = "better than" if bounds[0] > probe["auroc"] else "not clearly better than"
    rival = f"{probe['name']}, which reads no face and reaches {decimal(probe['auroc'])}"
    return f"{found}: {beaten} the best shortcut probe, {rival}."


def _best_probe(probes: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    known = [probe for probe in probes if probe["auroc"] is not None]
    return max(known, key=lambda probe: float(probe["auroc"]), default=None)


def glance_table(
    results: Sequence[Result], probes: Sequence[dict[str, Any]], drawn: bool, made: str, command: str
) -> Table:
    """Return what matters of a report, so that it fits one screen."""
    best, summary = results[0], results[0].summary
    data = best.config.get("data", {})
    place = data.get("manifest") or data.get("root")
    split = f"{data['split']}, seed {data.get('split_seed')}" if "split" in data else "not known"
    kind = "drawn demo faces" if drawn else "photographs"
    probe_cells = [f"{probe['name']} {decimal(probe['auroc'])}" for probe in probes if probe["auroc"] is not None]
    rows: list[list[Cell]] = [
        [
            "Data",
            f"{f'`{place}`: ' if place else ''}{summary['reals']} real and {summary['fakes']} fake {kind} in test",
        ],
        ["Split", split],
        ["Best run", f"{best.name}: {describe(best)}"],
        ["Its AUROC", measured(summary, "auroc")],
        ["Its accuracy at 0.5", measured(summary, "accuracy")],
        ["Shortcut probes, AUROC", ", ".join(probe_cells) or "not measured: see `--audit`"],
        ["Made", made],
        ["By", f"`{command}`"],
    ]
    return Table("At a glance", ["What", "Value"], rows, text_columns=2)


def paper_table(table: PaperTable, results: Sequence[Result]) -> Table:
    """Return one of the paper's tables with the trained networks of the same experiments beside it."""
    rows: list[Sequence[Cell]] = []
    strong = []
    for paper_row in table.rows:
        rows += _paper_rows(paper_row)
        for result in results:
            if result.experiment == paper_row.experiment and not result.classifier:
                strong.append(len(rows))
                rows.append(_own_row(paper_row, result))
    title = f"The paper's results and these runs: {table.title}"
    return Table(title, PAPER_COLUMNS, rows, text_columns=2, strong=strong)


def _paper_rows(row: PaperRow) -> list[list[Cell]]:
    printed, verdicts = row.printed, row.verdicts()
    metrics = compute_scores(verdicts.label, verdicts.score)
    cells = ("fakes_called_fake", "reals_called_fake", "fakes_called_real", "reals_called_real")
    counts = " / ".join(str(row.counts[cell]) for cell in cells)
    accuracies = [share(printed[name], digits=2) for name in ("train_accuracy", "val_accuracy", "accuracy")]
    figures = [f"{printed[name]:.5f}" for name in ("precision", "recall", "f1", "au_roc")]
    if row.positive_class == "fake":
        return [[row.model, "paper, fake is positive", *accuracies, *figures, NONE, counts]]
    recomputed = [decimal(metrics[name]) for name in ("precision", "recall", "f1", "balanced_accuracy")]
    return [
        [row.model, "paper, real is positive", *accuracies, *figures, NONE, NONE],
        [row.model, "the same verdicts, fake is positive", "", "", "", *recomputed, NONE, counts],
    ]


def _own_row(row: PaperRow, result: Result) -> list[Cell]:
    curves = (share(result.at_tested_epoch(tag)) for tag in ("train/accuracy", "val/accuracy"))
    return [row.model, result.name, *curves, *figure_cells(result.summary)]


def figure_cells(figures: Figures) -> list[Cell]:
    """Return the test accuracy and what follows it in ``PAPER_COLUMNS``."""
    metrics = ("accuracy", "precision", "recall", "f1", "balanced_accuracy", "auroc")
    counts = " / ".join(str(figures["counts"][name]) for name in ("tp", "fp", "fn", "tn"))
    return [*(measured(figures, metric) for metric in metrics), counts]


def overview_table(results: Sequence[Result], probes: Sequence[dict[str, Any]] = ()) -> Table:
    """Return a row for each result, and then one for each shortcut probe of an audit."""
    rates = list(results[0].summary["operating_points"]["tpr_at_fpr"])
    columns = [
        *("Run", "What it is", "Accuracy", "Balanced accuracy", "F1", "AUROC"),
        *(f"Fakes found at {share(float(rate), 0)} false alarms" for rate in rates),
    ]
    rows: list[list[Cell]] = [
        [
            *(result.name, describe(result)),
            *(measured(result.summary, metric) for metric in ("accuracy", "balanced_accuracy", "f1", "auroc")),
            *(share(result.summary["operating_points"]["tpr_at_fpr"][rate]) for rate in rates),
        ]
        for result in results
    ]
    for probe in probes:
        found = [share(probe["recall_without_false_positive"]) if float(rate) == 0 else NONE for rate in rates]
        what = "shortcut probe" + (f", not measured: {probe['reason']}" if probe["reason"] else "")
        rows.append([probe["name"], what, share(probe["accuracy"]), NONE, NONE, decimal(probe["auroc"]), *found])
    return Table("All runs and shortcut probes" if probes else "All runs", columns, rows, text_columns=2)


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
    rows = []
    for name, title in {"all": "all", **SUBSETS}.items():
        parts = [result.summary if name == "all" else result.summary["subsets"][name] for result in results]
        # Sizes may differ where runs were trained on other sources.
        reals, fakes = ({NONE if part is None else str(part[count]) for part in parts} for count in ("reals", "fakes"))
        sizes = [size.pop() if len(size) == 1 else "differs" for size in (reals, fakes)]
        rows.append([title, *sizes, *(measured(part, "auroc") for part in parts)])
    columns = ["Photographs", "Reals", "Fakes", *(result.name for result in results)]
    return Table("AUROC on parts of the test photographs", columns, rows)


def calibration_table(results: Sequence[Result]) -> Table:
    """Return what temperature, threshold and unsure band, all chosen on validation, do on the test photographs."""
    columns = [
        *("Run", "Temperature", "Calibration error", "Brier score", "Threshold"),
        *("Accuracy at it", "Balanced accuracy at it", "Unsure band", "Decided", "Wrong among decided"),
    ]
    return Table("What was chosen on validation, on the test photographs", columns, [*map(_calibration_row, results)])


def _calibration_row(result: Result) -> list[Cell]:
    calibration, points = result.summary["calibration"], result.summary["operating_points"]
    raw, calibrated, fitted = calibration["raw"], calibration["calibrated"], calibration["fitted"]
    band, chosen = points["unsure_band"], points["chosen_threshold"]
    before = [decimal(raw["expected_calibration_error"]), decimal(raw["brier_score"])]
    if calibrated is None or fitted is None or band is None:
        return [result.name, NONE, *before, *[NONE] * 6]
    after = [decimal(calibrated["expected_calibration_error"]), decimal(calibrated["brier_score"])]
    return [
        *(result.name, f"{fitted['temperature']:.2f}"),
        *((now, f"before: {then}") for now, then in zip(after, before, strict=True)),
        decimal(fitted["threshold"]),
        *(measured(chosen, "accuracy"), measured(chosen, "balanced_accuracy")),
        *(f"{band['low']:.2f} to {band['high']:.2f}", share(band["decided"])),
        (share(band["errors"]), f"meant: {share(band['error_rate'])}"),
    ]


def robustness_table(results: Sequence[Result]) -> Table:
    """Return AUROC, accuracy and the share of changed verdicts of each result under each corruption."""
    found = [{(row["corruption"], row["level"]): row for row in result.robustness} for result in results]
    conditions = dict.fromkeys(condition for rows in found for condition in rows)
    rows = [
        [name_corruption(*condition), *(_robustness_cell(rows.get(condition)) for rows in found)]
        for condition in conditions
    ]
    columns = ["Corruption and level", *(result.name for result in results)]
    return Table("AUROC, accuracy and changed verdicts by corruption", columns, rows)


def name_corruption(corruption: str, level: float | None) -> str:
    """Name a corruption and its level with the unit, such as "jpeg, quality 90"."""
    name = corruption.replace("_", " ")
    if level is None:
        return name
    unit = CORRUPTIONS[corruption].unit if corruption in CORRUPTIONS else "level"
    return f"{name}, {unit} {level:g}"


def _robustness_cell(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return NONE
    return decimal(row["auroc"]), f"{share(row['accuracy'])} right, {share(row['flipped'])} changed"


def localisation_table(results: Sequence[Result]) -> Table | None:
    """Return how much of the heat of each result's maps lies in the edited regions; ``None`` when none was measured."""
    columns = [
        *("Run", "View", "Fakes", "Photographs", "Heat in edited regions"),
        *("By chance", "Above chance", "Usual", "Above usual"),
    ]
    rows = [_localisation_row(result.name, row) for result in results for row in result.localisation]
    return Table("Heat inside the edited regions", columns, rows, text_columns=3) if rows else None


def _localisation_row(name: str, row: dict[str, Any]) -> list[Cell]:
    photographs = str(row["photographs"]), f"and {row['blank']} without heat" if row["blank"] else ""
    cells: list[Cell] = [name, row["view"], row["difficulty"], photographs]
    if row["share"] is None:
        return [*cells, *[NONE] * 5]
    gain = signed(row["share"] - row["chance"]), interval([row["gain_low"], row["gain_high"]])
    specific = signed(row["share"] - row["usual"]), interval([row["specific_low"], row["specific_high"]])
    return [*cells, share(row["share"]), share(row["chance"]), gain, share(row["usual"]), specific]


def gap_table(results: Sequence[Result]) -> Table | None:
    """Return what is undefined or unknown, with the reason; ``None`` when there is nothing."""
    runs: dict[tuple[str, str], list[str]] = {}
    for result in results:
        gaps = [(SUBSETS.get(name, name.replace("_", " ")), why) for name, why in result.summary["undefined"].items()]
        for name, figures in result.summary["subsets"].items():
            if figures is not None and "auroc" in figures["undefined"]:
                gaps.append((SUBSETS[name], figures["undefined"]["auroc"]))
        for gap in gaps:
            runs.setdefault(gap, []).append(result.name)
    rows = [[*gap, "all" if len(names) == len(results) else ", ".join(names)] for gap, names in runs.items()]
    return Table("What is undefined or unknown", ["Figure", "Why", "Runs"], rows, text_columns=3) if rows else None


def interval_note(result: Result) -> str:
    """Say what stands in brackets."""
    sources = (
        "over whole source groups"
        if (result.predictions.group != "").any()
        else "sources are not known, so each photograph counts as its own, which makes intervals too narrow"
    )
    return f"Brackets hold 95 % intervals (Wilson's, with the variance of {RESAMPLES:,} resamples; {sources})."

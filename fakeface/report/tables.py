"""The tables of a report."""

from collections.abc import Sequence
from typing import Any

from fakeface.data.records import DIFFICULTIES, FAKE, REGIONS
from fakeface.evaluation.intervals import RESAMPLES
from fakeface.evaluation.sources import Figure
from fakeface.report.numbers import NONE, decimal, interval, measured, percent_interval, share, signed
from fakeface.report.pages import Cell, Table
from fakeface.report.results import Result
from fakeface.studies.corruptions import CORRUPTIONS
from fakeface.training.runs import read_split

SUBSETS = {
    **{name: f"{name} fakes, all reals" for name in DIFFICULTIES},
    **{name: f"{name.replace('_', ' ')} edited, all reals" for name in REGIONS},
    "common_table": "common JPEG table",
    "unseen_source": "source not in train",
}
"""Names in ``metrics.json`` and what they are called in a report."""


def glance_table(
    results: Sequence[Result], probes: Sequence[dict[str, Any]], drawn: bool, made: str, command: str
) -> Table:
    """Return what matters of a report, so that it fits one screen."""
    best, summary = results[0], results[0].summary
    data = best.config.get("data", {})
    place = data.get("manifest") or data.get("root")
    where = f"`{place}`: " if place else ""
    split = f"{data['split']}, seed {data.get('split_seed')}" if "split" in data else "not known"
    kind = "drawn demo faces" if drawn else "photographs"
    probe_cells = [f"{probe['name']} {decimal(probe['auroc'])}" for probe in probes if probe["auroc"] is not None]
    rows: list[list[Cell]] = [
        ["Data", f"{where}{summary['reals']} real and {summary['fakes']} fake {kind} in test"],
        ["Split", split],
        ["Best run", f"{best.name}: {describe(best)}"],
        ["Its AUROC", measured(summary, "auroc")],
        ["Its accuracy at 0.5", measured(summary, "accuracy")],
        ["Shortcut probes, AUROC", ", ".join(probe_cells) or "not measured: see `--audit`"],
        ["Made", made],
        ["By", f"`{command}`"],
    ]
    return Table("At a glance", ["What", "Value"], rows, text_columns=2)


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
        parts = [result.summary if name == "all" else result.summary["subsets"].get(name) for result in results]
        if name in (*DIFFICULTIES, *REGIONS) and not any(parts):
            continue  # such as every difficulty, where the photographs are of another data set
        # Sizes may differ where runs were trained on other sources.
        reals, fakes = ({NONE if part is None else str(part[count]) for part in parts} for count in ("reals", "fakes"))
        sizes = [size.pop() if len(size) == 1 else "differs" for size in (reals, fakes)]
        rows.append([title, *sizes, *(measured(part, "auroc") for part in parts)])
    columns = ["Photographs", "Reals", "Fakes", *(result.name for result in results)]
    return Table("AUROC on parts of the test photographs", columns, rows)


def graded(results: Sequence[Result]) -> bool:
    """Tell whether any fake that was scored has a difficulty."""
    return any(name in result.summary["subsets"] for result in results for name in DIFFICULTIES)


def source_table(results: Sequence[Result]) -> Table | None:
    """Return a row for each source, the worst ones and the means over sources; ``None`` where no source is known."""
    found = [figures for result in results if (figures := result.summary["sources"])]
    rows: list[list[Cell]] = []
    strong = []
    for part, what in (("auroc", "its fakes against all reals, AUROC"), ("false_alarms", "its reals called fake")):
        own = [figures["auroc"] if part == "auroc" else figures["false_alarms"] for figures in found]
        for name in sorted({name for figures in own for name in figures}):
            sizes = {str(figures[name]["photographs"]) for figures in own if name in figures}
            size = sizes.pop() if len(sizes) == 1 else "differs"
            rows.append([name, what, size, *(_figure_cell(figures.get(name), part) for figures in own)])
        if any(own):
            strong += [len(rows), len(rows) + 1]
            means = [_figure_cell(figures["mean"].get(part), part) for figures in found]
            rows.append(["mean of sources", what, "", *means])
            rows.append(["worst source", what, "", *(figures["worst"].get(part, NONE) for figures in found)])
    names = [result.name for result in results if result.summary["sources"]]
    return Table("By source", ["Source", "What", "Photographs", *names], rows, 2, strong) if rows else None


def kind_table(results: Sequence[Result]) -> Table | None:
    """Return the kinds that each run was trained on against the kinds that it was tested on; ``None`` without any."""
    sources = [result.summary["sources"] for result in results]
    found = [figures["kinds"] if figures else {} for figures in sources]
    kinds = sorted({kind for figures in found for kind in figures})
    if not kinds:
        return None
    rows: list[list[Cell]] = [
        [result.name, _trained_on(result), *(_figure_cell(figures.get(kind), "auroc") for kind in kinds)]
        for result, figures in zip(results, found, strict=True)
    ]
    return Table("AUROC of each kind of fakes against all reals", ["Run", "Trained on", *kinds], rows, text_columns=2)


def _trained_on(result: Result) -> str:
    split = read_split(result.folder)
    kinds = {record.kind or "not said" for record in split if record.split == "train" and record.label == FAKE}
    return ", ".join(sorted(kinds)) or "not known"


def _figure_cell(figure: Figure | None, part: str) -> Cell:
    if figure is None:
        return NONE
    if part == "auroc":
        return decimal(figure["value"]), interval(figure["interval"])
    return share(figure["value"]), percent_interval(figure["interval"])


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

"""A model card: what one network is, what it was measured to do, and what its verdicts do not mean.

The parts follow Mitchell et al., "Model Cards for Model Reporting", https://arxiv.org/abs/1810.03993.
"""

from pathlib import Path
from typing import Any

from fakeface.data.records import SPLITS
from fakeface.evaluation.summary import Figures
from fakeface.report.document import Block, Bullets, Heading, Paragraph, Row, Table
from fakeface.report.numbers import decimal, interval, measured, rate, share
from fakeface.report.results import Result
from fakeface.report.tables import (
    SUBSETS,
    calibration_table,
    describe,
    gap_table,
    interval_note,
    localisation_table,
    name_corruption,
    robustness_table,
    subset_table,
)
from fakeface.training.runs import read_split_counts

_RARE = 0.01
"""A share of fakes as it may be outside a test set."""


def model_card_blocks(result: Result) -> list[Block]:
    """Put the card of a run together."""
    return [
        Heading(f"Model card: {result.name}", 1),
        Paragraph(
            f"A detector of edited faces ({describe(result)}). It scores a photograph between 0 (real) and 1 (fake: "
            "parts of the face were replaced in an image editor). For research and teaching."
        ),
        Heading("Data"),
        *_data(result),
        Heading("Protocol"),
        *_protocol(result),
        Heading("Results"),
        *_results(result),
        Heading("Known failures"),
        Bullets(_failures(result)),
        *_not_measured(result),
        Heading("What a verdict does not mean"),
        Bullets(_limits(result)),
    ]


def _data(result: Result) -> list[Block]:
    data = result.config.get("data", {})
    place = data.get("manifest") or data.get("root")
    blocks: list[Block] = [
        Paragraph(f"Photographs from `{place}`." if place else "Where the photographs lay is not known.")
    ]
    counts = read_split_counts(result.folder)
    if counts:
        strata = sorted({stratum for stratum, _ in counts}, key=lambda stratum: (stratum != "real", stratum))
        rows = [Row([stratum, *(str(counts[stratum, split]) for split in SPLITS)]) for stratum in strata]
        total = Row(["all", *(str(sum(counts[stratum, split] for stratum in strata)) for split in SPLITS)])
        blocks.append(Table(["Photographs", "Training", "Validation", "Test"], [*rows, total]))
    return [
        *blocks,
        Paragraph(
            "Licence: fakeface's code is under the MIT licence. Photographs are not: treat those of CIPLAB's *Real "
            "and Fake Face Detection*, and networks trained on them, as for research only; its licence has not been "
            "checked by this project, and whether the people shown agreed is not known."
        ),
    ]


def _protocol(result: Result) -> list[Block]:
    config = result.config
    if not config:
        return [Paragraph("The configuration of the training does not lie beside the results, so it is not known.")]
    data, optimizer = config.get("data", {}), config.get("model", {}).get("optimizer", {})
    settings: dict[str, Any] = {
        "split": f"{data.get('split')}, seed {data.get('split_seed')}",
        "size of the views": f"{data.get('size')} pixels",
        "augmentation": data.get("augmentation"),
        "pseudo-fakes": "made of real training photographs" if data.get("pseudo_fakes") else None,
        "seed": config.get("seed_everything"),
    }
    if not result.classifier:
        settings |= {
            "epochs": config.get("trainer", {}).get("max_epochs"),
            "tested epoch": None if result.epoch is None else result.epoch + 1,
            "batch size": data.get("batch_size"),
            "optimiser": optimizer.get("class_path"),
            "learning rate": optimizer.get("init_args", {}).get("lr"),
        }
    rows = [Row([name, str(value)]) for name, value in settings.items() if value is not None]
    return [
        Table(["Setting", "Value"], rows, text_columns=2),
        Paragraph(
            f"{_choices(result)} fakeface chooses nothing on the test photographs. Fake is the positive class. "
            f"{interval_note(result)}"
        ),
    ]


def _choices(result: Result) -> str:
    chosen = []
    if result.checkpoint is not None and Path(result.checkpoint).stem == "best":
        chosen.append("the epoch")
    if result.summary["calibration"]["fitted"] is not None:
        chosen += ["temperature", "threshold", "unsure band"]
    return f"Chosen on the validation photographs: {', '.join(chosen) or 'nothing'}."


def _results(result: Result) -> list[Block]:
    summary = result.summary
    chosen = summary["operating_points"]["chosen_threshold"]
    points: list[Figures] = [summary] if chosen is None else [summary, chosen]
    metrics = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auroc")
    rows = [Row([metric.replace("_", " "), *(measured(point, metric) for point in points)]) for metric in metrics]
    rates = summary["operating_points"]["tpr_at_fpr"]
    found = [f"{share(value)} at {rate(float(key))} false alarms" for key, value in rates.items()]
    blocks: list[Block] = [
        Paragraph(f"On {summary['reals']} real and {summary['fakes']} fake test photographs:"),
        Table(["Metric", *(f"At threshold {point['threshold']:.3g}" for point in points)], rows),
        Paragraph(f"Share of fakes found, with the line drawn on the test photographs: {', '.join(found)}."),
        subset_table([result]),
        calibration_table([result]),
    ]
    if result.robustness:
        blocks.append(robustness_table([result]))
    localisation = localisation_table([result])
    return blocks if localisation is None else [*blocks, localisation]


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


def _not_measured(result: Result) -> list[Block]:
    table = gap_table([result])
    return [] if table is None else [Heading("Not measured"), table]


def _limits(result: Result) -> list[str]:
    limits = [
        "A verdict is never proof: not that a photograph was edited, and nothing about the person in it. No decision "
        "about a person should rest on it.",
        "“Fake” says that a photograph looks like the edited ones in this data set. It says nothing of who edited it, "
        "why, or whether that was wrong. Retouching, filters and strong recompression can look alike.",
        "“Real” says that nothing of that kind was found. Faces that a network generated, and edits by other tools, "
        "were not among the training photographs.",
        "People, cameras and editors differ from those of the data set; how well the figures carry over is not known.",
    ]
    point = result.summary["operating_points"]["chosen_threshold"] or result.summary
    if point["reals"] and point["fakes"]:
        alarms = point["counts"]["fp"] / point["reals"] * (1 - _RARE)
        hits = point["counts"]["tp"] / point["fakes"] * _RARE
        if alarms + hits:
            share_of_fakes = point["fakes"] / point["images"]
            limits.append(
                f"{share(share_of_fakes)} of the test photographs are fake. Where {rate(_RARE)} are, only "
                f"{share(hits / (alarms + hits))} of the photographs called fake would be."
            )
    return limits

"""The page about the paper's experiments on the real photographs: its tables beside ours, and its claims tested."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakeface.errors import UserError
from fakeface.evaluation.intervals import Difference, compare_runs, metric_intervals
from fakeface.evaluation.scores import compute_scores
from fakeface.evaluation.summary import measure
from fakeface.folders import make_new_folder
from fakeface.report.numbers import NONE, decimal, difference, interval, measured, probability, share, signed
from fakeface.report.pages import PLOT_FOLDER, Cell, Plot, Table, render
from fakeface.report.paper import PAPER_COLUMNS, PaperRow, figure_cells, read_paper_tables
from fakeface.report.plots import curves_plot
from fakeface.report.tables import name_corruption
from paper_claims import answer, answer_claims, claim_table
from paper_scores import HONEST, RANDOM, PaperRun, PaperScores, read_paper_scores
from paper_seeds import answer_over_seeds, gain_table, seed_pair_table, seed_table, spread
from paper_splits import extremes, source_table, split_table

EXTRA = {
    "efficientnet_lite0_ela": "EfficientNet-Lite0 on ELA",
    "fusion_pretrained": "MobileNet and EfficientNet-Lite0 on ELA",
}
"""What was trained beside the paper's experiments, for want of weights of ResNet50 and VGG16."""

_ELEVEN = [row.experiment for table in read_paper_tables() for row in table.rows]

_CORRUPTED_RESAMPLES = 200
"""For the many intervals of the corrupted photographs; they move by a twentieth of their width with the draw."""

_REFERENCE_HEAD = ("original:mobilenetv2_100+ela:efficientnet_lite0", 256)

STRESSES = ("jpeg_75", "downscale_0.5", "blur_1", "noise_5")
"""One corruption of each kind that the paper's introduction names."""


def write_page(folder: Path) -> Path:
    """Write the page of a folder like this one beside it, as ``FOLDER.md``, and its plots into it.

    Raises:
        UserError: When the page or the plots exist, or the folder holds no scores.
    """
    page = folder.with_name(f"{folder.name}.md")
    if page.exists():
        raise UserError(f"{page} exists already: remove it")
    content = _content(read_paper_scores(folder), f"{folder.name}/{PLOT_FOLDER}")
    make_new_folder(folder / PLOT_FOLDER)
    for plot in content["plots"]:
        (folder / PLOT_FOLDER / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
    page.write_text(render("paper", "markdown", Path(__file__).parent, **content), encoding="utf-8")
    return page


def _content(scores: PaperScores, plot_folder: str) -> dict[str, Any]:
    """Return what ``paper.jinja`` needs."""
    paper = {row.experiment: measure(row.verdicts()) for table in read_paper_tables() for row in table.rows}
    claims, over_seeds = answer_claims(scores.first_seed(HONEST)), answer_over_seeds(scores.with_seeds())
    return {
        "plot_folder": plot_folder,
        "photographs": scores.photographs,
        "seen": next(int((~run.unseen).sum()) for run in scores.first_seed(RANDOM).values()),
        "paper": [
            (table.title, _paper_table(table.title, [(row.experiment, row.model, row) for row in table.rows], scores))
            for table in read_paper_tables()
        ],
        "extra": _paper_table("Two rows more", [(name, what, None) for name, what in EXTRA.items()], scores),
        "overview": overview_table(scores),
        "splits": split_table(scores),
        "extremes": extremes(scores),
        "sources": source_table(scores),
        "seeds": seed_table(scores),
        "spread": [decimal(end(spread(runs) for runs in scores.with_seeds().values())) for end in (min, max)],
        "over_seeds": {(pair.first, pair.second): _written(pair.all) for pair in over_seeds},
        "seed_pairs": seed_pair_table(over_seeds),
        "gain": gain_table(scores, {name: _title(name) for name in ("none", *STRESSES)}),
        "claims": [(claim, answer(pairs), claim_table(claim, pairs, paper)) for claim, pairs in claims.items()],
        "tests": sum(map(len, claims.values())) + len(over_seeds),
        "heads": _heads_table(scores),
        "robustness": _robustness_table(scores),
        "stress": _stress_table(scores),
        "runs": _run_table(scores),
        "commands": _commands(scores),
        "plots": _plots(scores),
    }


def overview_table(scores: PaperScores) -> Table:
    """Return the honest split's results in brief, the highest AUROC first, and the header rule's."""
    found = sorted(scores.first_seed(HONEST).values(), key=lambda run: -(run.figures["metrics"]["auroc"] or 0))
    rows = [
        [
            run.title,
            measured(run.figures, "accuracy"),
            measured(run.figures, "auroc"),
            measured(run.common_figures, "auroc"),
        ]
        for run in found
    ]
    header = measure(scores.header_rule[HONEST])
    rows.append(["header rule (reads no pixel)", measured(header, "accuracy"), measured(header, "auroc"), NONE])
    columns = ["Honest split, seed 0", "Accuracy at 0.5", "AUROC", "AUROC, common JPEG table"]
    return Table("The honest split in brief", columns, rows)


def _paper_table(title: str, experiments: Sequence[tuple[str, str, PaperRow | None]], scores: PaperScores) -> Table:
    rows: list[Sequence[Cell]] = []
    strong = []
    for experiment, model, paper in experiments:
        rows += [] if paper is None else _printed_rows(paper)
        for split, name in ((HONEST, "ours, honest split"), (RANDOM, "ours, random split")):
            run = scores.runs.get((split, experiment, 0))
            if run is None:
                rows.append([model, f"{name}: not trained", *[NONE] * 9])
                continue
            weights = run.title.removeprefix(f"`{experiment}`")
            strong.append(len(rows))
            curves = (run.curves[tag][run.tested_epoch] for tag in ("train/accuracy", "val/accuracy"))
            rows.append([model, name + weights, *map(share, curves), *figure_cells(run.figures)])
    return Table(title, PAPER_COLUMNS, rows, text_columns=2, strong=strong)


def _printed_rows(row: PaperRow) -> list[list[Cell]]:
    printed = row.printed
    accuracies = [share(printed[name], 2) for name in ("train_accuracy", "val_accuracy", "accuracy")]
    figures = [f"{printed[name]:.5f}" for name in ("precision", "recall", "f1", "au_roc")]
    *recomputed, _, counts = figure_cells(measure(row.verdicts()))
    return [
        [row.model, f"report as printed, {row.positive_class} is positive", *accuracies, *figures, NONE, NONE],
        [row.model, "report recomputed, fake is positive", NONE, NONE, *recomputed, NONE, counts],
    ]


def _written(found: Difference) -> str:
    p = probability(found.p_value)
    bounds = interval((found.interval.low, found.interval.high))
    return f"{signed(found.value)} {bounds}, p {p if p.startswith('<') else f'= {p}'}"


def _title(corruption: str) -> str:
    name, _, level = corruption.rpartition("_")
    return name_corruption(name, float(level)) if name else corruption


def _heads_table(scores: PaperScores) -> Table:
    reference = scores.heads[(*_REFERENCE_HEAD, 0)]
    common = next(iter(scores.first_seed(HONEST).values())).common
    rows: list[Sequence[Cell]] = []
    for branches, width in dict.fromkeys((branches, width) for branches, width, _ in scores.heads):
        seeds = [head for (*own, _), head in scores.heads.items() if own == [branches, width]]
        others = (decimal(compute_scores(head.label, head.score)["auroc"]) for head in seeds[1:])
        rows.append([branches, str(width), measured(measure(seeds[0]), "auroc"), ", ".join(others)])
        if (branches, width) == _REFERENCE_HEAD:
            rows[-1] = [*rows[-1], *[NONE] * 4]
            continue
        compared = compare_runs(seeds[0], reference), compare_runs(seeds[0].select(common), reference.select(common))
        rows[-1] = [*rows[-1], *(cell for found in compared for cell in difference(found.auroc))]
    columns = [
        *("Frozen branches", "Nodes", "AUROC, seed 0", "Seeds 1, 2", "Minus the pair with 256 nodes", "p"),
        *("The same, common JPEG table", "p, common table"),
    ]
    return Table("Heads on frozen branches", columns, rows)


def _robustness_table(scores: PaperScores) -> Table:
    runs = list(scores.first_seed(HONEST).values())
    rows = [[_title(name), *(_auroc(run, name) for run in runs)] for name in runs[0].robustness]
    return Table("AUROC under corruptions", ["Corruption", *(run.title for run in runs)], rows)


def _auroc(run: PaperRun, corruption: str) -> Cell:
    corrupted = run.corrupted(corruption)
    found = metric_intervals(corrupted, resamples=_CORRUPTED_RESAMPLES)["auroc"]
    auroc = compute_scores(corrupted.label, corrupted.score)["auroc"]
    return decimal(auroc), interval(None if found is None else (found.low, found.high))


def _stress_table(scores: PaperScores) -> Table:
    rows = []
    for run in scores.first_seed(HONEST).values():
        clean = run.corrupted("none")
        losses = (compare_runs(run.corrupted(name), clean).auroc for name in STRESSES)
        rows.append([run.title, measured(run.figures, "auroc"), *(difference(loss)[0] for loss in losses)])
    return Table("What corruptions cost", ["Experiment", "AUROC", *map(_title, STRESSES)], rows)


def _run_table(scores: PaperScores) -> Table:
    rows = []
    for run in scores.runs.values():
        branches, pretrained = run.facts["config"]["net"]["branches"], run.facts["config"]["net"]["pretrained"]
        start = "; ".join(
            f"{view}: {backbone}, {'ImageNet' if pretrained[view] else 'random'}" for view, backbone in branches.items()
        )
        rows.append(
            [
                f"`{run.experiment}`",
                "honest" if run.split == HONEST else "random",
                str(run.seed),
                start,
                str(run.facts["epochs_done"]),
                str(run.tested_epoch + 1),
                run.facts["device"],
            ]
        )
    columns = ["Experiment", "Split", "Seed", "Backbones and their first weights", "Epochs", "Tested epoch", "Hardware"]
    return Table("All trainings", columns, rows, text_columns=4)


def _commands(scores: PaperScores) -> list[tuple[str, str, list[str]]]:
    """Return split, seeds and experiments of the commands that train everything again."""
    seeds: dict[tuple[str, str], list[str]] = {}
    for split, experiment, seed in scores.runs:
        seeds.setdefault((split, experiment), []).append(str(seed))
    commands: dict[tuple[str, str], list[str]] = {}
    for (split, experiment), own in seeds.items():
        commands.setdefault((split, " ".join(own)), []).append(experiment)
    return [(split, own, names) for (split, own), names in commands.items()]


def _plots(scores: PaperScores) -> list[Plot]:
    figures = {row.experiment: f", as Figure {row.figure} of the report" for t in read_paper_tables() for row in t.rows}
    runs = scores.first_seed(HONEST)
    return [
        Plot(name, curves_plot(runs[name].curves, runs[name].tested_epoch), f"`{name}`{figures.get(name, '')}")
        for name in (*_ELEVEN, *EXTRA)
    ]


if __name__ == "__main__":
    print(write_page(Path(sys.argv[1])))

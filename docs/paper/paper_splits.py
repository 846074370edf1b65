"""What shared sources are worth: the honest split beside the random one."""

from collections.abc import Sequence

from fakeface.evaluation.summary import Figures, measure
from fakeface.report.numbers import NONE, measured, signed
from fakeface.report.pages import Cell, Table
from paper_claims import unpaired
from paper_scores import HONEST, RANDOM, PaperRun, PaperScores


def split_table(scores: PaperScores) -> Table:
    """Return each experiment on both splits, whose test photographs are others."""
    rows: list[Sequence[Cell]] = []
    honest = scores.first_seed(HONEST)
    for experiment, random in scores.first_seed(RANDOM).items():
        run = honest[experiment]
        rows.append(
            [
                run.title,
                measured(run.figures, "auroc"),
                measured(random.figures, "auroc"),
                unpaired(random.figures, run.figures, "auroc"),
                measured(random.unseen_figures, "auroc"),
            ]
        )
    on_honest, on_random = (measure(scores.header_rule[split]) for split in (HONEST, RANDOM))
    rule = [measured(on_honest, "auroc"), measured(on_random, "auroc"), unpaired(on_random, on_honest, "auroc"), NONE]
    rows.append(["header rule (learns nothing)", *rule])
    columns = [
        *("Experiment", "AUROC, honest split", "AUROC, random split", "Random minus honest"),
        "AUROC, random split, source not in train",
    ]
    return Table("The honest split beside the random one", columns, rows)


def source_table(scores: PaperScores) -> Table:
    """Return how often networks are right about photographs of which train has others with the same source."""
    rows: list[Sequence[Cell]] = []
    parts = ((RANDOM, "none"), (RANDOM, "same"), (RANDOM, "other"), (HONEST, "other"))
    for experiment in scores.first_seed(RANDOM):
        found = [_of_relatives(scores.runs[split, experiment, 0], relatives) for split, relatives in parts]
        *_, misled, control = found
        rows.append(
            [
                scores.runs[RANDOM, experiment, 0].title,
                *(measured(figures, "accuracy") for figures in found),
                unpaired(misled, control, "accuracy"),
            ]
        )
    titles = (
        "No other of its source in train",
        "In train, of its class",
        "In train, of the other class",
        "Honest split: in test alone, of the other class",
    )
    sizes = [
        int((next(iter(scores.first_seed(split).values())).relatives == relatives).sum()) for split, relatives in parts
    ]
    columns = [
        "Accuracy at 0.5",
        *(f"{title} ({size})" for title, size in zip(titles, sizes, strict=True)),
        "Third minus fourth",
    ]
    return Table("Photographs that share a source", columns, rows)


def _of_relatives(run: PaperRun, relatives: str) -> Figures:
    return measure(run.predictions.select(run.relatives == relatives))


def extremes(scores: PaperScores) -> tuple[str, str]:
    """Return the lowest and the highest difference in AUROC between the random split and the honest one."""
    honest, random = scores.first_seed(HONEST), scores.first_seed(RANDOM)
    aurocs = [(random[name].figures["metrics"]["auroc"], honest[name].figures["metrics"]["auroc"]) for name in random]
    found = [one - other for one, other in aurocs if one is not None and other is not None]
    return signed(min(found)), signed(max(found))

"""What the paper's experiments give with other seeds, and its claims tested over several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev

from fakeface.evaluation.intervals import Difference, compare_mean_auroc, mean_auroc
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.scores import compute_scores
from fakeface.report.numbers import decimal, difference, interval, measured
from fakeface.report.pages import Cell, Table
from paper_claims import PAIRS
from paper_scores import PaperRun, PaperScores


@dataclass(frozen=True, slots=True)
class SeedComparison:
    """The mean AUROCs of two experiments over their seeds, tested against each other.

    Attributes:
        first: Name of the one that is said to be better.
        second: Name of the other.
        seeds: First minus second with each seed.
        all: Of the means, on all test photographs.
        common: The same on those with the common JPEG table.
    """

    first: str
    second: str
    seeds: list[Difference]
    all: Difference
    common: Difference


def answer_over_seeds(seeds: Mapping[str, Sequence[PaperRun]]) -> list[SeedComparison]:
    """Test those pairs of the claims of which both have several seeds.

    Args:
        seeds: Runs of the same split by experiment, in the order of their seeds.
    """
    tested = []
    for first, second in (pair for pairs in PAIRS.values() for pair in pairs if seeds.keys() >= set(pair)):
        one, other = seeds[first], seeds[second]
        whole = [[run.predictions for run in runs] for runs in (one, other)]
        common = [[run.predictions.select(run.common) for run in runs] for runs in (one, other)]
        single = [compare_mean_auroc([a], [b]) for a, b in zip(*whole, strict=True)]
        tested.append(SeedComparison(first, second, single, compare_mean_auroc(*whole), compare_mean_auroc(*common)))
    return tested


def seed_table(scores: PaperScores) -> Table:
    """Return how far the same experiment moves with another seed."""
    rows: list[Sequence[Cell]] = []
    for runs in scores.with_seeds().values():
        row: list[Cell] = [runs[0].title, *(measured(run.figures, "auroc") for run in runs)]
        row += [_mean([run.predictions for run in runs]), decimal(spread(runs))]
        row.append(_mean([run.predictions.select(run.common) for run in runs]))
        rows.append(row)
    columns = [
        *("AUROC, honest split", "Seed 0", "Seed 1", "Seed 2", "Mean", "Standard deviation"),
        "Mean, common JPEG table",
    ]
    return Table("Three seeds", columns, rows)


def spread(runs: Sequence[PaperRun]) -> float:
    """Return the standard deviation of the AUROC of the same experiment between its seeds."""
    return stdev(compute_scores(run.predictions.label, run.predictions.score)["auroc"] or 0 for run in runs)


def seed_pair_table(pairs: Sequence[SeedComparison]) -> Table:
    """Return the tests of ``answer_over_seeds``."""
    rows = [
        [
            f"`{pair.first}`",
            f"`{pair.second}`",
            *(difference(one)[0] for one in pair.seeds),
            *difference(pair.all),
            *difference(pair.common),
        ]
        for pair in pairs
    ]
    columns = [
        *("First", "Second", "AUROC, first minus second, seed 0", "Seed 1", "Seed 2", "Of the means", "p"),
        *("Of the means, common JPEG table", "p, common table"),
    ]
    return Table("Differences over three seeds", columns, rows, text_columns=2)


def gain_table(scores: PaperScores, corruptions: Mapping[str, str]) -> Table:
    """Return what the fusion of Type 3 and its branches are worth under corruptions, over their seeds.

    Args:
        scores: Everything that was kept.
        corruptions: Which ones, each with its title.
    """
    seeds = scores.with_seeds()
    rows: list[Sequence[Cell]] = []
    for corruption, title in corruptions.items():
        single, ela, fusion = (
            [run.predictions if corruption == "none" else run.corrupted(corruption) for run in seeds[name]]
            for name in ("mobilenet_original", "custom_cnn_ela", "fusion_type3")
        )
        gain = difference(compare_mean_auroc(fusion, single))
        rows.append([title, _mean(ela), _mean(single), _mean(fusion), *gain])
    columns = ["Mean AUROC", *(f"`{name}`" for name in ("custom_cnn_ela", "mobilenet_original", "fusion_type3"))]
    return Table("What Type 3 gains", [*columns, "Fusion minus MobileNet", "p"], rows)


def _mean(runs: Sequence[Predictions]) -> Cell:
    value, bounds = mean_auroc(runs)
    return decimal(value), interval((bounds.low, bounds.high))

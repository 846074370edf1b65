"""Paired tests between runs on the same photographs."""

from collections.abc import Sequence

from fakeface.evaluation.intervals import compare_runs
from fakeface.report.numbers import difference, probability
from fakeface.report.pages import Cell, Table
from fakeface.report.results import Result, best_first


def fusion_pairs(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Pair each network of two views with its best single branch: the one with the higher AUROC on these photographs.

    A single branch is a run with one of its backbones on the same view. That the stronger opponent is chosen on the
    test photographs can make the fusion look worse than it is, never better.
    """
    pairs = []
    for fusion in results:
        singles = [
            single
            for single in results
            if len(single.branches) == 1
            and single.branches.items() <= fusion.branches.items()
            and single.classifier == fusion.classifier
        ]
        if len(fusion.branches) > 1 and singles:
            pairs.append((fusion, max(singles, key=lambda single: single.auroc)))
    return pairs


def pairs_with_best(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Pair the run with the highest AUROC with each of the others, the next best first."""
    best, *others = best_first(results)
    return [(best, other) for other in others]


def comparison_row(first: Result, second: Result) -> list[Cell]:
    """Test two runs against each other, both at the threshold 0.5."""
    comparison = compare_runs(first.predictions, second.predictions)
    return [
        *(first.name, second.name),
        *difference(comparison.auroc),
        *difference(comparison.accuracy),
        probability(comparison.mcnemar_p_value),
        *(str(comparison.only_first_right), str(comparison.only_second_right)),
    ]


def comparison_table(caption: str, rows: Sequence[Sequence[Cell]]) -> Table:
    """Return the rows of ``comparison_row`` as a table."""
    auroc, accuracy = ("AUROC, first minus second", "p"), ("Accuracy, first minus second", "p (bootstrap)")
    columns = ["First run", "Second run", *auroc, *accuracy, "p (McNemar)", "Only first right", "Only second right"]
    return Table(caption, columns, rows, text_columns=2)

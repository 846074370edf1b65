"""Paired tests between runs on the same photographs."""

from collections.abc import Sequence

from fakeface.evaluation.intervals import Difference, compare_runs
from fakeface.report.document import Cell, Row, Table
from fakeface.report.numbers import NONE, interval, probability, signed
from fakeface.report.results import Result, best_first

_COLUMNS = (
    "First run",
    "Second run",
    "AUROC, first minus second",
    "p",
    "Accuracy, first minus second",
    "p (bootstrap)",
    "p (McNemar)",
    "Only first right",
    "Only second right",
)


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


def comparison_row(first: Result, second: Result) -> Row:
    """Test two runs against each other, both at the threshold 0.5."""
    comparison = compare_runs(first.predictions, second.predictions)
    auroc = (
        [NONE, NONE] if comparison.auroc is None else [_value(comparison.auroc), probability(comparison.auroc.p_value)]
    )
    return Row(
        [
            first.name,
            second.name,
            *auroc,
            _value(comparison.accuracy),
            probability(comparison.accuracy.p_value),
            probability(comparison.mcnemar_p_value),
            str(comparison.only_first_right),
            str(comparison.only_second_right),
        ]
    )


def comparison_table(rows: Sequence[Row]) -> Table:
    """Return the rows of ``comparison_row`` as a table."""
    return Table(_COLUMNS, rows, text_columns=2)


def _value(difference: Difference) -> Cell:
    return Cell(signed(difference.value), interval((difference.interval.low, difference.interval.high)))

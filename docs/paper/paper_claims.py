"""The paper's claims, each answered with paired tests between networks that judged the same photographs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fakeface.evaluation.intervals import Comparison, Interval, compare_runs
from fakeface.evaluation.summary import Figures
from fakeface.report.numbers import NONE, difference, interval, probability, signed
from fakeface.report.pages import Cell, Table
from paper_scores import PaperRun

_NETWORKS = ("custom_cnn", "vgg16", "resnet50", "mobilenet")
_FUSIONS = {
    "fusion_type1": ("mobilenet_original", "resnet50_ela"),
    "fusion_type2": ("custom_cnn_original", "custom_cnn_ela"),
    "fusion_type3": ("mobilenet_original", "custom_cnn_ela"),
    "fusion_pretrained": ("mobilenet_original", "efficientnet_lite0_ela"),
}
_COMBINATIONS = ("fusion_type1", "fusion_type3", "fusion_pretrained", "fusion_type2")

PAIRS: dict[str, list[tuple[str, str]]] = {
    "ELA helps": [(f"{network}_ela", f"{network}_original") for network in _NETWORKS],
    "Fusion helps": [(fusion, single) for fusion, singles in _FUSIONS.items() for single in singles],
    "Which fusion": [
        (first, second) for number, first in enumerate(_COMBINATIONS) for second in _COMBINATIONS[number + 1 :]
    ],
    "MobileNet is best": [
        ("mobilenet_original", f"{network}_original") for network in _NETWORKS if network != "mobilenet"
    ],
    "Model 1 is best with ELA": [
        ("custom_cnn_ela", f"{network}_ela") for network in _NETWORKS if network != "custom_cnn"
    ],
}
"""What the paper says, each with the pairs of experiments that answer it; the first of a pair is said to be better."""

_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Tested:
    """Two experiments of the same split and seed, tested against each other.

    Attributes:
        first: The one that is said to be better.
        second: The other.
        all: On all test photographs.
        common: On those with the common JPEG table.
    """

    first: PaperRun
    second: PaperRun
    all: Comparison
    common: Comparison


def answer_claims(runs: Mapping[str, PaperRun]) -> dict[str, list[Tested]]:
    """Test the pairs of each claim.

    Args:
        runs: By the name of their experiment, tested on the same photographs.
    """
    return {claim: [_test(runs[first], runs[second]) for first, second in pairs] for claim, pairs in PAIRS.items()}


def _test(first: PaperRun, second: PaperRun) -> Tested:
    whole = compare_runs(first.predictions, second.predictions)
    common = compare_runs(first.predictions.select(first.common), second.predictions.select(second.common))
    return Tested(first, second, whole, common)


def answer(pairs: Sequence[Tested]) -> str:
    """Say how many of the pairs differ, by AUROC, on all photographs and on those with the common JPEG table."""
    parts = []
    for where, found in (
        ("on all photographs", [pair.all.auroc for pair in pairs]),
        ("with the common JPEG table", [pair.common.auroc for pair in pairs]),
    ):
        sure = [one.value for one in found if one is not None and one.p_value < _SIGNIFICANT]
        better = sum(value > 0 for value in sure)
        parts.append(
            f"{where}, the first is better in {better} of {len(pairs)} pairs and worse in {len(sure) - better}"
        )
    return f"By AUROC, at p < {_SIGNIFICANT}: {'; '.join(parts)}. The other pairs cannot be told apart."


def claim_table(claim: str, pairs: Sequence[Tested], paper: Mapping[str, Figures]) -> Table:
    """Return the tests of a claim beside the paper's differences.

    Args:
        claim: One of ``PAIRS``.
        pairs: What was tested.
        paper: The paper's own verdicts, measured, by experiment.
    """
    rows = [
        [
            pair.first.title,
            pair.second.title,
            unpaired(paper.get(pair.first.experiment), paper.get(pair.second.experiment), "accuracy"),
            difference(pair.all.accuracy)[0],
            probability(pair.all.mcnemar_p_value),
            *difference(pair.all.auroc),
            *difference(pair.common.auroc),
        ]
        for pair in pairs
    ]
    columns = [
        *("First", "Second", "Report: accuracy, first minus second", "Accuracy, first minus second", "p (McNemar)"),
        *("AUROC, first minus second", "p", "AUROC, common JPEG table", "p, common table"),
    ]
    return Table(claim, columns, rows, text_columns=2)


def unpaired_difference(first: float, first_interval: Interval, second: float, second_interval: Interval) -> Interval:
    """Return the interval of first minus second, two figures of the same metric on other photographs each.

    From their own intervals, as Zou and Donner do, https://doi.org/10.1002/sim.3095.
    """
    difference = first - second
    below = math.hypot(first - first_interval.low, second_interval.high - second)
    above = math.hypot(first_interval.high - first, second - second_interval.low)
    return Interval(difference - below, difference + above)


def unpaired(first: Figures | None, second: Figures | None, metric: str) -> Cell:
    """Write the difference of a metric between two sets of photographs of which no pairs are known."""
    if first is None or second is None:
        return NONE
    one, other = first["metrics"][metric], second["metrics"][metric]
    one_bounds, other_bounds = first["intervals"][metric], second["intervals"][metric]
    if one is None or other is None or one_bounds is None or other_bounds is None:
        return NONE
    found = unpaired_difference(one, Interval(*one_bounds), other, Interval(*other_bounds))
    return signed(one - other), interval((found.low, found.high))

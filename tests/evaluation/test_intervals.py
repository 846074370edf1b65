import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fakeface.errors import UserError
from fakeface.evaluation.intervals import (
    Interval,
    bootstrap_intervals,
    compare_runs,
    mcnemar_p_value,
    unpaired_difference,
)
from fakeface.evaluation.predictions import Predictions
from tests.evaluation.tables import draw_scores, make_predictions


def draw_groups(seed: int, *, grouped: bool, groups: int = 60, size: int = 4) -> Predictions:
    """Photographs in groups of one label that share two thirds of their variance; the accuracy at 0.5 is Φ(0.5)."""
    generator = np.random.default_rng(seed)
    label = np.repeat(generator.integers(0, 2, groups), size)
    shared = np.repeat(generator.normal(scale=np.sqrt(2 / 3), size=groups), size)
    log_odds = (2 * label - 1) * 0.5 + shared + generator.normal(scale=np.sqrt(1 / 3), size=groups * size)
    names = [f"g{number // size}" for number in range(groups * size)] if grouped else None
    return make_predictions(label, 1 / (1 + np.exp(-log_odds)), names)


def coverage(*, grouped: bool, repetitions: int) -> tuple[float, float]:
    """How often the 95 % intervals of accuracy and AUROC hold the truth, Φ(0.5) and Φ(1 / √2)."""
    truths = {"accuracy": 0.6914624613, "auroc": 0.7602499389}
    held = np.zeros(2)
    for seed in range(repetitions):
        intervals = bootstrap_intervals(draw_groups(seed, grouped=grouped), resamples=400, seed=seed)
        for index, (name, truth) in enumerate(truths.items()):
            interval = intervals[name]
            assert interval is not None
            held[index] += interval.low <= truth <= interval.high
    accuracy, auroc = held / repetitions
    return float(accuracy), float(auroc)


def test_intervals_over_groups_hold_the_truth_and_those_over_images_do_not() -> None:
    # The standard error of a coverage of 0.95 from 150 repetitions is 0.018.
    assert all(0.89 < share < 0.99 for share in coverage(grouped=True, repetitions=150))
    assert all(share < 0.85 for share in coverage(grouped=False, repetitions=150))


@pytest.mark.soak
def test_the_coverage_is_close_to_95_percent() -> None:
    assert all(0.925 < share < 0.965 for share in coverage(grouped=True, repetitions=2000))


def test_an_interval_worked_out_by_hand() -> None:
    # Two groups, all wrong and all right: a resample has accuracy 0, 1/2 or 1 with chances 1/4, 1/2 and 1/4.
    table = make_predictions([1, 1, 1, 1], [0.1, 0.1, 0.9, 0.9], ["a", "a", "b", "b"])
    intervals = bootstrap_intervals(table)
    assert intervals["accuracy"] == Interval(0.0, 1.0)
    assert intervals["auroc"] is intervals["balanced_accuracy"] is None
    # One group: every resample is the sample.
    single = make_predictions([1, 1, 0], [0.1, 0.9, 0.2], ["a", "a", "a"])
    assert bootstrap_intervals(single)["accuracy"] == Interval(2 / 3, 2 / 3)
    assert bootstrap_intervals(single)["auroc"] == Interval(0.5, 0.5)


def test_resamples_without_a_fake_do_not_count() -> None:
    table = make_predictions([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.4])
    recall = bootstrap_intervals(table)["recall"]
    assert recall == Interval(0.0, 0.0)


def test_copies_of_one_photograph_are_one_group() -> None:
    """Seven augmented copies carry no more information than one photograph."""
    label, score = draw_scores(80, seed=5)
    once = make_predictions(label, score)
    copies = once.select(np.repeat(np.arange(80), 7))
    wide, same = bootstrap_intervals(once), bootstrap_intervals(copies)
    for name, interval in wide.items():
        other = same[name]
        assert interval is not None
        assert other is not None
        assert (other.low, other.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_a_group_and_a_file_of_the_same_name_are_two() -> None:
    table = make_predictions([1, 1], [0.1, 0.9], ["1.jpg", ""])
    assert bootstrap_intervals(table)["accuracy"] == Interval(0.0, 1.0)


def test_a_seed_gives_the_same_interval_twice() -> None:
    table = make_predictions(*draw_scores(100, seed=6))
    assert bootstrap_intervals(table, seed=1) == bootstrap_intervals(table, seed=1)
    assert bootstrap_intervals(table, seed=1) != bootstrap_intervals(table, seed=2)


def test_blocks_that_spare_memory_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_predictions(*draw_scores(100, seed=6))
    whole = bootstrap_intervals(table, resamples=100)
    monkeypatch.setattr("fakeface.evaluation.intervals._CELLS_AT_ONCE", 700)
    assert bootstrap_intervals(table, resamples=100) == whole


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 5, 14 / 64),  # 2 · (C(6, 0) + C(6, 1)) / 2⁶
        (0, 6, 2 / 64),
    ],
)
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int, expected: float) -> None:
    assert mcnemar_p_value(first, second) == pytest.approx(expected, abs=1e-12)
    assert mcnemar_p_value(second, first) == pytest.approx(expected, abs=1e-12)


def test_a_better_run_is_found_better() -> None:
    label, score = draw_scores(300, seed=7, shift=2.0)
    noise = np.random.default_rng(8).uniform(size=300)
    better, worse = make_predictions(label, score), make_predictions(label, (score + 2 * noise) / 3)
    shuffled = worse.select(np.random.default_rng(9).permutation(300))
    found = compare_runs(better, shuffled, 0.5, 0.5)
    right, other_right = ((run.score > 0.5) == (label == 1) for run in (better, worse))
    assert found.images == 300
    assert found.accuracy.value == pytest.approx(np.mean(right) - np.mean(other_right), abs=1e-12)
    assert found.only_first_right == np.sum(right & ~other_right)
    assert found.only_second_right == np.sum(other_right & ~right)
    assert found.auroc is not None
    assert found.auroc.value == pytest.approx(
        roc_auc_score(label, better.score) - roc_auc_score(label, worse.score), abs=1e-12
    )
    for difference in (found.accuracy, found.auroc):
        assert 0 < difference.interval.low < difference.value < difference.interval.high
        assert difference.p_value < 0.01
    swapped = compare_runs(worse, better, 0.5, 0.5)
    assert swapped.auroc is not None
    assert swapped.auroc.value == -found.auroc.value
    assert swapped.mcnemar_p_value == found.mcnemar_p_value < 0.01


def test_a_p_value_worked_out_by_hand() -> None:
    # The runs differ on group a alone: a resample without a, one in four, shows no difference; twice that is 1/2.
    first = make_predictions([1, 1], [0.9, 0.9], ["a", "b"])
    found = compare_runs(first, make_predictions([1, 1], [0.1, 0.9], ["a", "b"])).accuracy
    assert (found.value, found.interval) == (0.5, Interval(0.0, 1.0))
    assert found.p_value == pytest.approx(0.5, abs=0.08)  # four standard errors of 2000 resamples


def test_a_run_does_not_differ_from_itself() -> None:
    table = make_predictions(*draw_scores(100, seed=10))
    found = compare_runs(table, table)
    assert found.auroc is not None
    for difference in (found.accuracy, found.auroc):
        assert (difference.value, difference.interval, difference.p_value) == (0.0, Interval(0.0, 0.0), 1.0)
    assert (found.only_first_right, found.only_second_right, found.mcnemar_p_value) == (0, 0, 1.0)


def test_the_paired_test_is_level() -> None:
    """Two equally good runs: about one comparison in twenty is called significant."""
    significant = []
    for seed in range(120):
        generator = np.random.default_rng(seed)
        label = generator.integers(0, 2, 120)
        first, second = (make_predictions(label, 1 / (1 + np.exp(-generator.normal(label, 1.0)))) for _ in range(2))
        difference = compare_runs(first, second, resamples=300).auroc
        assert difference is not None
        significant.append(difference.p_value < 0.05)
    assert 0 < np.mean(significant) < 0.12  # four standard errors above 0.05 are 0.13


def test_each_run_has_its_own_threshold() -> None:
    label = [0, 0, 1, 1]
    first, second = make_predictions(label, [0.1, 0.2, 0.3, 0.4]), make_predictions(label, [0.6, 0.7, 0.8, 0.9])
    found = compare_runs(first, second, 0.25, 0.75)
    assert (found.accuracy.value, found.only_first_right, found.only_second_right) == (0.0, 0, 0)


def test_without_a_class_the_accuracy_is_still_compared() -> None:
    found = compare_runs(make_predictions([1, 1], [0.9, 0.9]), make_predictions([1, 1], [0.9, 0.1]))
    assert found.auroc is None
    assert found.accuracy.value == 0.5


def test_different_photographs_are_not_compared() -> None:
    three, two = make_predictions([0, 1, 1], [0.1, 0.2, 0.3]), make_predictions([0, 1], [0.1, 0.2])
    with pytest.raises(UserError, match=r"2\.jpg is in one only"):
        compare_runs(three, two)
    with pytest.raises(UserError, match=r"0\.jpg has another label"):
        compare_runs(two, make_predictions([1, 1], [0.1, 0.2]))
    with pytest.raises(UserError, match="not tested on the same photographs"):
        compare_runs(two, two.select(np.array([0, 1, 1])))
    with pytest.raises(UserError, match="no photograph"):
        compare_runs(two.select(np.array([], dtype=np.intp)), two)


def test_an_unpaired_difference_joins_both_intervals() -> None:
    found = unpaired_difference(0.75, Interval(0.72, 0.83), 0.5, Interval(0.44, 0.54))
    assert found.low == pytest.approx(0.25 - 0.05)  # 0.03 below the first and 0.04 above the second
    assert found.high == pytest.approx(0.25 + 0.1)  # 0.08 above the first and 0.06 below the second

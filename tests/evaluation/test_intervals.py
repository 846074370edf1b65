import numpy as np
import pytest
from scipy.stats import binomtest, norm, ttest_1samp
from sklearn.metrics import roc_auc_score

from fakeface.errors import UserError
from fakeface.evaluation.intervals import (
    Interval,
    compare_mean_auroc,
    compare_runs,
    mcnemar_p_value,
    mean_auroc,
    mean_interval,
    metric_intervals,
    wilson_interval,
)
from fakeface.evaluation.predictions import Predictions
from tests.evaluation.tables import draw_scores, make_predictions

Shares = dict[str, float]


def draw_groups(seed: int, *, grouped: bool = True, groups: int = 60, size: int = 4, shift: float = 0.5) -> Predictions:
    """Photographs in groups of one label that share two thirds of their variance.

    The accuracy at 0.5 is Φ(shift), the AUROC Φ(shift · √2).
    """
    generator = np.random.default_rng(seed)
    label = np.repeat(generator.integers(0, 2, groups), size)
    shared = np.repeat(generator.normal(scale=np.sqrt(2 / 3), size=groups), size)
    log_odds = (2 * label - 1) * shift + shared + generator.normal(scale=np.sqrt(1 / 3), size=groups * size)
    names = [f"g{number // size}" for number in range(groups * size)] if grouped else None
    return make_predictions(label, 1 / (1 + np.exp(-log_odds)), names)


def coverage(repetitions: int, *, grouped: bool = True, groups: int = 60, size: int = 4, shift: float = 0.5) -> Shares:
    """How often the 95 % intervals of accuracy and AUROC hold the truth."""
    truths = {"accuracy": norm.cdf(shift), "auroc": norm.cdf(shift * np.sqrt(2))}
    held = dict.fromkeys(truths, 0)
    for seed in range(repetitions):
        table = draw_groups(seed, grouped=grouped, groups=groups, size=size, shift=shift)
        intervals = metric_intervals(table, resamples=400, seed=seed)
        for name, truth in truths.items():
            interval = intervals[name]
            assert interval is not None
            held[name] += interval.low <= truth <= interval.high
    return {name: count / repetitions for name, count in held.items()}


def test_intervals_over_groups_hold_the_truth_and_those_over_images_do_not() -> None:
    # The standard error of a coverage of 0.95 from 150 repetitions is 0.018.
    assert all(0.89 < share < 0.99 for share in coverage(150).values())
    assert all(share < 0.85 for share in coverage(150, grouped=False).values())


@pytest.mark.soak
def test_the_coverage_is_close_to_95_percent() -> None:
    assert all(0.925 < share < 0.965 for share in coverage(2000).values())


@pytest.mark.soak
@pytest.mark.parametrize(("groups", "size", "shift"), [(14, 1, 1.5), (20, 3, 1.0), (60, 4, 2.0)])
def test_few_photographs_and_good_detectors_are_covered_too(groups: int, size: int, shift: float) -> None:
    """Quantiles of the resamples hold these truths in 35 to 90 % of the cases."""
    assert all(share > 0.925 for share in coverage(1000, groups=groups, size=size, shift=shift).values())


@pytest.mark.parametrize(("right", "images"), [(0, 14), (14, 14), (13, 14), (3, 7), (1, 1)])
def test_of_whole_numbers_it_is_wilsons_interval(right: int, images: int) -> None:
    expected = binomtest(right, images).proportion_ci(method="wilson")
    found = wilson_interval(right / images, images)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_fourteen_photographs_that_are_all_right_prove_little() -> None:
    """With z² = 3.8415: accuracy of 14 groups from 14 / (14 + z²), recall and AUROC of 7 from 7 / (7 + z²)."""
    found = metric_intervals(make_predictions([0] * 7 + [1] * 7, [0.1] * 7 + [0.9] * 7))
    for name, groups in {"accuracy": 14, "balanced_accuracy": 7, "precision": 7, "recall": 7, "auroc": 7}.items():
        interval = found[name]
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((groups / (groups + 3.8414588), 1), abs=1e-7)


def test_all_right_in_few_groups_proves_less_than_in_many() -> None:
    labels, scores = [0] * 8 + [1] * 8, [0.1] * 8 + [0.9] * 8
    found = metric_intervals(make_predictions(labels, scores, [f"g{number // 4}" for number in range(16)]))
    for name, groups in {"accuracy": 4, "recall": 2, "auroc": 2}.items():
        interval = found[name]
        assert interval is not None
        assert interval.low == pytest.approx(groups / (groups + 3.8414588), abs=1e-7)


def test_an_interval_worked_out_by_hand() -> None:
    # Two groups, all wrong and all right: a resample has accuracy 0, 1/2 or 1 with chances 1/4, 1/2 and 1/4. So its
    # variance is 1/8, which two independent photographs have.
    table = make_predictions([1, 1, 1, 1], [0.1, 0.1, 0.9, 0.9], ["a", "a", "b", "b"])
    intervals = metric_intervals(table)
    found, expected = intervals["accuracy"], wilson_interval(0.5, 2)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.01)
    assert intervals["auroc"] is intervals["balanced_accuracy"] is None
    # One group is worth one photograph.
    single = make_predictions([1, 1, 0], [0.1, 0.9, 0.2], ["a", "a", "a"])
    assert metric_intervals(single)["accuracy"] == wilson_interval(2 / 3, 1)
    assert metric_intervals(single)["auroc"] == wilson_interval(0.5, 1)


def test_resamples_without_a_fake_do_not_count() -> None:
    table = make_predictions([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.4])
    assert metric_intervals(table)["recall"] == wilson_interval(0, 1)


def test_the_interval_of_a_mean_by_hand() -> None:
    # Mean 3; the clusters' deviations sum to -3 and 3, so the error is √(2 · 18) / 4 = 3/2, and t with one degree of
    # freedom is tan(0.475 π).
    found = mean_interval(np.array([1.0, 2.0, 4.0, 5.0]), np.array(["a", "a", "b", "b"]))
    assert found is not None
    half = 1.5 * np.tan(0.475 * np.pi)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))
    assert mean_interval(np.array([1.0, 2.0]), np.array(["a", "a"])) is None
    assert mean_interval(np.array([]), np.array([], dtype=np.str_)) is None


def test_without_clusters_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(3).normal(size=12)
    found = mean_interval(values, np.arange(12).astype(np.str_))
    expected = ttest_1samp(values, 0).confidence_interval()
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.soak
@pytest.mark.parametrize("clusters", [5, 12, 60])
def test_the_interval_of_a_mean_covers_clusters_of_unequal_size(clusters: int) -> None:
    held = 0
    for seed in range(2000):
        generator = np.random.default_rng(seed)
        of_value = np.repeat(np.arange(clusters), generator.integers(1, 6, clusters))
        values = generator.normal(size=clusters)[of_value] + generator.normal(scale=0.5, size=len(of_value))
        found = mean_interval(values, of_value.astype(np.str_))
        assert found is not None
        held += found.low <= 0 <= found.high
    assert 0.9 < held / 2000 < 0.97


def test_copies_of_one_photograph_are_one_group() -> None:
    """Seven augmented copies carry no more information than one photograph."""
    label, score = draw_scores(80, seed=5)
    once = make_predictions(label, score)
    copies = once.select(np.repeat(np.arange(80), 7))
    wide, same = metric_intervals(once), metric_intervals(copies)
    for name, interval in wide.items():
        other = same[name]
        assert interval is not None
        assert other is not None
        assert (other.low, other.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_a_group_and_a_file_of_the_same_name_are_two() -> None:
    table, one = (make_predictions([1, 1], [0.1, 0.9], groups) for groups in (["1.jpg", ""], ["1.jpg", "1.jpg"]))
    assert metric_intervals(table)["accuracy"] != metric_intervals(one)["accuracy"]
    assert metric_intervals(one)["accuracy"] == wilson_interval(0.5, 1)


def test_a_seed_gives_the_same_interval_twice() -> None:
    table = make_predictions(*draw_scores(100, seed=6))
    assert metric_intervals(table, seed=1) == metric_intervals(table, seed=1)
    assert metric_intervals(table, seed=1) != metric_intervals(table, seed=2)


def test_blocks_that_spare_memory_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_predictions(*draw_scores(100, seed=6))
    whole = metric_intervals(table, resamples=100)
    monkeypatch.setattr("fakeface.evaluation.intervals._CELLS_AT_ONCE", 700)
    assert metric_intervals(table, resamples=100) == whole


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


def draw_seeds(count: int, shift: float) -> list[Predictions]:
    """Three runs on the same photographs, each with another noise, in an order of their own."""
    label, score = draw_scores(120, seed=3, shift=shift)
    runs = []
    for seed in range(count):
        generator = np.random.default_rng(seed)
        run = make_predictions(label, (2 * score + generator.uniform(size=120)) / 3, [f"g{n // 2}" for n in range(120)])
        runs.append(run.select(generator.permutation(120)))
    return runs


def test_the_mean_over_seeds_is_that_of_another_library() -> None:
    runs = draw_seeds(3, shift=1.0)
    value, bounds = mean_auroc(runs)
    assert value == pytest.approx(np.mean([roc_auc_score(run.label, run.score) for run in runs]), abs=1e-12)
    assert bounds.low < value < bounds.high
    assert mean_auroc(runs[:1])[1] == metric_intervals(runs[0])["auroc"]


def test_experiments_are_compared_over_their_seeds() -> None:
    better, worse = draw_seeds(3, shift=2.0), draw_seeds(2, shift=0.7)
    found = compare_mean_auroc(better, worse)
    assert found.value == pytest.approx(mean_auroc(better)[0] - mean_auroc(worse)[0], abs=1e-12)
    assert 0 < found.interval.low < found.value < found.interval.high
    assert found.p_value < 0.05
    assert compare_mean_auroc(better[:1], worse[:1]) == compare_runs(better[0], worse[0]).auroc
    assert compare_mean_auroc(better, better).interval == Interval(0.0, 0.0)


def test_the_mean_varies_with_the_photographs_by_hand() -> None:
    # Of two groups, each a fake and a real, the first run has the first pair in order, the second run both: 3/4 and 1
    # of four pairs, a mean of 7/8. Drawn twice, the first group gives 1 and 1, the second 0 and 1.
    labels, groups = [1, 0, 1, 0], ["a", "a", "b", "b"]
    runs = [make_predictions(labels, scores, groups) for scores in ([0.9, 0.1, 0.3, 0.4], [0.9, 0.1, 0.8, 0.2])]
    found = compare_mean_auroc(runs, runs[1:])
    assert found.value == pytest.approx(-1 / 8)
    assert found.interval.low == pytest.approx(-1 / 2)
    assert found.interval.high == 0.0


def test_seeds_on_different_photographs_are_not_compared() -> None:
    with pytest.raises(UserError, match=r"2\.jpg is in one only"):
        mean_auroc([make_predictions([0, 1, 1], [0.1, 0.2, 0.3]), make_predictions([0, 1], [0.1, 0.2])])

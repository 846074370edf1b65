import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_curve

from fakeface.evaluation.operating_points import choose_threshold, choose_unsure_band, tpr_at_fpr
from tests.evaluation.tables import draw_scores


@pytest.mark.parametrize("decimals", [12, 1])
@pytest.mark.parametrize("fpr", [0.0, 0.01, 0.05, 0.5, 1.0])
def test_the_rate_is_on_scikit_learns_roc_curve(fpr: float, decimals: int) -> None:
    label, score = draw_scores(501, seed=1, decimals=decimals)
    false, true, _ = roc_curve(label, score, drop_intermediate=False)
    assert tpr_at_fpr(label, score, fpr) == pytest.approx(true[false <= fpr].max(), abs=1e-14)


def test_one_false_alarm_among_a_hundred_reals() -> None:
    label = np.array([0] * 100 + [1] * 4)
    score = np.array([0.1] * 98 + [0.6, 0.8] + [0.7, 0.6, 0.9, 0.05])
    assert tpr_at_fpr(label, score, 0.01) == 0.5  # above 0.6: 0.7 and 0.9, with the real 0.8 as the one false alarm
    assert tpr_at_fpr(label, score, 0.0099) == 0.25  # above 0.8
    assert tpr_at_fpr(label, score, 0.02) == 0.75  # above 0.1


def test_a_limit_that_floating_point_falls_short_of() -> None:
    assert 0.29 * 100 < 29
    label, score = np.array([0] * 100 + [1]), np.append(np.arange(100) / 100, 0.705)
    assert tpr_at_fpr(label, score, 0.29) == 1.0


def test_without_a_class_there_is_no_rate() -> None:
    assert tpr_at_fpr(np.array([1, 1]), np.array([0.1, 0.2]), 0.05) is None
    assert tpr_at_fpr(np.array([0, 0]), np.array([0.1, 0.2]), 0.05) is None


@pytest.mark.parametrize("decimals", [12, 1])
def test_no_threshold_has_a_higher_balanced_accuracy(decimals: int) -> None:
    label, score = draw_scores(171, seed=2, decimals=decimals)
    chosen = choose_threshold(label, score)
    best = max(balanced_accuracy_score(label, score >= level) for level in score)
    assert balanced_accuracy_score(label, score > chosen) == pytest.approx(best, abs=1e-12)


def test_the_threshold_lies_midway_between_scores() -> None:
    assert choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.9])) == 0.25


def test_the_threshold_does_not_follow_the_share_of_fakes() -> None:
    label, score = draw_scores(300, seed=3)
    rows = np.concatenate([np.arange(300), np.repeat(np.flatnonzero(label == 1), 4)])  # five times as many fakes
    assert choose_threshold(label[rows], score[rows]) == choose_threshold(label, score)


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_taken() -> None:
    # 0.15 finds both fakes and one real, 0.35 both reals and one fake: balanced accuracy 0.75 each.
    assert choose_threshold(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4])) == pytest.approx(0.35)


@pytest.mark.parametrize(("label", "score"), [([0, 1], [0.3, 0.3]), ([0, 1], [0.9, 0.8])])
def test_scores_that_tell_nothing_leave_one_half(label: list[int], score: list[float]) -> None:
    assert choose_threshold(np.array(label), np.array(score)) == 0.5


@pytest.mark.parametrize("low", [0.7, np.nextafter(0.7, 1)])  # a midpoint is rounded down to one, up from the other
def test_neighbours_in_floating_point_are_told_apart(low: float) -> None:
    high = np.nextafter(low, 1)
    chosen = choose_threshold(np.array([0, 1]), np.array([low, high]))
    assert low <= chosen < high


def probabilities(*log_odds: float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.array(log_odds))))


def test_the_band_is_the_narrowest_that_holds_the_rate() -> None:
    # Verdicts at 0.5: wrong at ±1 and 2. Beyond 1: (1 + 1) / (6 + 1); beyond 2: (0 + 1) / (4 + 1).
    label = np.array([1, 0, 0, 1, 1, 1, 0, 0])
    score = probabilities(-1, 1, 2, 2.5, 3, 3.5, -3, -4)
    low, high = choose_unsure_band(label, score, 0.5, 0.30)
    np.testing.assert_allclose([low, high], probabilities(-1.5, 1.5))
    low, high = choose_unsure_band(label, score, 0.5, 0.20)
    np.testing.assert_allclose([low, high], probabilities(-2.25, 2.25))


def test_the_band_is_symmetric_in_log_odds_around_the_threshold() -> None:
    label, score = draw_scores(300, seed=4, shift=2.0)
    low, high = choose_unsure_band(label, score, 0.3, 0.1)
    centre = np.log(0.3 / 0.7)
    assert low < 0.3 < high
    assert np.log(high / (1 - high)) - centre == pytest.approx(centre - np.log(low / (1 - low)))


def test_right_verdicts_need_no_band() -> None:
    label = np.array([0] * 10 + [1] * 10)
    score = np.linspace(0.025, 0.975, 20)
    assert choose_unsure_band(label, score, 0.5, 0.1) == (0.5, 0.5)


def test_a_lucky_handful_does_not_pass() -> None:
    """Three right verdicts say little about an error rate of 10 %: all is unsure."""
    assert choose_unsure_band(np.array([0, 1, 1]), np.array([0.1, 0.8, 0.9]), 0.5, 0.1) == (0.0, 1.0)
    assert choose_unsure_band(np.array([0, 1, 1]), np.array([0.1, 0.8, 0.9]), 0.5, 0.25) == (0.5, 0.5)


def test_the_rate_is_held_on_fresh_photographs() -> None:
    rates = []
    for seed in range(200):
        label, score = draw_scores(171, seed=seed, shift=2.0)
        threshold = choose_threshold(label, score)
        low, high = choose_unsure_band(label, score, threshold, 0.1)
        label, score = draw_scores(1000, seed=10_000 + seed, shift=2.0)
        decided = (score < low) | (score > high)
        rates.append(np.mean((score > threshold)[decided] != (label == 1)[decided]))
    assert 0.08 < np.mean(rates) < 0.11

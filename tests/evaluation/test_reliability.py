import numpy as np
import pytest

from fakeface.evaluation.calibration import apply_temperature, fit_temperature
from fakeface.evaluation.summary import probability_quality
from tests.evaluation.tables import draw_scores


def test_the_quality_of_seven_photographs_by_hand() -> None:
    label = np.array([0, 1, 1, 1, 1, 0, 0])
    probability = np.array([0.05, 0.15, 0.2, 0.95, 1.0, 0.0, 0.85])
    # Bins up to 0.1: 0.0 and 0.05 (no fake); to 0.2: 0.15 and 0.2 (2 of 2); to 0.9: 0.85 (0 of 1); to 1: two of two.
    found = probability_quality(label, probability)
    bins = [(entry["images"], entry["mean_probability"], entry["fake_share"]) for entry in found["reliability"]]
    expected = [(2, 0.025, 0), (2, 0.175, 1), (1, 0.85, 0), (2, 0.975, 1)]
    assert bins == [pytest.approx(row) for row in expected]
    error = (2 * 0.025 + 2 * 0.825 + 1 * 0.85 + 2 * 0.025) / 7
    assert found["expected_calibration_error"] == pytest.approx(error)
    squares = 0.05**2 + 0.85**2 + 0.8**2 + 0.05**2 + 0 + 0 + 0.85**2
    assert found["brier_score"] == pytest.approx(squares / 7)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_has_a_quality(label: int) -> None:
    found = probability_quality(np.array([label, label]), np.array([0.2, 0.4]))
    assert found["brier_score"] == pytest.approx((0.2**2 + 0.4**2) / 2 if label == 0 else (0.8**2 + 0.6**2) / 2)
    assert found["expected_calibration_error"] == pytest.approx(abs(0.3 - label))


def test_calibrated_probabilities_have_a_small_error_and_sharpened_ones_a_large_one() -> None:
    label, score = draw_scores(20000, seed=6)
    sharp = apply_temperature(score, 0.25)
    restored = apply_temperature(sharp, fit_temperature(label, sharp))
    errors = [
        probability_quality(label, probability)["expected_calibration_error"]
        for probability in (score, sharp, restored)
    ]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[2] is not None
    assert errors[0] < 0.02
    assert errors[1] > 0.1
    assert errors[2] < 0.02


def test_no_photograph_has_no_quality() -> None:
    found = probability_quality(np.array([], dtype=np.int64), np.array([], dtype=np.float64))
    assert found == {"expected_calibration_error": None, "brier_score": None, "reliability": []}

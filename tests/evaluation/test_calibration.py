import json
import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fakeface.errors import UserError
from fakeface.evaluation.calibration import (
    TEMPERATURES,
    Calibration,
    apply_temperature,
    calibrate,
    fit_temperature,
)
from fakeface.evaluation.predictions import logits
from tests.evaluation.tables import draw_scores, make_predictions


def test_the_temperature_of_one_level_is_solved_by_hand() -> None:
    # Scores of 0.9 and 0.1 that are right in 3 of 4 cases: log 9 / T = log 3, so T = 2.
    label = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    score = np.array([0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1])
    assert fit_temperature(label, score) == pytest.approx(2, abs=1e-6)
    np.testing.assert_allclose(apply_temperature(score, 2), [0.75] * 4 + [0.25] * 4, atol=1e-12)


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 3.0])
def test_the_temperature_is_a_logistic_regression_without_intercept(sharpened: float) -> None:
    label, score = draw_scores(2000, seed=2)
    score = apply_temperature(score, 1 / sharpened)
    regression = LogisticRegression(C=1e12, fit_intercept=False, tol=1e-10).fit(logits(score)[:, None], label)
    temperature = fit_temperature(label, score)
    assert temperature == pytest.approx(1 / regression.coef_[0, 0], rel=1e-4)
    assert temperature == pytest.approx(sharpened, rel=0.15)


def test_the_temperature_stays_within_its_limits() -> None:
    label = np.array([0, 0, 1, 1])
    perfect = fit_temperature(label, np.array([0.4, 0.4, 0.6, 0.6]))
    upside_down = fit_temperature(label, np.array([0.9, 0.9, 0.1, 0.1]))
    assert (perfect, upside_down) == pytest.approx(TEMPERATURES, rel=1e-5)
    assert math.isfinite(fit_temperature(label, np.array([0.0, 1.0, 0.0, 1.0])))


def test_temperature_keeps_the_order_and_the_even_chance() -> None:
    score = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    warm = apply_temperature(score, 4.0)
    assert np.all(np.diff(warm) > 0)
    assert warm[2] == 0.5


def test_a_calibration_travels_as_plain_values() -> None:
    calibration = calibrate(make_predictions(*draw_scores(400, seed=7, shift=2.0)), error_rate=0.1)
    values = json.loads(json.dumps(calibration.to_dict()))
    assert values["reals"] == {}
    assert {type(value) for name, value in values.items() if name != "reals"} == {float}
    assert Calibration.from_dict(values) == calibration


def test_the_calibration_holds_its_promises_on_validation() -> None:
    label, score = draw_scores(400, seed=8, shift=2.0)
    calibration = calibrate(make_predictions(label, score), error_rate=0.05)
    assert calibration.unsure_low < calibration.threshold < calibration.unsure_high
    verdicts = np.array(calibration.verdicts(score))
    decided = verdicts != "unsure"
    assert calibration.decided == np.mean(decided)
    assert 0.2 < calibration.decided < 1
    assert np.mean((verdicts == "fake")[decided] != (label == 1)[decided]) <= 0.05
    np.testing.assert_array_equal(calibration.probabilities(score), apply_temperature(score, calibration.temperature))


def test_verdicts_at_the_edges() -> None:
    calibration = Calibration(1.0, 0.5, 0.4, 0.7, 0.1, 0.5)
    score = np.array([0.0, 0.39, 0.4, 0.5, 0.7, 0.71, 1.0])
    assert calibration.verdicts(score) == ["real", "real", "unsure", "unsure", "unsure", "fake", "fake"]


def test_validation_with_one_class_cannot_be_calibrated() -> None:
    with pytest.raises(UserError, match="holds no fake photograph"):
        calibrate(make_predictions([0, 0], [0.1, 0.2]))
    with pytest.raises(UserError, match="holds no real photograph"):
        calibrate(make_predictions([1], [0.1]))


@pytest.mark.parametrize("error_rate", [0.0, 1.0, -0.1])
def test_an_error_rate_is_a_share(error_rate: float) -> None:
    with pytest.raises(UserError, match="error rate"):
        calibrate(make_predictions([0, 1], [0.1, 0.2]), error_rate)

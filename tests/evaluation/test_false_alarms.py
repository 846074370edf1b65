from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration, calibrate
from fakeface.evaluation.operating_points import false_alarm_threshold, least_level
from fakeface.evaluation.predictions import Predictions

FOUR = {"a": [0.1, 0.2], "b": [0.3, 0.7], "c": [0.15, 0.25, 0.6, 0.9], "d": [0.05]}


@pytest.mark.parametrize(
    ("level", "threshold"),
    [
        # Five sources with the new one: of 5 times the level, 1 is the new one's, the rest may be the others' shares.
        (0.2, 0.9),  # 0 left: above all
        (0.25, 0.7),  # 0.25 left: one of c
        (0.35, 0.6),  # 0.75 left: one of c and one of b
        (0.4, 0.3),  # 1 left: two of c and one of b
        (0.45, 0.3),  # 1.25 left, too few for one more
        (0.5, 0.25),  # 1.5 left: b's two and c's two make 1.5
    ],
)
def test_the_threshold_worked_out_by_hand(level: float, threshold: float) -> None:
    assert false_alarm_threshold(FOUR, level) == threshold


def test_too_few_sources_name_the_least_level() -> None:
    assert least_level(4) == 0.2
    with pytest.raises(UserError, match=r"false alarms of 0\.19 .* 4 sources are known .*: choose 0\.2 or"):
        false_alarm_threshold(FOUR, 0.19)
    with pytest.raises(UserError, match=r"of 0\.1 .* 2 sources are known to the detector: choose 0\.334 or more"):
        false_alarm_threshold({"a": [0.5], "b": [0.5]}, 0.1)
    false_alarm_threshold({"a": [0.5], "b": [0.5]}, 0.334)
    with pytest.raises(UserError, match="no source of real photographs is known to the detector"):
        false_alarm_threshold({}, 0.1)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(UserError, match="choose one between 0 and 1"):
        false_alarm_threshold(FOUR, level)


def test_the_promise_holds_over_new_sources() -> None:
    generator = np.random.default_rng(0)
    alarms = []
    for _ in range(2000):
        centres, sizes = generator.normal(0, 1, 20), generator.integers(5, 40, 20)
        scores = [generator.normal(centre, 1, size) for centre, size in zip(centres, sizes, strict=True)]
        threshold = false_alarm_threshold({str(n): own.tolist() for n, own in enumerate(scores[:-1])}, 0.15)
        alarms.append(np.mean(scores[-1] > threshold))
    # The promise is 0.15 at most, and not much less with 19 sources.
    error = np.std(alarms) / np.sqrt(len(alarms))
    assert 0.09 < np.mean(alarms) < 0.15 + 2 * error


def test_a_calibration_takes_the_threshold_as_the_upper_end_of_its_band() -> None:
    chosen = Calibration(1.0, 0.5, 0.28, 0.6, 0.1, 0.7, reals=FOUR)
    strict = chosen.with_false_alarms(0.25)
    assert (strict.threshold, strict.unsure_low, strict.unsure_high) == (0.7, 0.28, 0.7)
    assert strict.verdicts(np.array([0.2, 0.28, 0.7, 0.71])) == ["real", "unsure", "unsure", "fake"]
    loose = chosen.with_false_alarms(0.5)
    assert (loose.unsure_low, loose.unsure_high) == (0.25, 0.25)
    assert loose.verdicts(np.array([0.2, 0.27])) == ["real", "fake"]
    assert Calibration.from_dict(chosen.to_dict()) == chosen
    assert "reals" not in chosen.figures()


def test_calibration_keeps_the_reals_of_each_source() -> None:
    rows = [("a", REAL, 0.4), ("b", REAL, 0.3), ("a", REAL, 0.1), ("a", FAKE, 0.8), ("", REAL, 0.2)]
    records = [Record(Path(f"{n}.jpg"), label, source=source) for n, (source, label, _) in enumerate(rows)]
    table = Predictions.from_records(records, [row[2] for row in rows])
    assert calibrate(table).reals == {"a": [0.1, 0.4], "b": [0.3]}
    assert calibrate(Predictions.from_records([replace(r, source="") for r in records], table.score)).reals == {}

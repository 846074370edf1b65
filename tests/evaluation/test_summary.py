import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.summary import summarise
from tests.evaluation.tables import draw_scores, make_predictions

TABLE = Predictions.from_records(
    [
        Record(Path("real_1.jpg"), 0, regions="0000", group="a"),
        Record(Path("real_2.jpg"), 0, regions="0000", group="b"),
        Record(Path("easy_1.jpg"), 1, "easy", "1000", group="a"),
        Record(Path("mid_1.jpg"), 1, "mid", "1100", group="c"),
    ],
    [0.2, 0.6, 0.7, 0.4],
)


def of_train(*groups: str) -> list[Record]:
    return [Record(Path(f"train_{number}.jpg"), 0, split="train", group=group) for number, group in enumerate(groups)]


CALIBRATION = Calibration(temperature=2.0, threshold=0.3, unsure_low=0.3, unsure_high=0.65, error_rate=0.1, decided=0.5)


def test_figures_of_a_table_worked_out_by_hand() -> None:
    summary = summarise(TABLE)
    assert (summary["images"], summary["reals"], summary["fakes"], summary["threshold"]) == (4, 2, 2, 0.5)
    assert summary["counts"] == {"tp": 1, "fp": 1, "fn": 1, "tn": 1}
    half = dict.fromkeys(("accuracy", "balanced_accuracy", "precision", "recall", "f1"), 0.5)
    loss = summary["metrics"].pop("loss")
    assert summary["metrics"] == half | {"auroc": 0.75}
    assert loss == pytest.approx(-np.log([0.8, 0.4, 0.7, 0.4]).mean())
    assert summary["positive_class"] == "fake"


def test_figures_agree_with_scikit_learn() -> None:
    label, score = draw_scores(200, seed=3)
    metrics = summarise(make_predictions(label, score))["metrics"]
    assert metrics["auroc"] == pytest.approx(roc_auc_score(label, score))
    assert metrics["accuracy"] == accuracy_score(label, score > 0.5)
    assert metrics["loss"] == pytest.approx(log_loss(label, score))


def test_an_interval_surrounds_each_metric() -> None:
    label, score = draw_scores(200, seed=3)
    summary = summarise(make_predictions(label, score))
    for name, interval in summary["intervals"].items():
        value = summary["metrics"][name]
        assert interval is not None
        assert value is not None
        assert interval[0] < value < interval[1]


def test_subsets_are_measured_each_by_itself() -> None:
    subsets = summarise(TABLE, tables=dict.fromkeys(TABLE.path.tolist()[1:], "A") | {"real_1.jpg": "B"})["subsets"]
    easy, common = subsets["easy"], subsets["common_table"]
    assert easy is not None
    assert common is not None
    assert (easy["images"], easy["metrics"]["auroc"]) == (3, 1.0)
    # real_2 0.6 against easy_1 0.7 and mid_1 0.4: one pair of two in order.
    assert (common["images"], common["metrics"]["auroc"]) == (3, 0.5)


def test_a_subset_without_a_class_says_so() -> None:
    unseen = summarise(TABLE, training=[*TABLE.records, *of_train("a", "c")])["subsets"]["unseen_source"]
    assert unseen is not None
    assert unseen["images"] == 1
    assert unseen["metrics"]["auroc"] is None
    assert unseen["undefined"]["auroc"] == "there is no fake photograph"
    assert unseen["metrics"]["accuracy"] == 0.0


def test_a_class_missing_everywhere_gives_reasons_and_no_number() -> None:
    summary = summarise(make_predictions([1, 1], [0.1, 0.2]))
    assert summary["metrics"]["precision"] is None
    assert summary["undefined"]["precision"] == "no photograph is called fake"
    assert summary["undefined"]["auroc"] == summary["undefined"]["tpr_at_fpr"] == "there is no real photograph"
    assert summary["intervals"]["auroc"] is None
    assert summary["operating_points"]["tpr_at_fpr"] == {"0.0": None, "0.01": None, "0.05": None}


@pytest.mark.parametrize("training", [[], [""], TABLE.records])
def test_unknown_sources_are_not_taken_for_unseen_ones(training: list[str] | list[Record]) -> None:
    summary = summarise(TABLE, training=[one if isinstance(one, Record) else of_train(one)[0] for one in training])
    assert summary["subsets"]["unseen_source"] is None
    assert "training photographs are not known" in summary["undefined"]["unseen_source"]


def test_test_photographs_without_groups_are_not_taken_for_unseen_ones() -> None:
    summary = summarise(make_predictions([0, 1], [0.1, 0.9]), training=of_train("a"))
    assert summary["subsets"]["unseen_source"] is None
    assert "test on a manifest" in summary["undefined"]["unseen_source"]


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (None, "were not read"),
        ({"real_1.jpg": "A"}, "not known, first real_2.jpg"),
        (dict.fromkeys(TABLE.path.tolist(), ""), "none of the images is a JPEG"),
    ],
)
def test_without_tables_there_is_a_reason(tables: dict[str, str] | None, reason: str) -> None:
    summary = summarise(TABLE, tables=tables)
    assert summary["subsets"]["common_table"] is None
    assert reason in summary["undefined"]["common_table"]


def test_the_calibration_of_the_checkpoint_is_used_and_not_fitted_again() -> None:
    summary = summarise(TABLE, calibration=CALIBRATION)
    assert summary["calibration"]["fitted"] == CALIBRATION.figures()
    calibrated = summary["calibration"]["calibrated"]
    assert calibrated is not None
    halved = 1 / (1 + np.exp(-np.log([0.2 / 0.8, 0.6 / 0.4, 0.7 / 0.3, 0.4 / 0.6]) / 2))
    assert calibrated["brier_score"] == pytest.approx(np.mean((halved - [0, 0, 1, 1]) ** 2))
    assert summary["calibration"]["raw"]["brier_score"] == pytest.approx((0.04 + 0.36 + 0.09 + 0.36) / 4)


def test_chosen_threshold_and_band_are_those_of_the_calibration() -> None:
    points = summarise(TABLE, calibration=CALIBRATION)["operating_points"]
    chosen, band = points["chosen_threshold"], points["unsure_band"]
    assert chosen is not None
    assert chosen["counts"] == {"tp": 2, "fp": 1, "fn": 0, "tn": 1}
    # 0.2 and 0.7 lie outside 0.3 to 0.65, and both verdicts are right.
    assert band == {"low": 0.3, "high": 0.65, "error_rate": 0.1, "decided": 0.5, "errors": 0.0}


def test_decided_photographs_are_judged_at_the_chosen_threshold() -> None:
    narrow = Calibration(temperature=1, threshold=0.3, unsure_low=0.25, unsure_high=0.35, error_rate=0.1, decided=1)
    band = summarise(TABLE, calibration=narrow)["operating_points"]["unsure_band"]
    # All four are decided; only the real with 0.6 is wrong, for the fake with 0.4 lies above 0.3.
    assert band is not None
    assert (band["decided"], band["errors"]) == (1.0, 0.25)


def test_a_band_that_decides_nothing_has_no_error_rate() -> None:
    wide = Calibration(temperature=1, threshold=0.5, unsure_low=0, unsure_high=1, error_rate=0.1, decided=0)
    summary = summarise(TABLE, calibration=wide)
    band = summary["operating_points"]["unsure_band"]
    assert band is not None
    assert (band["decided"], band["errors"]) == (0.0, None)
    assert summary["undefined"]["errors"] == "all photographs are unsure"


def test_without_a_calibration_its_figures_are_missing_with_a_reason() -> None:
    summary = summarise(TABLE)
    assert summary["calibration"]["fitted"] is None
    assert summary["calibration"]["calibrated"] is None
    assert summary["operating_points"]["chosen_threshold"] is None
    assert "carries no calibration" in summary["undefined"]["calibrated"]


def test_the_summary_is_json_without_nan() -> None:
    for labels, scores in (([1, 1], [0.1, 0.2]), ([0], [0.0]), ([0, 1], [0.0, 1.0])):
        summary = summarise(make_predictions(labels, scores), calibration=CALIBRATION, training=of_train("x"))
        assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(UserError, match="no photograph to measure"):
        summarise(TABLE.select(np.zeros(4, dtype=np.bool_)))

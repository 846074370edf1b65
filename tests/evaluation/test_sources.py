from pathlib import Path

import pytest
from scipy.stats import norm, t

from fakeface.data.records import FAKE, REAL, Record
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.sources import source_figures
from fakeface.evaluation.summary import summarise

ROWS = [
    *[(REAL, "studio", "", score) for score in (0.1, 0.2, 0.3, 0.7)],
    *[(REAL, "phone", "", score) for score in (0.4, 0.6)],
    *[(FAKE, "gan", "generated", score) for score in (0.8, 0.9)],
    *[(FAKE, "app", "swapped", score) for score in (0.25, 0.65)],
    (FAKE, "", "generated", 0.05),
    (REAL, "", "", 0.95),
]
TABLE = Predictions.from_records(
    [Record(Path(f"{n}.jpg"), label, source=source, kind=kind) for n, (label, source, kind, _) in enumerate(ROWS)],
    [row[3] for row in ROWS],
)


def test_every_source_and_kind_has_its_figure_and_the_mean_is_over_sources() -> None:
    found = source_figures(TABLE)
    assert found is not None
    values = {name: figure["value"] for name, figure in found["auroc"].items()}
    # Of 7 reals, 6 score below both generated ones; 2 below 0.25, 5 below 0.65.
    assert values == pytest.approx({"gan": 6 / 7, "app": (2 + 5) / 14})
    assert {name: figure["value"] for name, figure in found["false_alarms"].items()} == {"studio": 0.25, "phone": 0.5}
    assert {name: figure["photographs"] for name, figure in found["kinds"].items()} == {"generated": 3, "swapped": 2}
    kinds = {name: figure["value"] for name, figure in found["kinds"].items()}
    assert kinds == pytest.approx({"generated": 12 / 21, "swapped": 0.5})
    assert found["worst"] == {"auroc": "app", "false_alarms": "phone"}
    mean = found["mean"]["false_alarms"]
    assert (mean["photographs"], mean["value"]) == (2, 0.375)
    # Two sources, an eighth from their mean each: far too few for an interval of any use.
    half = t.ppf(0.975, 1) * 0.125
    assert half > 1
    assert mean["interval"] == [0, 1]


def test_a_share_of_false_alarms_has_wilsons_interval() -> None:
    records = [Record(Path(f"{n}.jpg"), REAL, source="studio") for n in range(50)]
    found = source_figures(Predictions.from_records([*records, Record(Path("f"), FAKE)], [0.1] * 50 + [0.9]))
    assert found is not None
    square = norm.ppf(0.975) ** 2
    assert found["false_alarms"]["studio"]["interval"] == pytest.approx([0, square / (50 + square)])


def test_sources_that_all_have_the_same_figure_are_not_taken_for_certain() -> None:
    records = [Record(Path(f"{n}.jpg"), REAL, source=str(n)) for n in range(4)]
    found = source_figures(Predictions.from_records(records, [0.1] * 4))
    assert found is not None
    square = norm.ppf(0.975) ** 2
    assert found["mean"]["false_alarms"]["interval"] == pytest.approx([0, square / (4 + square)])


def test_the_calibration_says_what_is_called_fake() -> None:
    strict = Calibration(1.0, threshold=0.5, unsure_low=0.2, unsure_high=0.65, error_rate=0.1, decided=0.5)
    found = source_figures(TABLE, strict)
    assert found is not None
    assert {name: figure["value"] for name, figure in found["false_alarms"].items()} == {"studio": 0.25, "phone": 0.0}


def test_without_sources_and_kinds_there_are_no_figures() -> None:
    plain = [Record(Path("a"), REAL), Record(Path("b"), FAKE)]
    assert source_figures(Predictions.from_records(plain, [0.1, 0.9])) is None
    assert summarise(Predictions.from_records(plain, [0.1, 0.9]))["sources"] is None
    assert summarise(TABLE)["sources"] == source_figures(TABLE)


def test_without_reals_there_is_no_auroc() -> None:
    found = source_figures(TABLE.select(TABLE.label == FAKE))
    assert found is not None
    assert (found["auroc"], found["kinds"], found["false_alarms"], found["mean"]) == ({}, {}, {}, {})

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions, logits, read_predictions, write_predictions
from tests.evaluation.tables import make_predictions

HEADER = "path,label,difficulty,regions,group,score"
"""The columns of older tables."""

RECORDS = [
    Record(Path('faces/a "b", c.jpg'), 0, regions="0000", group="g1"),
    Record(Path("faces/gesicht_ä.jpg"), 1, "hard", "0110", group="g1"),
    Record(Path("faces/other.png"), 1, source="studio, 2", kind="swapped", others=(("photographer", " Anna "),)),
]


def test_a_table_reads_back_bit_for_bit(tmp_path: Path) -> None:
    scores = [0.1 + 0.2, np.nextafter(1, 0), 5e-324]
    write_predictions(tmp_path / "new" / "predictions.csv", Predictions.from_records(RECORDS, scores))
    read = read_predictions(tmp_path / "new" / "predictions.csv")
    assert read.score.tolist() == scores
    assert read.label.tolist() == [0, 1, 1]
    assert read.path.tolist() == [str(record.path) for record in RECORDS]
    assert read.group.tolist() == ["g1", "g1", ""]
    assert [replace(record, others=()) for record in read.records] == [replace(one, others=()) for one in RECORDS]
    assert [record.others for record in read.records] == [
        *[(("photographer", ""),)] * 2,
        (("photographer", " Anna "),),
    ]


def test_the_file_has_the_published_columns(tmp_path: Path) -> None:
    write_predictions(tmp_path / "predictions.csv", Predictions.from_records(RECORDS[:2], [0.75, 0.5]))
    assert (tmp_path / "predictions.csv").read_text().splitlines() == [
        "path,label,difficulty,regions,group,source,kind,score",
        '"faces/a ""b"", c.jpg",real,,0000,g1,,,0.75',
        "faces/gesicht_ä.jpg,fake,hard,0110,g1,,,0.5",
    ]


def test_an_existing_table_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text("precious")
    with pytest.raises(UserError, match="exists already"):
        write_predictions(file, make_predictions([0], [0.5]))
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,label,kind", "a.jpg,fake,"], "row 1: the column 'score' is missing"),
        ([HEADER], "lists no image"),
        ([HEADER, "a.jpg,real,,,,0.5", "b.jpg,fraud,,,,0.5"], "row 3: label is 'fraud'"),
        ([HEADER, "a.jpg,fake,harder,,,0.5"], "row 2: difficulty is 'harder'"),
        ([HEADER, "a.jpg,fake,,012,,0.5"], "row 2: regions is '012'"),
        ([HEADER, "a.jpg,fake,,,,high"], "row 2: score is 'high'"),
        ([HEADER, "a.jpg,fake,,,,nan"], "row 2: score is nan"),
        ([HEADER, "a.jpg,fake,,,,1.01"], "row 2: score is 1.01"),
        ([HEADER, ",fake,,,,0.5"], "row 2: the path is empty"),
        ([HEADER, "a.jpg,fake,,,0.5"], "row 2: the number of fields"),
        ([HEADER, "a.jpg,fake,,,,,0.5"], "row 2: the number of fields"),
        ([HEADER, "a.jpg,fake,,,,0.5", "a.jpg,fake,,,,0.5"], "row 3: a.jpg is already in row 2"),
        ([HEADER, '"a.jpg,fake,,,,0.5'], "not a CSV file"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=message) as raised:
        read_predictions(file)
    assert str(file) in str(raised.value)


def test_a_missing_table_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="fakeface test"):
        read_predictions(tmp_path / "predictions.csv")


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.5])
def test_what_is_no_probability_is_refused(score: float) -> None:
    with pytest.raises(UserError, match=r"1\.jpg .* diverged"):
        make_predictions([0, 1], [0.5, score])


def test_scores_must_match_the_records() -> None:
    with pytest.raises(ValueError, match="3 records"):
        Predictions.from_records(RECORDS, [0.5])


def test_rows_are_selected_by_mask_or_index() -> None:
    table = make_predictions([0, 1, 1], [0.1, 0.2, 0.3])
    assert table.select(np.array([True, False, True])).score.tolist() == [0.1, 0.3]
    assert table.select(np.array([2, 0])).path.tolist() == ["2.jpg", "0.jpg"]
    assert len(table.select(np.array([], dtype=np.intp))) == 0


def test_log_odds_are_finite_at_the_ends() -> None:
    values = logits(np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    np.testing.assert_allclose(values, [-36.7368, -np.log(3), 0, np.log(3), 36.7368], atol=1e-4)

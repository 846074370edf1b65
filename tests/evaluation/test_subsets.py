from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import Record
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.subsets import (
    common_table_subset,
    difficulty_subsets,
    region_subsets,
    unseen_source_subset,
)

TABLE = Predictions.from_records(
    [
        Record(Path("real_1.jpg"), 0, regions="0000", group="a"),
        Record(Path("real_2.jpg"), 0, regions="0000"),
        Record(Path("easy_1.jpg"), 1, "easy", "1000", group="a"),
        Record(Path("mid_1.jpg"), 1, "mid", "0111", group="b"),
        Record(Path("hard_1.jpg"), 1, "hard", "1001", group="c"),
        Record(Path("ungraded.jpg"), 1),
    ],
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
)


def names(mask: NDArray[np.bool_] | str) -> list[str]:
    assert not isinstance(mask, str), mask
    return [path.removesuffix(".jpg") for path in TABLE.select(mask).path.tolist()]


def test_each_difficulty_stands_against_all_reals() -> None:
    found = {name: names(mask) for name, mask in difficulty_subsets(TABLE).items()}
    assert found == {name: ["real_1", "real_2", f"{name}_1"] for name in ("easy", "mid", "hard")}


def test_each_region_stands_against_all_reals() -> None:
    found = {name: names(mask) for name, mask in region_subsets(TABLE).items()}
    assert found == {
        "left_eye": ["real_1", "real_2", "easy_1", "hard_1"],
        "right_eye": ["real_1", "real_2", "mid_1"],
        "nose": ["real_1", "real_2", "mid_1"],
        "mouth": ["real_1", "real_2", "mid_1", "hard_1"],
    }


def test_a_difficulty_or_region_that_no_fake_has_is_no_subset() -> None:
    records = [Record(Path("real.jpg"), 0), Record(Path("mid.jpg"), 1, "mid", "0010")]
    other = Predictions.from_records(records, [0.1, 0.9])
    assert list(difficulty_subsets(other)) == ["mid"]
    assert list(region_subsets(other)) == ["nose"]


def test_the_common_table_is_the_most_frequent_one() -> None:
    tables = dict(zip(TABLE.path.tolist(), ["T1", "T1", "T2", "T1", "T2", ""], strict=True))
    assert names(common_table_subset(TABLE, tables)) == ["real_1", "real_2", "mid_1"]


def test_files_without_a_table_are_never_the_common_ones() -> None:
    tables = dict.fromkeys(TABLE.path.tolist(), "") | {"mid_1.jpg": "T2"}
    assert names(common_table_subset(TABLE, tables)) == ["mid_1"]


def test_an_unknown_table_is_a_reason() -> None:
    assert "of 5 images are not known, first real_2.jpg" in common_table_subset(TABLE, {"real_1.jpg": "T1"})
    assert "none of the images is a JPEG" in common_table_subset(TABLE, dict.fromkeys(TABLE.path.tolist(), ""))
    assert "were not read" in common_table_subset(TABLE, None)


def of_train(*groups: str) -> list[Record]:
    return [Record(Path(f"train_{number}.jpg"), 0, split="train", group=group) for number, group in enumerate(groups)]


def test_sources_in_train_are_left_out() -> None:
    assert names(unseen_source_subset(TABLE, of_train("a", "c", "z"))) == ["real_2", "mid_1", "ungraded"]


def test_images_without_a_group_share_no_source() -> None:
    assert names(unseen_source_subset(TABLE, of_train("", "a"))) == ["real_2", "mid_1", "hard_1", "ungraded"]


def test_a_group_that_only_tests_is_not_seen() -> None:
    training = [*of_train("a"), *[replace(record, split="test") for record in TABLE.records]]
    assert names(unseen_source_subset(TABLE, training)) == ["real_2", "mid_1", "hard_1", "ungraded"]


def test_numbers_of_two_data_sets_are_not_compared() -> None:
    """Both audits number their groups from 1: source_1 of one set is not source_1 of the other."""
    training = [Record(Path(f"{name}.jpg"), 0, split="train", group=f"source_{name}") for name in "123"]
    own = [
        Record(Path("4.jpg"), 1, split="test", group="source_1"),
        Record(Path("5.jpg"), 0, split="test", group="source_5"),
    ]
    table = Predictions.from_records(own, [0.1, 0.2])
    assert np.array_equal(unseen_source_subset(table, [*training, *own]), [False, True])
    others = [replace(record, path=Path(f"other_{record.path}")) for record in own]
    reason = unseen_source_subset(Predictions.from_records(others, [0.1, 0.2]), [*training, *own])
    assert "two data sets whose source groups are numbered" in reason
    named = [replace(record, group="source-3fa94c21ab") for record in training[:1]]
    found = unseen_source_subset(Predictions.from_records([replace(others[0], group=named[0].group)], [0.1]), named)
    assert np.array_equal(found, [False])

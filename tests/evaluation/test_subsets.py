from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.data.records import Record
from fakeface.errors import UserError
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


def names(mask: NDArray[np.bool_]) -> list[str]:
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


def test_the_common_table_is_the_most_frequent_one() -> None:
    tables = dict(zip(TABLE.path.tolist(), ["T1", "T1", "T2", "T1", "T2", ""], strict=True))
    assert names(common_table_subset(TABLE, tables)) == ["real_1", "real_2", "mid_1"]


def test_files_without_a_table_are_never_the_common_ones() -> None:
    tables = dict.fromkeys(TABLE.path.tolist(), "") | {"mid_1.jpg": "T2"}
    assert names(common_table_subset(TABLE, tables)) == ["mid_1"]


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(UserError, match=r"of 5 images are not known, first real_2\.jpg"):
        common_table_subset(TABLE, {"real_1.jpg": "T1"})
    with pytest.raises(UserError, match="none of the images is a JPEG"):
        common_table_subset(TABLE, dict.fromkeys(TABLE.path.tolist(), ""))


def test_sources_in_train_are_left_out() -> None:
    assert names(unseen_source_subset(TABLE, {"a", "c", "z"})) == ["real_2", "mid_1", "ungraded"]


def test_images_without_a_group_share_no_source() -> None:
    assert names(unseen_source_subset(TABLE, {"", "a"})) == ["real_2", "mid_1", "hard_1", "ungraded"]
    assert unseen_source_subset(TABLE, set()).all()

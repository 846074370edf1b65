from pathlib import Path

from fakeface.data.records import FAKE, REAL, Record, with_splits


def test_stratum_is_the_class_of_table_1() -> None:
    path = Path("a.jpg")
    assert Record(path, REAL).stratum == "real"
    assert Record(path, FAKE).stratum == "fake"
    assert Record(path, FAKE, "mid").stratum == "fake-mid"


def test_splits_replace_those_of_the_records() -> None:
    records = [Record(Path("a"), REAL, split="test", group="g"), Record(Path("b"), FAKE)]
    expected = [Record(Path("a"), REAL, split="train", group="g"), Record(Path("b"), FAKE, split="val")]
    assert with_splits(records, ["train", "val"]) == expected

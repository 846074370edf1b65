from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.records import FAKE, REAL, Record
from fakeface.data.splits import TABLE_1, manifest_split, paper_split, split_counts
from fakeface.errors import UserError


def make_records(root: Path, sizes: dict[str, int]) -> list[Record]:
    """Records in CIPLAB's layout without files; a size per stratum."""
    records = []
    for stratum, size in sizes.items():
        label, _, difficulty = stratum.partition("-")
        folder = root / f"training_{label}"
        for number in range(size):
            path = folder / (f"{difficulty}_{number}_0011.jpg" if difficulty else f"{label}_{number:05}.jpg")
            records.append(Record(path, FAKE if label == "fake" else REAL, difficulty=difficulty))
    return records


def counts(records: list[Record]) -> dict[str, tuple[int, ...]]:
    found = Counter((record.stratum, record.split) for record in records)
    strata = {record.stratum for record in records}
    return {stratum: tuple(found[stratum, split] for split in ("train", "val", "test")) for stratum in strata}


FULL = {stratum: sum(row) for stratum, row in TABLE_1.items()}


def test_paper_split_of_the_full_set_is_table_1(tmp_path: Path) -> None:
    records = paper_split(make_records(tmp_path, FULL), seed=0)
    assert len(records) == 2041
    assert counts(records) == {
        "real": (720, 61, 300),
        "fake-easy": (158, 26, 56),
        "fake-mid": (324, 54, 102),
        "fake-hard": (157, 30, 53),
    }
    total = Counter(record.split for record in records)
    assert total == {"train": 1359, "val": 171, "test": 511}


def test_paper_split_depends_on_names_and_seed_alone(tmp_path: Path) -> None:
    here = make_records(tmp_path, FULL)
    elsewhere = make_records(Path("other/place"), FULL)
    np.random.default_rng(5).shuffle(elsewhere)
    by_name = {record.path.name: record.split for record in paper_split(here, seed=3)}
    assert by_name == {record.path.name: record.split for record in paper_split(elsewhere, seed=3)}
    assert by_name != {record.path.name: record.split for record in paper_split(here, seed=4)}


def test_paper_split_keeps_the_order_and_everything_else(tmp_path: Path) -> None:
    records = [Record(tmp_path / f"{number}.png", REAL, regions="0000", group=f"g{number}") for number in range(9)]
    drawn = paper_split(records, seed=0)
    assert [(record.path, record.group) for record in drawn] == [(record.path, record.group) for record in records]


@pytest.mark.parametrize(
    ("stratum", "size", "expected"),
    [
        ("real", 0, (0, 0, 0)),
        ("real", 1, (1, 0, 0)),
        ("real", 2, (1, 0, 1)),  # shares 1.33, 0.11, 0.56
        ("real", 3, (1, 1, 1)),  # shares 2.00, 0.17, 0.83 leave val empty
        ("real", 100, (66, 6, 28)),  # shares 66.60, 5.64, 27.75: the two largest remainders round up
        ("fake-easy", 24, (16, 3, 5)),  # shares 15.8, 2.6, 5.6: the tie goes to val
        ("fake", 96, (64, 11, 21)),  # shares 63.9, 11.0, 21.1
    ],
)
def test_split_counts(stratum: str, size: int, expected: tuple[int, int, int]) -> None:
    assert split_counts(stratum, size) == expected


def test_a_manifest_without_splits_is_refused(tmp_path: Path) -> None:
    filled = Record(tmp_path / "a.jpg", REAL, split="test")
    assert manifest_split([filled]) == [filled]
    with pytest.raises(UserError, match=r"1 of 2 images have no split.*b\.jpg.*'split'.*fakeface data index"):
        manifest_split([filled, Record(tmp_path / "b.jpg", REAL)])

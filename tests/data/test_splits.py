from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.records import FAKE, REAL, SPLITS, Record
from fakeface.data.source_splits import source_folds, source_split
from fakeface.data.splits import TABLE_1, folds, grouped_split, manifest_split, paper_split, split_counts
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


def with_groups(records: list[Record], seed: int, share: float = 0.3) -> list[Record]:
    """Put a share of the records into groups of two to five that mix the strata, the others on their own."""
    generator = np.random.default_rng(seed)
    groups = [f"alone_{index}" for index in range(len(records))]
    members = generator.permutation(len(records))[: round(share * len(records))].tolist()
    while members:
        size = int(generator.integers(2, 6))
        for index in members[:size]:
            groups[index] = f"together_{len(members)}"
        members = members[size:]
    return [replace(record, group=group) for record, group in zip(records, groups, strict=True)]


def splits_of_groups(records: list[Record]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in records:
        found.setdefault(record.group, set()).add(record.split)
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_grouped_split_has_table_1_and_whole_groups(tmp_path: Path, seed: int) -> None:
    records = grouped_split(with_groups(make_records(tmp_path, FULL), seed=9), seed)
    assert counts(records) == TABLE_1
    assert all(len(splits) == 1 for splits in splits_of_groups(records).values())


def test_grouped_split_comes_close_where_exact_counts_are_impossible(tmp_path: Path) -> None:
    # Groups of exactly four, so that Table 1's counts, most of them odd, cannot be met.
    records = [replace(r, group=f"g{i % 510}") for i, r in enumerate(make_records(tmp_path, FULL)[:2040])]
    drawn = grouped_split(records, seed=0)
    assert all(len(splits) == 1 for splits in splits_of_groups(drawn).values())
    for stratum, row in counts(drawn).items():
        size = sum(row)
        assert np.abs(np.subtract(row, split_counts(stratum, size))).max() <= 0.01 * len(records)


def test_grouped_split_draws_the_large_groups_too(tmp_path: Path) -> None:
    records = with_groups(make_records(tmp_path, FULL), seed=9)
    large = [splits for group, splits in splits_of_groups(grouped_split(records, 0)).items() if "together" in group]
    shares = Counter(split for splits in large for split in splits)
    assert 0.18 < shares["test"] / len(large) < 0.32  # Table 1's test share is 0.25.
    assert shares["val"] > 0


@pytest.mark.parametrize("divide", [grouped_split, lambda records, seed: folds(records, 5, seed)[2]])
def test_groups_are_divided_by_seed_and_content_alone(
    tmp_path: Path, divide: Callable[[list[Record], int], list[Record]]
) -> None:
    here = with_groups(make_records(tmp_path, {"real": 90, "fake-easy": 60}), seed=1)
    renamed = [replace(r, path=Path("/moved") / r.path.relative_to(tmp_path), group="x" + r.group[::-1]) for r in here]
    by_name = {record.path.name: record.split for record in divide(here, 3)}
    assert by_name == {record.path.name: record.split for record in divide(renamed[::-1], 3)}
    assert by_name != {record.path.name: record.split for record in divide(here, 4)}


def test_folds_test_every_image_once_and_keep_groups_whole(tmp_path: Path) -> None:
    records = with_groups(make_records(tmp_path, FULL), seed=9)
    divided = folds(records, 5, seed=0)
    tested = Counter(record.path for fold in divided for record in fold if record.split == "test")
    assert set(tested.values()) == {1}
    assert len(tested) == 2041
    for fold in divided:
        assert [record.path for record in fold] == [record.path for record in records]
        assert all(len(splits) == 1 for splits in splits_of_groups(fold).values())
        for stratum, (train, val, test) in counts(fold).items():
            fifth = FULL[stratum] / 5
            assert abs(val - fifth) <= 3
            assert abs(test - fifth) <= 3
            assert train == FULL[stratum] - val - test
    val_of_first = {record.path for record in divided[0] if record.split == "val"}
    assert val_of_first == {record.path for record in divided[1] if record.split == "test"}


def test_too_few_groups_are_refused(tmp_path: Path) -> None:
    records = [replace(r, group="ab"[i % 2]) for i, r in enumerate(make_records(tmp_path, {"real": 6, "fake": 6}))]
    with pytest.raises(UserError, match="2 source groups cannot fill train, val, test"):
        grouped_split(records, 0)
    with pytest.raises(UserError, match="12 images from 2 sources are too few for folds"):
        folds(records, 5, 0)
    alone = [replace(record, group=str(index)) for index, record in enumerate(records)]
    with pytest.raises(UserError, match=r"cannot make 7 folds.*choose from 3 to 6"):
        folds(alone, 7, 0)


def test_a_missing_group_is_named(tmp_path: Path) -> None:
    records = with_groups(make_records(tmp_path, {"real": 6, "fake": 6}), 0)
    records[4] = replace(records[4], group="")
    with pytest.raises(UserError, match=r"1 of 12 images have no source group.*real_00004\.jpg.*'group'"):
        grouped_split(records, 0)


ORIGINS = {
    **{f"photographs {number}": (REAL, "real", 40) for number in range(5)},
    **{f"generator {number}": (FAKE, "generated", 40) for number in range(5)},
    **{f"app {number}": (FAKE, "swapped", 10) for number in range(5)},
}


def of_origins(origins: dict[str, tuple[int, str, int]]) -> list[Record]:
    """Records without files, as many as each origin has."""
    return [
        Record(Path(f"{source}/{number:03}.jpg"), label, source=source, kind=kind)
        for source, (label, kind, size) in origins.items()
        for number in range(size)
    ]


def shares(records: list[Record]) -> dict[str, dict[str, int]]:
    """How many photographs of each kind each split has."""
    found = {split: Counter(record.kind for record in records if record.split == split) for split in SPLITS}
    return {split: dict(sorted(kinds.items())) for split, kinds in found.items()}


def test_a_split_of_sources_holds_each_whole_and_balances_classes_and_kinds() -> None:
    records = of_origins(ORIGINS)
    np.random.default_rng(0).shuffle(records)
    divided = source_split(records, seed=3)
    assert [record.path for record in divided] == [record.path for record in records]
    assert all(len({one.split for one in divided if one.source == source}) == 1 for source in ORIGINS)
    # Of five sources of each kind three train, one validates, one tests.
    assert shares(divided) == {
        "train": {"generated": 120, "real": 120, "swapped": 30},
        "val": {"generated": 40, "real": 40, "swapped": 10},
        "test": {"generated": 40, "real": 40, "swapped": 10},
    }
    assert source_split(records[::-1], seed=3) == divided[::-1]
    tested = {tuple(one.split for one in source_split(records, seed)) for seed in range(5)}
    assert len(tested) > 1


def test_folds_of_sources_test_each_source_once() -> None:
    divided = source_folds(of_origins(ORIGINS), 5, seed=0)
    tested = Counter(record.source for fold in divided for record in fold if record.split == "test")
    assert tested == {source: size for source, (_, _, size) in ORIGINS.items()}
    assert all(shares(fold)["test"] == {"generated": 40, "real": 40, "swapped": 10} for fold in divided)
    assert all(shares(fold)["val"] == {"generated": 40, "real": 40, "swapped": 10} for fold in divided)


def test_sources_that_share_a_source_group_stay_together() -> None:
    records = of_origins(ORIGINS)
    originals = [replace(one, group="anna") if one.path.stem == "000" else one for one in records]
    joined = [one if one.source in ("photographs 0", "app 2") else replace(one, group="") for one in originals]
    for seed in range(10):
        sides = {one.source: one.split for one in source_split(joined, seed)}
        assert sides["photographs 0"] == sides["app 2"]


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        (
            {"a": (REAL, "", 5), "b": (FAKE, "", 5)},
            "2 sources cannot give each of 3 .*1 hold real .* 1 hold fake",
        ),
        ({"a": (REAL, "", 5), "b": (REAL, "", 5)}, "2 hold real ones and 0 hold fake"),
        ({"": (REAL, "", 5)}, r"5 of 5 images have no source, the first is .*000\.jpg: fill .* 'source'"),
    ],
)
def test_too_few_sources_are_refused(origins: dict[str, tuple[int, str, int]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        source_split(of_origins(origins), seed=0)


def test_two_folds_of_sources_are_refused() -> None:
    with pytest.raises(UserError, match="2 folds are too few"):
        source_folds(of_origins(ORIGINS), 2, seed=0)

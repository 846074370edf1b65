"""The measured folds in docs/folds, which name photographs and hold none."""

import csv
from collections import Counter
from pathlib import Path

FOLDS = sorted((Path(__file__).parents[1] / "docs" / "folds").glob("fold*.csv"))


def rows(fold: Path, split: str) -> list[dict[str, str]]:
    with fold.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


def test_every_photograph_is_held_out_once() -> None:
    held_out = Counter(row["path"] for fold in FOLDS for row in rows(fold, "val"))
    assert len(FOLDS) == 4
    assert len(held_out) == 1530
    assert set(held_out.values()) == {1}


def test_no_photograph_and_no_source_is_on_both_sides() -> None:
    for fold in FOLDS:
        train, held_out = rows(fold, "train"), rows(fold, "val")
        assert not {row["path"] for row in train} & {row["path"] for row in held_out}
        shared = {row["group"] for row in train} & {row["group"] for row in held_out}
        # The first was drawn before the fuller search for sources, which found these.
        assert len(shared) == (38 if fold.stem == "fold1" else 0)

"""Which photographs train, validate and test: the report's draw, a manifest's column, or whole source groups."""

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fakeface.data.records import SPLITS, Record, with_splits
from fakeface.errors import UserError

TABLE_1 = {
    "real": (720, 61, 300),
    "fake-easy": (158, 26, 56),
    "fake-mid": (324, 54, 102),
    "fake-hard": (157, 30, 53),
}
"""Images per stratum in train, val and test: Table 1 of the report."""


def manifest_split(records: Sequence[Record]) -> list[Record]:
    """Return the records as they are, once it is sure that each has its split.

    Raises:
        UserError: When a record has none.
    """
    missing = [record.path for record in records if not record.split]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(records)} images have no split, the first is {missing[0]}: fill the manifest's "
            f"column 'split' with {', '.join(SPLITS)}, or have it drawn with `fakeface data index`"
        )
    return list(records)


def paper_split(records: Sequence[Record], seed: int) -> list[Record]:
    """Draw Table 1 of the report: at random within each stratum, whatever the source photographs.

    The result depends on the seed and the files' names below their common folder, not on the order of the records nor
    on where the folder lies.

    Returns:
        The records in their order with ``split`` set. Strata of other sizes than the table's keep its proportions;
        three images are enough for one in each split.
    """
    generator = np.random.default_rng(seed)
    strata: dict[str, list[int]] = defaultdict(list)
    for index in stable_order(records):
        strata[records[index].stratum].append(index)
    splits = [""] * len(records)
    for stratum in sorted(strata):
        members = generator.permutation(strata[stratum])
        drawn = np.repeat(SPLITS, split_counts(stratum, len(members)))
        for index, split in zip(members, drawn, strict=True):
            splits[index] = str(split)
    return with_splits(records, splits)


def split_counts(stratum: str, size: int) -> tuple[int, int, int]:
    """Share out a stratum's images between train, val and test in the proportions of Table 1.

    Args:
        stratum: As in ``Record.stratum``; one that the table does not know has its class's proportions.
        size: How many images it has.

    Returns:
        Counts that sum to ``size``, rounded by largest remainder; none is zero when ``size`` is at least 3.
    """
    proportions = TABLE_1.get(stratum) or _class_proportions(stratum)
    whole = sum(proportions)
    # Integers throughout, so that the table's own sizes give the table's own counts.
    counts = [size * part // whole for part in proportions]
    remainders = [size * part % whole for part in proportions]
    for split in sorted(range(3), key=lambda split: -remainders[split])[: size - sum(counts)]:
        counts[split] += 1
    while size >= 3 and 0 in counts:
        counts[counts.index(max(counts))] -= 1
        counts[counts.index(0)] += 1
    train, val, test = counts
    return train, val, test


def _class_proportions(stratum: str) -> list[int]:
    label = stratum.partition("-")[0]
    rows = [counts for name, counts in TABLE_1.items() if name.startswith(label)]
    return [sum(column) for column in zip(*rows, strict=True)]


def stable_order(records: Sequence[Record]) -> list[int]:
    """Return the indices that sort the records by path below their common folder, wherever that folder lies."""
    if not records:
        return []
    common = Path(os.path.commonpath([record.path.parent.absolute() for record in records]))
    names = [record.path.absolute().relative_to(common).as_posix() for record in records]
    return sorted(range(len(records)), key=names.__getitem__)

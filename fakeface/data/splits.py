"""Which photographs train, validate and test: the report's draw, a manifest's column, whole source groups or sources.

A source is where photographs come from; a source group is what few photographs show, see ``Record``.
"""

import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import SPLITS, Record, with_splits
from fakeface.errors import UserError

TABLE_1 = {
    "real": (720, 61, 300),
    "fake-easy": (158, 26, 56),
    "fake-mid": (324, 54, 102),
    "fake-hard": (157, 30, 53),
}
"""Images per stratum in train, val and test: Table 1 of the report."""

_ATTEMPTS = 20
"""Draws of a grouped split; CIPLAB, most of whose groups are one image, needs one."""


def manifest_split(records: Sequence[Record]) -> list[Record]:
    """Return the records as they are, once it is sure that each has its split.

    Raises:
        UserError: When a record has none.
    """
    mend = f" with {', '.join(SPLITS)}, or have it drawn with `fakeface data index`"
    check_filled(records, "split", "split", mend)
    return list(records)


def check_filled(records: Sequence[Record], column: str, meaning: str, mend: str) -> None:
    """Refuse records that lack a value of a manifest's column; the mend follows the column's name."""
    missing = [record.path for record in records if not getattr(record, column)]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(records)} images have no {meaning}, the first is {missing[0]}: fill the "
            f"manifest's column {column!r}{mend}"
        )


def paper_split(records: Sequence[Record], seed: int) -> list[Record]:
    """Draw Table 1 of the report: at random within each stratum, whatever the source photographs.

    The result depends on the seed and the files' names below their common folder, not on the order of the records nor
    on where the folder lies.

    Returns:
        The records in their order with ``split`` set. Strata of other sizes than the table's keep its proportions;
        three images are enough for one in each split.
    """
    generator = np.random.default_rng(seed)
    strata = members_by(records, [record.stratum for record in records])
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
    rows = [counts for name, counts in TABLE_1.items() if name.startswith(stratum.partition("-")[0])]
    proportions = TABLE_1.get(stratum) or [sum(column) for column in zip(*rows, strict=True)]
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


def members_by(records: Sequence[Record], keys: Sequence[Any]) -> dict[Any, list[int]]:
    """Return the indices of the records that share a key, all sorted by path below the records' common folder.

    So their order depends neither on that of the records, nor on where the folder lies, nor on the keys.
    """
    if not records:
        return {}
    common = Path(os.path.commonpath([record.path.parent.absolute() for record in records]))
    names = [record.path.absolute().relative_to(common).as_posix() for record in records]
    members: dict[Any, list[int]] = defaultdict(list)
    for index in sorted(range(len(records)), key=names.__getitem__):
        members[keys[index]].append(index)
    return members


def grouped_split(records: Sequence[Record], seed: int) -> list[Record]:
    """Draw Table 1's proportions with every source group on one side.

    Returns:
        The records in their order with ``split`` set. The counts are those of ``paper_split`` wherever the groups
        allow it, else the nearest of some attempts.

    Raises:
        UserError: When a record has no group, or there are fewer groups than splits.
    """
    groups = _members_of_groups(records)
    if len(groups) < len(SPLITS):
        raise UserError(
            f"{len(groups)} source groups cannot fill {', '.join(SPLITS)}: bring photographs of at least "
            f"{len(SPLITS)} sources, or use --split paper"
        )
    strata = sorted({record.stratum for record in records})
    columns = np.array([strata.index(record.stratum) for record in records])
    sizes = np.bincount(columns, minlength=len(strata))
    wanted = np.array([split_counts(stratum, size) for stratum, size in zip(strata, sizes.tolist(), strict=True)]).T
    holds = np.array([np.bincount(columns[members], minlength=len(strata)) for members in groups])
    generator = np.random.default_rng(seed)
    attempts = (_assign_groups(holds, wanted, generator) for _ in range(_ATTEMPTS))
    chosen, deviation = next(attempts)
    while deviation and (attempt := next(attempts, None)) is not None:
        chosen, deviation = min((chosen, deviation), attempt, key=lambda one: one[1])
    return with_splits(records, [SPLITS[split] for split in of_records(groups, chosen)])


def of_records(groups: Sequence[Sequence[int]], chosen: Sequence[int]) -> list[int]:
    """Return for each record what was chosen for its group."""
    part_of = {index: part for members, part in zip(groups, chosen, strict=True) for index in members}
    return [part_of[index] for index in range(len(part_of))]


def _assign_groups(
    holds: NDArray[np.int64], wanted: NDArray[np.int64], generator: np.random.Generator
) -> tuple[list[int], int]:
    """Give each group to a split with room for it, the large ones first, since the small ones fill what remains.

    ``StratifiedGroupKFold`` gives all strata the same shares, which Table 1 does not: put together from its folds, a
    split of CIPLAB misses up to 24 photographs of a stratum, and this none.

    Args:
        holds: Images of each stratum in each group, ``(G, S)``.
        wanted: Images of each stratum that each split should have, ``(3, S)``.
        generator: Draws among the splits, in proportion to their room.

    Returns:
        The split of each group, and by how many images the counts differ from those wanted at most.
    """
    room = wanted.copy()
    chosen = np.zeros(len(holds), dtype=np.int64)
    shuffled = generator.permutation(len(holds))
    for group in shuffled[np.argsort(-holds[shuffled].sum(axis=1), kind="stable")]:
        excess = np.maximum(holds[group] - room, 0).sum(axis=1)
        weight = np.where(excess == excess.min(), np.maximum(room, 0) @ holds[group] + 1e-9, 0)
        split = int(generator.choice(len(room), p=weight / weight.sum()))
        chosen[group] = split
        room[split] -= holds[group]
    move_groups(holds, room, chosen)
    return chosen.tolist(), int(np.abs(room).max())


def move_groups(holds: NDArray[Any], room: NDArray[Any], chosen: NDArray[np.int64]) -> None:
    """Move one group at a time as long as that brings the counts nearer to those wanted, by their squares."""
    groups = np.arange(len(holds))
    while True:
        gain = holds @ room.T
        change = gain[groups, chosen][:, np.newaxis] - gain + (holds**2).sum(axis=1, keepdims=True)
        change[groups, chosen] = 0
        group, split = np.unravel_index(change.argmin(), change.shape)
        if change[group, split] > -1e-9:
            return
        room[chosen[group]] += holds[group]
        room[split] -= holds[group]
        chosen[group] = split


def folds(records: Sequence[Record], number: int, seed: int) -> list[list[Record]]:
    """Divide the records into folds that hold whole source groups and the same share of every stratum.

    Args:
        records: Each with its group.
        number: How many folds, at least 3.
        seed: Decides which groups come together.

    Returns:
        For each fold all records in their order: the fold itself is ``test``, the next one ``val``, the others are
        ``train``. So every image is tested once, and none is tested by a network that was chosen on its group.

    Raises:
        UserError: When a record has no group, or there are fewer than 3 folds or too few images for so many.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # Slow to import, and only this function needs it.

    groups = _members_of_groups(records)
    order = [index for members in groups for index in members]
    strata = [records[index].stratum for index in order]
    most = min(len(groups), max(Counter(strata).values(), default=0))
    if not 3 <= number <= most:
        images = f"{len(records)} images from {len(groups)} sources"
        raise UserError(
            f"{images} cannot make {number} folds for training, validation and test: choose from 3 to {most}"
            if most >= 3
            else f"{images} are too few for folds: bring more, or use --split paper"
        )
    names = np.repeat(np.arange(len(groups)), [len(members) for members in groups])
    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    fold_of = np.zeros(len(records), dtype=np.int64)
    with warnings.catch_warnings():
        # A stratum with fewer images than folds is missing from some, which the counts show.
        warnings.filterwarnings("ignore", message="The least populated class")
        for fold, (_, tested) in enumerate(splitter.split(order, strata, names)):
            fold_of[np.array(order)[tested]] = fold
    return as_folds(records, fold_of.tolist(), number)


def as_folds(records: Sequence[Record], fold_of: Sequence[int], number: int) -> list[list[Record]]:
    """Return the folds of records that each have one as their own: it tests there, and validates in the one before."""
    roles = ["test", "val", *["train"] * (number - 2)]
    return [with_splits(records, [roles[(own - fold) % number] for own in fold_of]) for fold in range(number)]


def _members_of_groups(records: Sequence[Record]) -> list[list[int]]:
    check_filled(records, "group", "source group", ", or remove it and have the groups found")
    return list(members_by(records, [record.group for record in records]).values())

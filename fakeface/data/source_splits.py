"""Splits and folds that leave whole sources out."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fakeface.data.records import LABEL_NAMES, SPLITS, Record, with_splits
from fakeface.data.splits import as_folds, check_filled, members_by, move_groups, of_records
from fakeface.errors import UserError

SOURCE_SHARES = (0.6, 0.2, 0.2)
"""Shares of train, val and test where whole sources are left out, which Table 1's small validation could not hold."""

_SOURCE_ATTEMPTS = 500
"""Beginnings of a split of sources, which are few and of very different sizes, so that most lead nowhere."""


def source_split(records: Sequence[Record], seed: int) -> list[Record]:
    """Leave whole sources out: about ``SOURCE_SHARES`` of each class and kind train, validate and test.

    Sources that have a source group in common stay together.

    Returns:
        The records in their order with ``split`` set.

    Raises:
        UserError: When a record has no source, or there are too few for both classes in every split.
    """
    return with_splits(records, [SPLITS[part] for part in _share_out_sources(records, SOURCE_SHARES, seed)])


def source_folds(records: Sequence[Record], number: int, seed: int) -> list[list[Record]]:
    """Divide the records into folds of whole sources, see ``folds`` and ``source_split``.

    Raises:
        UserError: When a record has no source, or there are fewer than 3 folds, or too few sources for so many.
    """
    if number < 3:
        raise UserError(f"{number} folds are too few for training, validation and test: choose 3 or more")
    return as_folds(records, _share_out_sources(records, [1 / number] * number, seed), number)


def _share_out_sources(records: Sequence[Record], shares: Sequence[float], seed: int) -> list[int]:
    """Return the part of each record: whole sources, as near the shares of each class and kind as found."""
    sources = _members_of_sources(records)
    rows = []
    for members in sources:
        classes = [LABEL_NAMES[records[index].label] for index in members]
        kinds = [f"{label} {records[index].kind}" for label, index in zip(classes, members, strict=True)]
        rows.append(Counter([*classes, *kinds]))
    columns = [*LABEL_NAMES, *sorted({name for row in rows for name in row}.difference(LABEL_NAMES))]
    counts = np.array([[row[name] for name in columns] for row in rows], dtype=np.float64)
    holds, wanted = counts / np.maximum(1, counts.sum(axis=0)), np.outer(shares, np.ones(len(columns)))
    generator = np.random.default_rng(seed)
    best: list[int] = []
    least = np.inf
    for _ in range(_SOURCE_ATTEMPTS):
        drawn = generator.choice(len(shares), size=len(sources), p=shares)
        moved = drawn.copy()
        move_groups(holds, wanted - _sums(holds, drawn, len(shares)), moved)
        # The best shares may leave a part without a class that has few sources; then a draw will have to do.
        for parts in (moved, drawn):
            without = np.sum(_sums(counts, parts, len(shares))[:, : len(LABEL_NAMES)] == 0)
            fault = 1000 * without + float(((wanted - _sums(holds, parts, len(shares))) ** 2).sum())
            if fault < least:
                best, least = parts.tolist(), fault
    if least >= 1000:
        found = " and ".join(
            f"{np.sum(counts[:, label] > 0)} hold {name} ones" for label, name in enumerate(LABEL_NAMES)
        )
        raise UserError(
            f"{len(sources)} sources cannot give each of {len(shares)} parts real and fake photographs ({found}): "
            f"bring more sources, or choose fewer folds"
        )
    return of_records(sources, best)


def _sums(values: NDArray[np.float64], part: NDArray[np.int64], number: int) -> NDArray[np.float64]:
    """Sum the rows ``(N, S)`` of each part, ``(number, S)``."""
    sums = np.zeros((number, values.shape[1]))
    np.add.at(sums, part, values)
    return sums


def _members_of_sources(records: Sequence[Record]) -> list[list[int]]:
    """The indices of each source; sources that have a source group in common are one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    check_filled(records, "source", "source", " with where each comes from")
    names, source = np.unique([record.source for record in records], return_inverse=True)
    clusters, cluster = np.unique([record.cluster for record in records], return_inverse=True)
    nodes = len(names) + len(clusters)
    graph = coo_array((np.ones(len(records)), (source, len(names) + cluster)), shape=(nodes, nodes))
    return list(members_by(records, connected_components(graph, directed=False)[1][source]).values())

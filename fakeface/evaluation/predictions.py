"""The table of a run's predictions: one row per photograph, from which every result is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeface.data.manifest import (
    SCORE_COLUMN,
    check_columns,
    check_repeats,
    columns_of,
    record_from_row,
    row_from_record,
)
from fakeface.data.records import Record
from fakeface.data.tables import read_table, write_table
from fakeface.errors import UserError


@dataclass(frozen=True, eq=False)
class Predictions:
    """Photographs, what is known of them, and the score that a network gave each.

    Attributes:
        records: The photographs.
        score: Probability of fake as the network gives it, before any calibration, 0 to 1, ``(N,)``.

    Raises:
        UserError: When a score is no probability.
    """

    records: Sequence[Record]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.score.shape != (len(self.records),):
            raise ValueError(f"{len(self.records)} records but scores of shape {self.score.shape}")
        wrong = np.flatnonzero(~((self.score >= 0) & (self.score <= 1)))
        if wrong.size:
            raise UserError(
                f"the score of {self.path[wrong[0]]} is {self.score[wrong[0]]}, not a probability: the network has "
                f"probably diverged: train it again with a lower learning rate"
            )

    def __len__(self) -> int:
        return len(self.records)

    @classmethod
    def from_records(cls, records: Sequence[Record], scores: ArrayLike) -> "Predictions":
        """Put records and their scores, in the same order, into one table."""
        return cls(records, np.asarray(scores, dtype=np.float64))

    @cached_property
    def label(self) -> NDArray[np.int64]:
        """0 for real, 1 for fake, ``(N,)``."""
        return np.array([record.label for record in self.records], dtype=np.int64)

    @cached_property
    def path(self) -> NDArray[np.str_]:
        """Names of the files, ``(N,)``."""
        return np.array([str(record.path) for record in self.records], dtype=np.str_)

    @cached_property
    def group(self) -> NDArray[np.str_]:
        """Source groups, "" where unknown, ``(N,)``."""
        return np.array([record.group for record in self.records], dtype=np.str_)

    @cached_property
    def cluster(self) -> NDArray[np.str_]:
        """As in ``Record``: photographs of different clusters are independent, ``(N,)``."""
        return np.array([record.cluster for record in self.records], dtype=np.str_)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Predictions":
        """Return the rows of a mask ``(N,)``, or those with the given indices in their order."""
        numbers = np.arange(len(self))[rows]
        return Predictions([self.records[number] for number in numbers], self.score[numbers])


def logits(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of probabilities; 0 and 1 become the finite ±36.7, the last that float64 tells from them."""
    last = 2.0**-53
    inner = np.clip(score, last, 1 - last)
    return np.asarray(np.log(inner) - np.log1p(-inner), dtype=np.float64)


def probabilities(log_odds: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of log odds; those of SciPy, which is slow to import."""
    return np.asarray(np.exp(-np.logaddexp(0, -np.asarray(log_odds, dtype=np.float64))), dtype=np.float64)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write a table as CSV; the scores read back bit for bit.

    Raises:
        UserError: When the file exists.
    """
    rows = [row_from_record(record) for record in predictions.records]
    columns = [name for name in columns_of(rows) if name != "split"]  # which is one and the same
    values = ([row.get(name, "") for name in columns] for row in rows)
    scored = ([*row, score] for row, score in zip(values, predictions.score.tolist(), strict=True))
    write_table(path, [*columns, SCORE_COLUMN], scored, "x")


def read_predictions(path: Path) -> Predictions:
    """Read the table that ``write_predictions`` wrote.

    Raises:
        UserError: Names the file, the row (counted from 1 at the header, as editors do) and the mend.
    """
    if not path.is_file():
        raise UserError(f"the predictions {path} do not exist: write them with `fakeface test --ckpt_path CKPT`")
    records: dict[int, Record] = {}
    scores = []
    for number, row in read_table(path, lambda names: check_columns(path, names, [SCORE_COLUMN])):
        where = f"{path}, row {number}"
        records[number] = record_from_row(where, row, Path())
        scores.append(_score(where, row[SCORE_COLUMN]))
    if not records:
        raise UserError(f"{path} lists no image: write it again with `fakeface test --ckpt_path CKPT`")
    check_repeats(path, records)
    return Predictions.from_records(list(records.values()), scores)


def _score(where: str, text: str) -> float:
    try:
        score = float(text)
    except ValueError as error:
        raise UserError(f"{where}: score is {text!r}: write a probability from 0 to 1") from error
    if not 0 <= score <= 1:
        raise UserError(f"{where}: score is {text}: write a probability from 0 to 1")
    return score

"""The table of a run's predictions: one row per photograph, from which every result is computed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from fakeface.data.records import DIFFICULTIES, LABEL_NAMES, Record
from fakeface.data.tables import read_table, write_table
from fakeface.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Photographs, what is known of them, and the score that a network gave each; all arrays ``(N,)``.

    Attributes:
        path: Names of the files.
        label: 0 for real, 1 for fake.
        difficulty: As in ``Record``, "" where there is none.
        regions: Four bits as in ``Record``, "" where unknown.
        group: Source group, "" where unknown.
        score: Probability of fake as the network gives it, before any calibration, 0 to 1.

    Raises:
        UserError: When a score is no probability.
    """

    path: NDArray[np.str_]
    label: NDArray[np.int64]
    difficulty: NDArray[np.str_]
    regions: NDArray[np.str_]
    group: NDArray[np.str_]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        wrong = np.flatnonzero(~((self.score >= 0) & (self.score <= 1)))
        if wrong.size:
            raise UserError(
                f"the score of {self.path[wrong[0]]} is {self.score[wrong[0]]}, not a probability: the network has "
                f"probably diverged: train it again with a lower learning rate"
            )

    def __len__(self) -> int:
        return len(self.path)

    @classmethod
    def from_records(cls, records: Sequence[Record], scores: ArrayLike) -> "Predictions":
        """Put records and their scores, in the same order, into one table."""
        score = np.asarray(scores, dtype=np.float64)
        if score.shape != (len(records),):
            raise ValueError(f"{len(records)} records but scores of shape {score.shape}")
        return cls(
            path=np.array([str(record.path) for record in records], dtype=np.str_),
            label=np.array([record.label for record in records], dtype=np.int64),
            difficulty=np.array([record.difficulty for record in records], dtype=np.str_),
            regions=np.array([record.regions for record in records], dtype=np.str_),
            group=np.array([record.group for record in records], dtype=np.str_),
            score=score,
        )

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Predictions":
        """Return the rows of a mask ``(N,)``, or those with the given indices in their order."""
        return Predictions(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


PREDICTION_COLUMNS = tuple(field.name for field in fields(Predictions))


def logits(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of probabilities; 0 and 1 become the finite ±36.7, the last that float64 tells from them."""
    last = 2.0**-53
    return np.asarray(logit(np.clip(score, last, 1 - last)), dtype=np.float64)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write a table as CSV; the scores read back bit for bit.

    Raises:
        UserError: When the file exists.
    """
    columns = [getattr(predictions, name).tolist() for name in PREDICTION_COLUMNS]
    columns[PREDICTION_COLUMNS.index("label")] = [LABEL_NAMES[label] for label in predictions.label]
    write_table(path, PREDICTION_COLUMNS, zip(*columns, strict=True), "x")


def read_predictions(path: Path) -> Predictions:
    """Read the table that ``write_predictions`` wrote.

    Raises:
        UserError: Names the file, the row (counted from 1 at the header, as editors do) and the mend.
    """
    if not path.is_file():
        raise UserError(f"the predictions {path} do not exist: write them with `fakeface test --ckpt_path CKPT`")

    def check_header(names: Sequence[str]) -> None:
        if sorted(names) != sorted(PREDICTION_COLUMNS):
            raise UserError(f"{path}, row 1: the header must name the columns {','.join(PREDICTION_COLUMNS)}")

    rows = list(read_table(path, check_header))
    if not rows:
        raise UserError(f"{path} lists no image: write it again with `fakeface test --ckpt_path CKPT`")
    scores = []
    first_rows: dict[str, int] = {}
    for number, row in rows:
        scores.append(_check_row(f"{path}, row {number}", row))
        first = first_rows.setdefault(row["path"], number)
        if first != number:
            raise UserError(f"{path}, row {number}: {row['path']} is already in row {first}: remove one of them")

    def text(column: str) -> NDArray[np.str_]:
        return np.array([row[column] for _, row in rows], dtype=np.str_)

    return Predictions(
        path=text("path"),
        label=np.array([LABEL_NAMES.index(row["label"]) for _, row in rows], dtype=np.int64),
        difficulty=text("difficulty"),
        regions=text("regions"),
        group=text("group"),
        score=np.array(scores, dtype=np.float64),
    )


def _check_row(where: str, row: dict[str, str]) -> float:
    """Return the score of a row, or say what is wrong with the row."""
    if row["label"] not in LABEL_NAMES:
        raise UserError(f"{where}: label is {row['label']!r}: write real or fake")
    if row["difficulty"] not in ("", *DIFFICULTIES):
        raise UserError(f"{where}: difficulty is {row['difficulty']!r}: write {', '.join(DIFFICULTIES)} or nothing")
    if not re.fullmatch("([01]{4})?", row["regions"]):
        raise UserError(f"{where}: regions is {row['regions']!r}: write four bits such as 0011, or nothing")
    try:
        score = float(row["score"])
    except ValueError as error:
        raise UserError(f"{where}: score is {row['score']!r}: write a probability from 0 to 1") from error
    if not 0 <= score <= 1:
        raise UserError(f"{where}: score is {row['score']}: write a probability from 0 to 1")
    return score

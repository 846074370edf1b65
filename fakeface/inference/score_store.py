"""The scores of an unfinished run on disk, so that it can be killed at any moment and continued.

Beside the result ``OUT`` there is a folder ``OUT.unfinished`` while the run lasts, with one SQLite database per process
and ``done.sqlite``, which takes in the others when a run starts and when it ends. It is put in order there, so that
neither the order of the files on disk nor the number of processes shows in the result.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from fakeface.errors import UserError
from fakeface.inference.sources import Photograph
from fakeface.inference.verdicts import Reason, Verdict

COMMIT_SECONDS = 1.0
"""A killed run loses at most the work of this time."""

DONE = "done.sqlite"

_TABLES = """
CREATE TABLE IF NOT EXISTS scores (
    path BLOB PRIMARY KEY, source INTEGER, position INTEGER, verdict TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS detector (fingerprint TEXT);
"""


class ScoreStore:
    """A database of verdicts, each path once; a context manager, which commits at its end, whatever happens.

    Args:
        file: The database; it is made if missing.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.executescript(_TABLES)
        self._last_commit = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.commit()
        self._connection.close()

    def __contains__(self, path: Path) -> bool:
        query = "SELECT 1 FROM scores WHERE path = ?"
        return self._connection.execute(query, (os.fsencode(path),)).fetchone() is not None

    def __len__(self) -> int:
        count: int = self._connection.execute("SELECT count(*) FROM scores").fetchone()[0]
        return count

    def add(self, photograph: Photograph, verdict: Verdict) -> None:
        """Store a verdict; the first one for a path counts."""
        content = asdict(verdict) | {"columns": photograph.columns}
        del content["path"]
        row = (os.fsencode(photograph.path), photograph.source, photograph.position, json.dumps(content))
        self._connection.execute("INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?)", row)
        if time.monotonic() > self._last_commit + COMMIT_SECONDS:
            self._connection.commit()
            self._last_commit = time.monotonic()

    def verdicts(self) -> Iterator[tuple[Verdict, dict[str, str]]]:
        """Yield all verdicts, and what a manifest said of each file, in the order of sources, lines and paths."""
        rows = self._connection.execute("SELECT path, verdict FROM scores ORDER BY source, position, path")
        for path, content in rows:
            values = json.loads(content)
            columns = values.pop("columns")
            yield Verdict.from_dict(Path(os.fsdecode(path)), values), columns

    def counts(self) -> dict[str | None, int]:
        """Return how many photographs got each verdict; None stands for those that could not be read."""
        query = "SELECT json_extract(verdict, '$.verdict') AS name, count(*) FROM scores GROUP BY name"
        return dict(self._connection.execute(query))

    def count_reason(self, reason: Reason) -> int:
        """Return how many photographs have a reason beside their verdict."""
        query = "SELECT count(*) FROM scores WHERE json_extract(verdict, '$.reason') = ?"
        count: int = self._connection.execute(query, (reason,)).fetchone()[0]
        return count

    def take_in(self, file: Path) -> None:
        """Move the rows of another database here and delete it."""
        with closing(sqlite3.connect(file)) as other:
            other.executescript(_TABLES)
            rows: Iterator[Any] = other.execute("SELECT * FROM scores")
            self._connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?)", rows)
        self._connection.commit()
        file.unlink()

    def claim(self, fingerprint: str) -> bool:
        """Make the database that of a detector and its sources; return whether it is: it may be others' already."""
        stored = self._connection.execute("SELECT fingerprint FROM detector").fetchone()
        if stored is None:
            self._connection.execute("INSERT INTO detector VALUES (?)", (fingerprint,))
            self._connection.commit()
        return stored is None or bool(stored[0] == fingerprint)


def unfinished_folder(out: Path) -> Path:
    """Return where the scores of an unfinished run are."""
    return out.with_name(f"{out.name}.unfinished")


def gather(folder: Path, fingerprint: str) -> ScoreStore:
    """Open ``done.sqlite`` of a folder after it has taken in the databases of all processes; only one process may.

    Raises:
        UserError: When the scores are those of another detector or of other sources.
    """
    done = ScoreStore(folder / DONE)
    if not done.claim(fingerprint):
        raise UserError(
            f"{folder} holds the scores of an unfinished run with another --ckpt_path or --source: finish that run "
            f"with the same command, delete the folder, or choose another --out"
        )
    for file in sorted(folder.glob("process-*.sqlite")):
        done.take_in(file)
    return done


def process_file(folder: Path, rank: int) -> Path:
    """Return the database of one process."""
    return folder / f"process-{rank}.sqlite"

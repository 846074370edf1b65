"""The result of a prediction as a table in a file: CSV, JSON lines or Parquet, by its ending."""

import csv
import importlib.util
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from fakeface.data.images import printable
from fakeface.errors import UserError
from fakeface.inference.detector import Verdict

ROWS_PER_GROUP = 10_000
"""Rows of a Parquet file that are in memory at once."""

Row = dict[str, str | float | None]


def check_ending(path: Path) -> None:
    """Check that scores can be written to a file of this name.

    Raises:
        UserError: When the ending is unknown, or needs a package that is not installed.
    """
    if path.suffix not in _WRITERS:
        raise UserError(f"{path} ends in none of {', '.join(_WRITERS)}: choose one of them for --out")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UserError(f"{path} needs pyarrow, which is not installed: pip install 'fakeface[parquet]', or write .csv")


def write_scores(path: Path, verdicts: Iterable[Verdict], regions: Sequence[str], ending: str) -> None:
    """Write one row per verdict: ``path``, ``verdict``, ``probability``, one column per region, ``error``.

    Args:
        path: The file.
        verdicts: Taken one by one.
        regions: Names of the regions that the network scores.
        ending: ``.csv``, ``.jsonl`` or ``.parquet``.
    """
    _WRITERS[ending](path, (_row(verdict, regions) for verdict in verdicts), columns(regions))


def columns(regions: Sequence[str]) -> list[str]:
    """Return the names of the columns."""
    return ["path", "verdict", "probability", *regions, "error"]


def _row(verdict: Verdict, regions: Sequence[str]) -> Row:
    scores = verdict.regions or dict.fromkeys(regions)
    return {
        "path": "" if verdict.path is None else printable(verdict.path),
        "verdict": verdict.verdict,
        "probability": verdict.probability,
        **{region: scores[region] for region in regions},
        "error": verdict.error,
    }


def _write_csv(path: Path, rows: Iterator[Row], names: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_json_lines(path: Path, rows: Iterator[Row], names: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_parquet(path: Path, rows: Iterator[Row], names: Sequence[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    text = {"path", "verdict", "error"}
    schema = pyarrow.schema([(name, pyarrow.string() if name in text else pyarrow.float64()) for name in names])
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, ROWS_PER_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


_WRITERS = {".csv": _write_csv, ".jsonl": _write_json_lines, ".parquet": _write_parquet}

"""The result of a prediction as a table in a file: CSV, JSON lines or Parquet, by its ending."""

import csv
import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from fakeface.data.images import printable
from fakeface.errors import UserError
from fakeface.inference.verdicts import FaceVerdict, Verdict

ROWS_PER_GROUP = 10_000
"""Rows of a Parquet file that are in memory at once."""

_FACE = {
    **{"face": int, "face_verdict": str, "face_probability": float, "confidence": float},
    **dict.fromkeys(("left", "top", "right", "bottom"), int),
}
_JUDGED = ("suspected_kind", "reason")

Row = dict[str, Any]
Judged = tuple[Verdict, Mapping[str, str]]


def check_ending(path: Path) -> None:
    """Check that scores can be written to a file of this name.

    Raises:
        UserError: When the ending is unknown, or needs a package that is not installed.
    """
    if path.suffix not in _WRITERS:
        raise UserError(f"{path} ends in none of {', '.join(_WRITERS)}: choose one of them for --out")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UserError(f"{path} needs pyarrow, which is not installed: pip install 'fakeface[parquet]', or write .csv")


def write_scores(
    path: Path, verdicts: Iterable[Judged], regions: Sequence[str], ending: str, carried: Sequence[str] = ()
) -> None:
    """Write verdicts: tables have a row for each face, JSON lines an object for each photograph with its faces within.

    Args:
        path: The file.
        verdicts: Each with what a manifest says of its file, by column; taken one by one.
        regions: Names of the regions that the network scores.
        ending: ``.csv``, ``.jsonl`` or ``.parquet``.
        carried: Columns of manifests, which follow the result's own; those of one's name give way to it.
    """
    columns: dict[str, type] = {"path": str, "verdict": str, "probability": float, "faces": int, **_FACE}
    columns |= dict.fromkeys(_JUDGED, str) | dict.fromkeys(regions, float) | {"error": str}
    others = [name for name in carried if name not in columns]
    to_rows, write = _WRITERS[ending]
    rows = (row | {name: said.get(name) for name in others} for one, said in verdicts for row in to_rows(one, regions))
    write(path, columns | dict.fromkeys(others, str), rows)


def _row_per_face(verdict: Verdict, regions: Sequence[str]) -> Iterator[Row]:
    """Yield a row for each face, or one for a photograph without any or that is judged as a whole."""
    start = {**_start(verdict), "faces": verdict.face_count}
    end = {"error": verdict.error}
    if not verdict.faces:
        yield start | dict.fromkeys(_FACE) | _scores(verdict, regions) | end
    for number, face in enumerate(verdict.faces or (), start=1):
        values = (number, face.verdict, face.probability, face.confidence, *face.box)
        yield start | dict(zip(_FACE, values, strict=True)) | _scores(face, regions) | end


def _row_with_faces(verdict: Verdict, regions: Sequence[str]) -> Iterator[Row]:
    """Yield the photograph, whose faces are a list within it."""
    faces = (
        None
        if verdict.faces is None
        else [
            {name: getattr(face, name) for name in ("box", "confidence", "verdict", "probability")}
            | _scores(face, regions)
            for face in verdict.faces
        ]
    )
    yield (
        _start(verdict)
        | _scores(verdict, regions)
        | {
            "faces": faces,
            "face_count": verdict.face_count,
            "error": verdict.error,
        }
    )


def _start(verdict: Verdict) -> Row:
    path = "" if verdict.path is None else printable(verdict.path)
    return {"path": path, "verdict": verdict.verdict, "probability": verdict.probability}


def _scores(judged: Verdict | FaceVerdict, regions: Sequence[str]) -> Row:
    scores = judged.regions or dict.fromkeys(regions)
    said = dict(zip(_JUDGED, (judged.kind, judged.reason), strict=True))
    return {**said, **{region: scores[region] for region in regions}}


def _write_csv(path: Path, columns: Mapping[str, type], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_json_lines(path: Path, columns: Mapping[str, type], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_parquet(path: Path, columns: Mapping[str, type], rows: Iterable[Row]) -> None:
    import pyarrow
    from pyarrow import parquet

    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    ahead = iter(rows)
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(ahead, ROWS_PER_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


_WRITERS = {
    ".csv": (_row_per_face, _write_csv),
    ".jsonl": (_row_with_faces, _write_json_lines),
    ".parquet": (_row_per_face, _write_parquet),
}

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

_TEXT = ("path", "verdict", "face_verdict", "suspected_kind", "reason", "error")
_WHOLE_NUMBERS = ("faces", "face", "left", "top", "right", "bottom")
_FACE = ("face", "face_verdict", "face_probability", "confidence", "left", "top", "right", "bottom")

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
    own = _columns(regions)
    _WRITERS[ending](path, verdicts, regions, [name for name in carried if name not in own])


def _columns(regions: Sequence[str]) -> list[str]:
    return ["path", "verdict", "probability", "faces", *_FACE, *_JUDGED, *regions, "error"]


def _carried(columns: Mapping[str, str], names: Sequence[str]) -> Row:
    return {name: columns.get(name) for name in names}


def _rows(verdicts: Iterable[Judged], regions: Sequence[str], carried: Sequence[str]) -> Iterator[Row]:
    """Yield a row for each face, and one for a photograph without any or that is judged as a whole."""
    for verdict, columns in verdicts:
        end = {"error": verdict.error, **_carried(columns, carried)}
        start = {**_start(verdict), "faces": verdict.face_count}
        if not verdict.faces:
            yield start | dict.fromkeys(_FACE) | _scores(verdict, regions) | end
        for number, face in enumerate(verdict.faces or (), start=1):
            left, top, right, bottom = face.box
            values = (number, face.verdict, face.probability, face.confidence, left, top, right, bottom)
            yield start | dict(zip(_FACE, values, strict=True)) | _scores(face, regions) | end


def _objects(verdicts: Iterable[Judged], regions: Sequence[str], carried: Sequence[str]) -> Iterator[Row]:
    """Yield an object for each photograph, whose faces are a list within it."""
    for verdict, columns in verdicts:
        faces = None if verdict.faces is None else [_object(face, regions) for face in verdict.faces]
        end = {
            "faces": faces,
            "face_count": verdict.face_count,
            "error": verdict.error,
            **_carried(columns, carried),
        }
        yield _start(verdict) | _scores(verdict, regions) | end


def _object(face: FaceVerdict, regions: Sequence[str]) -> Row:
    start = {"box": face.box, "confidence": face.confidence, "verdict": face.verdict, "probability": face.probability}
    return start | _scores(face, regions)


def _start(verdict: Verdict) -> Row:
    path = "" if verdict.path is None else printable(verdict.path)
    return {"path": path, "verdict": verdict.verdict, "probability": verdict.probability}


def _scores(judged: Verdict | FaceVerdict, regions: Sequence[str]) -> Row:
    scores = judged.regions or dict.fromkeys(regions)
    said = dict(zip(_JUDGED, (judged.kind, judged.reason), strict=True))
    return {**said, **{region: scores[region] for region in regions}}


def _write_csv(path: Path, verdicts: Iterable[Judged], regions: Sequence[str], carried: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*_columns(regions), *carried], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(verdicts, regions, carried))


def _write_json_lines(path: Path, verdicts: Iterable[Judged], regions: Sequence[str], carried: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _objects(verdicts, regions, carried))


def _write_parquet(path: Path, verdicts: Iterable[Judged], regions: Sequence[str], carried: Sequence[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    kinds = dict.fromkeys((*_TEXT, *carried), pyarrow.string()) | dict.fromkeys(_WHOLE_NUMBERS, pyarrow.int64())
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in (*_columns(regions), *carried)])
    rows = _rows(verdicts, regions, carried)
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, ROWS_PER_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


_WRITERS = {".csv": _write_csv, ".jsonl": _write_json_lines, ".parquet": _write_parquet}

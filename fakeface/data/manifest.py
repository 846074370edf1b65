"""Manifests: tables of photographs, read into records and written from them."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path

from fakeface.data.photograph_names import ARCHIVE_SUFFIXES
from fakeface.data.records import DIFFICULTIES, FAKE, LABEL_NAMES, REAL, REGIONS, SPLITS, Record
from fakeface.data.tables import read_table, write_table
from fakeface.errors import UserError

MANIFEST_COLUMNS = tuple(field.name for field in fields(Record) if field.name != "others")

SCORE_COLUMN = "score"
"""What a table of predictions has beside the columns of a manifest, none of which may have its name."""


def check_source(root: Path | None, manifest: Path | None) -> None:
    """Check that the folder or the manifest is there, which is cheap, before anything slow starts.

    Raises:
        UserError: When one is given and missing.
    """
    if manifest is not None and manifest.suffix.lower() in ARCHIVE_SUFFIXES and manifest.is_file():
        raise UserError(f"{manifest} is an archive: unpack it, and name the folder")
    if manifest is not None and not manifest.is_file():
        raise UserError(f"the manifest {manifest} does not exist: write one with `fakeface data index`")
    if root is not None and root.is_file():
        raise UserError(f"{root} is a file, not a folder: {file_in_place_of_a_folder(root)}")
    if root is not None and not root.is_dir():
        raise UserError(
            f"the data folder {root} does not exist: make a demo set with `fakeface data demo --out {root}`, "
            f"or bring the real one with `fakeface data download`"
        )


def file_in_place_of_a_folder(path: Path) -> str:
    """Return how to go on where a folder is wanted and a file was named."""
    if path.suffix.lower() in ARCHIVE_SUFFIXES:
        return "unpack the archive, and name the folder"
    return "name the folder, or pass a list of photographs as --data.manifest"


def read_manifest(manifest: Path, root: Path | None = None) -> list[Record]:
    """Read a manifest: a CSV with ``path,label``, optionally others of ``MANIFEST_COLUMNS``, and any of one's own.

    A real photograph has no difficulty: its field is empty or says ``real``, and no region of it is edited.

    Args:
        manifest: The file.
        root: The folder that relative paths start from; by default the manifest's own.

    Raises:
        UserError: Names the file, the row (counted from 1 at the header, as editors do) and the mend.
    """
    check_source(root, manifest)
    base = manifest.parent if root is None else root
    rows = {
        number: record_from_row(f"{manifest}, row {number}", row, base)
        for number, row in read_table(manifest, lambda names: check_columns(manifest, names), base)
    }
    if not rows:
        raise UserError(f"{manifest} lists no image: add one row per photograph below the header")
    check_repeats(manifest, rows)
    missing = [row for row, record in rows.items() if not os.path.exists(record.path)]  # noqa: PTH110 (never raises)
    if missing:
        first = rows[missing[0]].path
        strokes = ", and write / instead of \\" if "\\" in str(first) else ""
        raise UserError(
            f"{manifest}, row {missing[0]}: {first} does not exist ({len(missing)} of {len(rows)} files are missing): "
            f"pass the folder that the paths start from as --data.root, or correct the paths{strokes}"
        )
    return list(rows.values())


def check_columns(table: Path, names: Sequence[str], extra: Sequence[str] = ()) -> list[str]:
    """Check the header of a table of photographs: ``path`` and ``label`` are there, and no column is misspelt.

    Args:
        table: The file, for errors.
        names: Its columns.
        extra: Those that it must have beside a manifest's.

    Returns:
        The columns that are meant: ours may be written in capitals.

    Raises:
        UserError: When one is missing, seems to be misspelt, or is there twice.
    """
    ours = (*MANIFEST_COLUMNS, *extra)
    names = [name.lower() if name.lower() in ours else name for name in names]
    for required in ("path", "label", *extra):
        if required not in names:
            raise UserError(f"{table}, row 1: the column {required!r} is missing: the header must name it")
    for name in names:
        # Columns of somebody else's do no harm; one that is meant to be ours and is not read does.
        meant = [] if "_" in name else get_close_matches(name.strip().lower(), MANIFEST_COLUMNS, n=1, cutoff=0.8)
        if meant and name not in MANIFEST_COLUMNS:
            raise UserError(f"{table}, row 1: unknown column {name!r}: rename it to {meant[0]}, or else remove it")
        if name == SCORE_COLUMN and name not in extra:
            raise UserError(f"{table}, row 1: the column {name!r} is one of predictions: rename it, or remove it")
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise UserError(f"{table}, row 1: the column {repeated[0]!r} stands twice: remove one of them")
    return names


def record_from_row(where: str, row: Mapping[str, str], base: Path) -> Record:
    """Return the photograph that a row of a table describes.

    Args:
        where: Names the row, for errors.
        row: Its fields by column; ``path`` and ``label`` are among them.
        base: The folder that relative paths start from.

    Raises:
        UserError: When a field is wrong.
    """
    values = {name: value.strip() for name, value in row.items()}
    values |= {name: values[name].lower() for name in ("label", "difficulty", "split") if name in values}
    real = values["label"] == LABEL_NAMES[REAL]
    allowed: dict[str, Iterable[str]] = {
        "label": LABEL_NAMES,
        "difficulty": ("", LABEL_NAMES[REAL]) if real else ("", *DIFFICULTIES),
        "split": ("", *SPLITS),
    }
    for column, choices in allowed.items():
        if column in values and values[column] not in choices:
            named = ", ".join(choice or "nothing" for choice in choices)
            raise UserError(f"{where}: {column} is {row[column].strip()!r}: write one of {named}")
    regions = values.get("regions", "")
    if regions and not re.fullmatch("[01]{1,4}", regions):
        raise UserError(
            f"{where}: regions is {regions!r}: write four bits for left eye, right eye, nose and mouth, such as 0011"
        )
    return Record(
        path=base / values["path"],
        label=REAL if real else FAKE,
        difficulty="" if real else values.get("difficulty", ""),
        # A spreadsheet takes 0011 for a number, and writes 11.
        regions=regions.zfill(len(REGIONS)) if regions else "0000" if real else "",
        split=values.get("split", ""),
        group=values.get("group", ""),
        source=values.get("source", ""),
        kind=values.get("kind", ""),
        others=tuple((name, row[name]) for name in row if name not in (*MANIFEST_COLUMNS, SCORE_COLUMN)),
    )


def check_repeats(table: Path, records: Mapping[int, Record]) -> None:
    """Check that no two rows, given by their numbers, name one file.

    Raises:
        UserError: When two do.
    """
    rows: dict[Path, int] = {}
    for row, record in records.items():
        first = rows.setdefault(record.path, row)
        if first != row:
            raise UserError(f"{table}, row {row}: {record.path} is already in row {first}: remove one of them")


def write_manifest(manifest: Path, records: Iterable[Record], root: Path | None = None) -> None:
    """Write records as a manifest that ``read_manifest`` reads back.

    Args:
        manifest: The file to write; its folder is made.
        records: The rows, in order.
        root: Paths below this folder are written relative to it, others as absolute paths; by default all are absolute.
    """
    rows = []
    for record in records:
        path = record.path.absolute()
        if root is not None and path.is_relative_to(root.absolute()):
            path = path.relative_to(root.absolute())
        rows.append(row_from_record(replace(record, path=path)))
    columns = columns_of(rows)
    write_table(manifest, columns, ([row.get(name, "") for name in columns] for row in rows), "w")


def row_from_record(record: Record) -> dict[str, str]:
    """Return what ``record_from_row`` reads, by column."""
    fields = {name: str(getattr(record, name)) for name in MANIFEST_COLUMNS}
    return fields | {"path": record.path.as_posix(), "label": LABEL_NAMES[record.label]} | dict(record.others)


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns of ``MANIFEST_COLUMNS`` and all others of rows, which need not have the same."""
    return list(dict.fromkeys([*MANIFEST_COLUMNS, *(name for row in rows for name in row)]))

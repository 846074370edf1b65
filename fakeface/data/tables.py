"""Tables of photographs as CSV files: one row each, whose column ``path`` names the file.

A file name need not be UTF-8. Its bytes are written as they are, and read back as Python holds such names.
"""

import codecs
import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, TextIO

from fakeface.errors import UserError
from fakeface.folders import new_file

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], mode: Literal["w", "x"]) -> None:
    """Write a table; its folder is made.

    Args:
        path: The file.
        columns: Their names.
        rows: The fields of each row.
        mode: ``w`` takes the place of an earlier file.

    Raises:
        UserError: With mode ``x``, when the file exists.
    """
    if mode == "x" and path.exists():
        raise UserError(f"{path} exists already: move it away or write to another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")  # an earlier file stays until this one is whole
    with new_file(unfinished), unfinished.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    unfinished.replace(path)


def read_table(
    path: Path, check_header: Callable[[Sequence[str]], Sequence[str]], base: Path | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each row (counted from 1 at the first line, as editors do) and its fields by column.

    Tables are read as spreadsheets write them: with a byte-order mark, a line ``sep=;``, semicolons or tabs, Windows
    line ends, spaces around names and paths, and empty columns and rows at the end.

    Args:
        path: The file.
        check_header: Called with the names of the columns; returns those that are meant, or raises.
        base: The folder that paths start from; then a path that is not UTF-8 has to be that of a file, for the table
            may just as well be in another encoding.

    Raises:
        UserError: When the file is no CSV in UTF-8, or a row lacks a field or its path; names the row and the mend.
    """
    if path.suffix.lower() in _SPREADSHEETS:
        raise UserError(f"{path} is a spreadsheet's own file: save it as CSV in UTF-8, and name that one")
    try:
        with path.open("rb") as file:
            start = file.read(2)
        encoding = "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            yield from _read_rows(path, file, check_header, base)
    except (csv.Error, UnicodeError) as error:
        raise UserError(f"{path} is not a CSV file in UTF-8 ({error}): save it as one") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): allow it, or name another file") from error


def _read_rows(
    path: Path,
    file: TextIO,
    check_header: Callable[[Sequence[str]], Sequence[str]],
    base: Path | None,
) -> Iterator[tuple[int, dict[str, str]]]:
    first = file.readline()
    told = re.fullmatch('"?sep=(.)"?', first.strip(), re.IGNORECASE)
    header = file.readline() if told else first
    delimiter = told[1] if told else _delimiter(header)
    before = 1 if told else 0
    reader = csv.reader(chain([header], file), strict=True, delimiter=delimiter)
    names = [name.strip() for name in next(reader, [])]
    while names and not names[-1]:
        names.pop()
    columns = check_header(names)
    for fields in reader:
        number = before + reader.line_num
        where = f"{path}, row {number}"
        rest = fields[len(columns) :]
        if not any(field.strip() for field in fields):
            continue
        if len(fields) < len(columns) or any(field.strip() for field in rest):
            kind = _DELIMITERS.get(delimiter, repr(delimiter))
            raise UserError(
                f"{where}: the number of fields differs from the header's: quote a field that holds a {kind}"
            )
        row = dict(zip(columns, fields, strict=False))
        row["path"] = row["path"].strip()
        if not row["path"]:
            raise UserError(f"{where}: the path is empty: name the image file")
        for column, value in row.items():
            known = column == "path" and (base is None or os.path.exists(base / value))  # noqa: PTH110 (never raises)
            if _NOT_UTF8.search(value) and not known:
                raise csv.Error(f"row {number} holds other bytes")
        yield number, row


def _delimiter(header: str) -> str:
    """Return what stands between the columns: it makes the most of them, ``path`` among them if possible."""

    def rank(delimiter: str) -> tuple[bool, int]:
        names = [name.strip(" \"'\r\n").lower() for name in header.split(delimiter)]
        return "path" in names, len(names)

    return max(_DELIMITERS, key=rank)

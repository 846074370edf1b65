"""Tables of photographs as CSV files: one row each, whose column ``path`` names the file.

A file name need not be UTF-8. Its bytes are written as they are, and read back as Python holds such names.
"""

import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from fakeface.errors import UserError

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
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open(mode, encoding="utf-8", errors="surrogateescape", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
    except FileExistsError as error:
        raise UserError(f"{path} exists already: move it away or write to another folder") from error


def read_table(
    path: Path, check_header: Callable[[Sequence[str]], None], base: Path | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each row (counted from 1 at the header, as editors do) and its fields by column.

    Args:
        path: The file.
        check_header: Called with the names of the columns; raises where they are wrong.
        base: The folder that paths start from; then a path that is not UTF-8 has to be that of a file, for the table
            may just as well be in another encoding.

    Raises:
        UserError: When the file is no CSV in UTF-8, or a row lacks a field or its path; names the row and the mend.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            check_header(reader.fieldnames or [])
            for row in reader:
                where = f"{path}, row {reader.line_num}"
                if None in row or None in row.values():
                    raise UserError(
                        f"{where}: the number of fields differs from the header's: quote a field that holds a comma"
                    )
                if not row["path"].strip():
                    raise UserError(f"{where}: the path is empty: name the image file")
                for column, value in row.items():
                    if _NOT_UTF8.search(value) and not (column == "path" and _may_exist(value, base)):
                        raise csv.Error(f"row {reader.line_num} holds other bytes")
                yield reader.line_num, row
    except csv.Error as error:
        raise UserError(f"{path} is not a CSV file in UTF-8 ({error}): save it as one") from error


def _may_exist(name: str, base: Path | None) -> bool:
    return base is None or os.path.exists(base / name)  # noqa: PTH110 (never raises)

"""Which photographs are to be judged: files, folders, patterns, lists, manifests and standard input, one by one."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from fakeface.data.records import IMAGE_SUFFIXES, is_photograph_name
from fakeface.data.tables import read_table
from fakeface.errors import UserError

STANDARD_INPUT = "-"
LIST_SUFFIX, MANIFEST_SUFFIX = ".txt", ".csv"
FOLDER_SUFFIXES = (*IMAGE_SUFFIXES, ".gif")
"""What counts as a photograph in a folder; a file that is named itself may be called anything."""


class Photograph(NamedTuple):
    """A file to judge, and its place in the result.

    Attributes:
        source: Number of the source that names it.
        position: Its line in a list; 0 in folders and patterns, whose files are put in order by path.
        path: The file.
    """

    source: int
    position: int
    path: Path


def list_photographs(sources: Sequence[str]) -> Iterator[Photograph]:
    """Yield the photographs of all sources, without ever holding the names of all of them.

    A folder is searched with those below it. ``*.txt`` is a list with one path a line, ``*.csv`` a manifest with a
    column ``path``, whose paths start from its folder; ``-`` reads a list from standard input. A name that is no file
    is a pattern, where ``**`` stands for any number of folders. Any other file is a photograph.

    Raises:
        UserError: When a source cannot be read.
    """
    for number, source in enumerate(sources):
        yield from _list_source(number, source)


def check_sources(sources: Sequence[str]) -> None:
    """Check that every source names a photograph at least, which is cheap, before anything slow starts.

    Raises:
        UserError: When one does not.
    """
    for source in sources:
        if source == STANDARD_INPUT:
            continue
        if not Path(source).exists() and not glob.has_magic(source):
            raise UserError(f"{source} does not exist: name a photograph, a folder, a pattern, a list or a manifest")
        if next(_list_source(0, source), None) is None:
            raise UserError(f"{source} names no photograph: correct it, or leave it out")


def _list_source(number: int, source: str) -> Iterator[Photograph]:
    path = Path(source)
    if source == STANDARD_INPUT:
        for position, line in enumerate(_lines(sys.stdin.buffer)):
            yield Photograph(number, position, line)
    elif path.is_dir():
        for found in _search(path):
            yield Photograph(number, 0, found)
    elif path.suffix == LIST_SUFFIX and path.is_file():
        with path.open("rb") as file:
            for position, line in enumerate(_lines(file)):
                yield Photograph(number, position, line)
    elif path.suffix == MANIFEST_SUFFIX and path.is_file():
        for position, row in enumerate(_manifest_paths(path)):
            yield Photograph(number, position, row)
    elif path.exists():
        yield Photograph(number, 0, path)
    else:
        for name in glob.iglob(source, recursive=True):  # noqa: PTH207 (Path.glob cannot take absolute patterns)
            if not Path(name).is_dir():
                yield Photograph(number, 0, Path(name))


def _lines(file: Iterable[bytes]) -> Iterator[Path]:
    # Bytes, since file names need not be UTF-8.
    for line in file:
        name = line.rstrip(b"\r\n")
        if name:
            yield Path(os.fsdecode(name))


def _search(folder: Path) -> Iterator[Path]:
    # Not os.walk, which lists a folder in memory before it yields the first file.
    with ExitStack() as stack:
        try:
            entries = stack.enter_context(os.scandir(folder))
        except OSError as error:
            raise UserError(
                f"the folder {folder} cannot be read ({error.strerror}): allow it, or name others"
            ) from error
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _search(Path(entry.path))
            elif is_photograph_name(entry.name, FOLDER_SUFFIXES):
                yield Path(entry.path)


def _manifest_paths(manifest: Path) -> Iterator[Path]:
    def check_header(names: Sequence[str]) -> None:
        if "path" not in names:
            raise UserError(f"{manifest}, row 1: the column 'path' is missing: the header must name it")

    for _, row in read_table(manifest, check_header, manifest.parent):
        yield manifest.parent / row["path"]

"""Which photographs are to be judged: files, folders, patterns, lists, manifests and standard input, one by one."""

import codecs
import glob
import os
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fakeface.data.photograph_names import ARCHIVE_SUFFIXES, describe_left_out, is_photograph_name
from fakeface.data.tables import read_table
from fakeface.errors import UserError

STANDARD_INPUT = "-"
LIST_SUFFIX, MANIFEST_SUFFIXES = ".txt", (".csv", ".tsv")
MORE_SUFFIXES = (".gif",)
"""What else counts as a photograph in a folder; a file that is named itself may be called anything."""


class Photograph(NamedTuple):
    """A file to judge, and its place in the result.

    Attributes:
        source: Number of the source that names it.
        position: Its line in a list; 0 in folders and patterns, whose files are put in order by path.
        path: The file.
        columns: What a manifest says of it beside its path, by column.
    """

    source: int
    position: int
    path: Path
    columns: Mapping[str, str] = {}


def list_photographs(
    sources: Sequence[str], in_order: bool = False, left_out: Counter[str] | None = None
) -> Iterator[Photograph]:
    """Yield the photographs of all sources, without ever holding the names of all of them.

    A folder is searched with those below it and those that links lead to, each once; one of these that cannot be
    searched stands for what is in it. ``*.txt`` is a list with one path
    a line, ``*.csv`` a manifest with a column ``path``, whose paths start from its folder; ``-`` reads a list from
    standard input. A name that is no file is a pattern, where ``**`` stands for any number of folders. Any other file
    is a photograph.

    Args:
        sources: What is named.
        in_order: Put the files of a folder or pattern in order, which takes memory for their names.
        left_out: Counts the files in folders that are no photographs by their names, by ending.

    Raises:
        UserError: When a source cannot be read.
    """
    for number, source in enumerate(sources):
        listed = _list_source(number, source, Counter() if left_out is None else left_out)
        if in_order and not _is_list(source):
            listed = iter(sorted(listed, key=lambda photograph: os.fsencode(photograph.path)))
        yield from listed


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
        if Path(source).suffix.lower() in ARCHIVE_SUFFIXES and Path(source).is_file():
            raise UserError(f"{source} is an archive: unpack it, and name the folder")
        left_out = Counter[str]()
        if next(_list_source(0, source, left_out), None) is None:
            told = f" ({describe_left_out(left_out)})" if left_out else ""
            raise UserError(f"{source} names no photograph: correct it, or leave it out{told}")


def manifest_columns(sources: Sequence[str]) -> list[str]:
    """Return the columns of all manifests among the sources but their paths."""
    manifests = [Path(source) for source in sources if _is_list(source) and source.lower().endswith(MANIFEST_SUFFIXES)]
    rows = (next(_manifest_rows(manifest), {}) for manifest in manifests)
    return [name for name in dict.fromkeys(name for row in rows for name in row) if name != "path"]


def tell_left_out(left_out: Mapping[str, int]) -> None:
    """Say on stderr what ``list_photographs`` left out of folders, if anything."""
    if left_out:
        print(describe_left_out(left_out), file=sys.stderr)  # noqa: T201


def _is_list(source: str) -> bool:
    path = Path(source)
    return source == STANDARD_INPUT or (path.suffix.lower() in (LIST_SUFFIX, *MANIFEST_SUFFIXES) and path.is_file())


def _list_source(number: int, source: str, left_out: Counter[str]) -> Iterator[Photograph]:
    path = Path(source)
    if source == STANDARD_INPUT:
        for position, line in enumerate(_lines(sys.stdin.buffer)):
            yield Photograph(number, position, line)
    elif path.is_dir():
        for found in _search(path, left_out):
            yield Photograph(number, 0, found)
    elif path.suffix.lower() == LIST_SUFFIX and path.is_file():
        with path.open("rb") as file:
            for position, line in enumerate(_lines(file)):
                yield Photograph(number, position, line)
    elif path.suffix.lower() in MANIFEST_SUFFIXES and path.is_file():
        for position, row in enumerate(_manifest_rows(path)):
            yield Photograph(number, position, path.parent / row.pop("path"), row)
    elif path.exists():
        yield Photograph(number, 0, path)
    else:
        for name in glob.iglob(source, recursive=True):  # noqa: PTH207 (Path.glob cannot take absolute patterns)
            if not Path(name).is_dir():
                yield Photograph(number, 0, Path(name))


def _lines(file: Iterable[bytes]) -> Iterator[Path]:
    # Bytes, since file names need not be UTF-8.
    for number, line in enumerate(file):
        name = line.rstrip(b"\r\n").removeprefix(b"" if number else codecs.BOM_UTF8)
        # A name may begin and end with spaces and quotes; but if there is no such file, they are not meant.
        bare = name.strip().strip(b'"')
        if bare:
            yield Path(os.fsdecode(bare if bare != name and not os.path.exists(name) else name))  # noqa: PTH110


def _search(folder: Path, left_out: Counter[str]) -> Iterator[Path]:
    # Not os.walk, which lists a folder in memory before it yields the first file, and follows links in circles.
    seen: set[tuple[int, int]] = set()
    ahead, links = [folder], deque[Path]()
    while ahead or links:
        # Links last: what they lead to keeps its own path where it lies below the folder too.
        path = ahead.pop() if ahead else links.popleft()
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                for entry in entries:
                    linked = entry.is_symlink()
                    if os.path.isdir(entry.path) if linked else entry.is_dir():  # noqa: PTH112 (a loop of links is none)
                        (links if linked else ahead).append(Path(entry.path))
                    elif is_photograph_name(entry.name, left_out, MORE_SUFFIXES):
                        yield Path(entry.path)
        except OSError as error:
            if path == folder:
                told = f"the folder {path} cannot be read ({error.strerror}): allow it, or name others"
                raise UserError(told) from error
            yield path  # whoever reads it says what is wrong with it, and goes on


def _manifest_rows(manifest: Path) -> Iterator[dict[str, str]]:
    def check_header(names: Sequence[str]) -> list[str]:
        columns = ["path" if name.lower() == "path" else name for name in names]
        if "path" not in columns:
            raise UserError(f"{manifest}, row 1: the column 'path' is missing: the header must name it")
        return columns

    for _, row in read_table(manifest, check_header, manifest.parent):
        yield row

"""Where results go: folders are made when missing, and files do not take an earlier one's place in silence."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakeface.errors import UserError


def check_local(path: Path | str) -> None:
    """Refuse an address such as ``s3://bucket/runs``, which would become a folder of that name on this machine.

    Raises:
        UserError: When it is one.
    """
    if re.match("[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):  # a Path has lost one of the two strokes
        raise UserError(f"{path} is an address, not a path of this machine: name a folder, or mount the storage as one")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless it exists.

    Raises:
        UserError: When a file stands in the way or the folder may not be written, or when it is an address.
    """
    check_local(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be made ({error.strerror}): name another one") from error


def make_new_folder(folder: Path) -> None:
    """Make a folder that holds nothing yet; an empty one is taken.

    Raises:
        UserError: When it holds something already, or cannot be made.
    """
    make_folder(folder)
    if any(folder.iterdir()):
        raise UserError(f"the folder {folder} is not empty: name a new one, or remove it first")


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder as ``make_new_folder`` does, and empty it again when the disk is too full for what it is to hold.

    Raises:
        OSError: With the folder's name.
    """
    make_new_folder(folder)
    try:
        yield
    except OSError as error:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        error.filename = error.filename or str(folder)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[None]:
    """Let a file be written, and remove it again when it did not become whole.

    Raises:
        OSError: With the file's name.
    """
    try:
        yield
    except OSError as error:
        path.unlink(missing_ok=True)
        error.filename = error.filename or str(path)
        raise


def announcement(path: Path) -> str:
    """Return what to say before a file is written: where it goes, and that it takes an earlier one's place if so."""
    return f"{'Replacing the earlier' if path.exists() else 'Writing'} {path}"


def write_json(path: Path, content: object) -> None:
    """Write plain data as JSON, which knows no NaN."""
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")

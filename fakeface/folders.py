"""Folders for results: made when missing, with a sentence when they cannot be."""

from pathlib import Path

from fakeface.errors import UserError


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless it exists.

    Raises:
        UserError: When a file stands in the way or the folder may not be written.
    """
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

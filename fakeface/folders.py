"""Where results go: folders are made when missing, and files do not take an earlier one's place in silence."""

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


def announcement(path: Path) -> str:
    """Return what to say before a file is written: where it goes, and that it takes an earlier one's place if so."""
    return f"{'Replacing the earlier' if path.exists() else 'Writing'} {path}"

"""Photographs that cannot be read: found before any work depends on them, then refused or left out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from fakeface.data.images import ImageError, read_image
from fakeface.data.tables import write_table
from fakeface.data.threads import map_in_order
from fakeface.errors import UserError

OnError = Literal["raise", "skip"]

MAX_SKIPPED_SHARE = 0.05
"""More unreadable photographs than this are no accident, and leaving them out would change what is measured."""


def find_unreadable(paths: Sequence[Path]) -> list[ImageError]:
    """Return why photographs cannot be read, for each that cannot; all are read once, on all cores."""

    def error_of(path: Path) -> ImageError | None:
        try:
            read_image(path)
        except ImageError as error:
            return error
        return None

    found = tqdm(map_in_order(error_of, paths), "Reading photographs", len(paths), delay=1, leave=False)
    return [error for error in found if error is not None]


def judge_unreadable(errors: Sequence[ImageError], total: int, on_error: OnError) -> None:
    """Decide whether work may begin without the photographs that cannot be read.

    Args:
        errors: What is wrong with each of them.
        total: Number of all photographs.
        on_error: ``raise`` refuses every one, ``skip`` those that are more than ``MAX_SKIPPED_SHARE``.

    Raises:
        UserError: When it may not.
    """
    if not errors:
        return
    first, others = errors[0], len(errors) - 1
    if on_error == "raise":
        more = f", and {others} more of {total} photographs cannot be read either" if others else ""
        raise UserError(f"{first}{more}; --data.on_error skip leaves out what cannot be read")
    if len(errors) > MAX_SKIPPED_SHARE * total:
        raise UserError(
            f"{len(errors)} of {total} photographs cannot be read, and at most {MAX_SKIPPED_SHARE:.0%} are left out; "
            f"the first is {first}"
        )


def write_skipped(path: Path, errors: Sequence[ImageError]) -> None:
    """Write a CSV with ``path,reason`` of the photographs that were left out."""
    write_table(path, ("path", "reason"), ((str(error.path), error.reason) for error in errors), "w")

"""Which files are photographs, by their names, and what is said of the others."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence

from fakeface.data.file_kinds import HEIC_MEND, HEIC_SUFFIXES, reads_heic

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff")

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")

_OF_A_MAC = "._"
"""Beginning of the names of files in which macOS keeps what another file system cannot; they are no pictures."""

_OF_A_SYSTEM = ("thumbs.db", "desktop.ini", ".ds_store", "icon\r")
"""Files that Windows and macOS put beside pictures."""


def is_photograph_name(name: str, left_out: Counter[str] | None = None, suffixes: Sequence[str] = ()) -> bool:
    """Say whether a file in a folder counts as a photograph, by its name.

    Args:
        name: Its name.
        left_out: Counts those that do not, by ending; files that the system put there are not counted.
        suffixes: Endings that count beside ``IMAGE_SUFFIXES`` and, where its package is installed, HEIC's.
    """
    if name.startswith(_OF_A_MAC) or name.lower() in _OF_A_SYSTEM:
        return False
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (a million names)
    if suffix in IMAGE_SUFFIXES or suffix in suffixes or (suffix in HEIC_SUFFIXES and reads_heic()):
        return True
    if left_out is not None:
        left_out[suffix] += 1
    return False


def describe_left_out(left_out: Mapping[str, int]) -> str:
    """Return a sentence such as "9 .heic left out: pip install 'fakeface[heic]'"; "" where nothing was left out."""
    heic = " and ".join(f"{left_out[suffix]} {suffix}" for suffix in HEIC_SUFFIXES if suffix in left_out)
    others = [(number, suffix) for suffix, number in left_out.items() if suffix not in HEIC_SUFFIXES]
    named = ", ".join(f"{number} {suffix or 'without ending'}" for number, suffix in sorted(others, reverse=True))
    sentences = [f"{heic} left out: {HEIC_MEND}"] if heic else []
    return "; ".join(sentences + ([f"{named} left out: no photographs by their names"] if named else []))

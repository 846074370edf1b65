"""Errors that are the user's to mend, as opposed to bugs of ours."""

import errno
import os
from collections.abc import Iterable
from difflib import get_close_matches

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


class UserError(Exception):
    """Wrong input: one sentence that says what is wrong, where, and how to mend it.

    The command line prints the sentence without a traceback and exits with code 2.
    """


def did_you_mean(word: str, words: Iterable[str], number: int = 1) -> str:
    """Return "did you mean a, b?" with the nearest of some words, or "" where none is near."""
    near = get_close_matches(word, list(words), n=number)
    return f"did you mean {', '.join(near)}?" if near else ""


def sentence_of(error: OSError) -> str:
    """Return what an error of the operating system means, and the mend."""
    where = os.fsencode(error.filename).decode("utf-8", "backslashreplace") if error.filename else "what is written"
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    if error.errno in _NO_ROOM:
        return f"there is no room for {where} ({reason}): make some, then give the same command again"
    if error.errno in _NOT_ALLOWED:
        return f"{where} cannot be used ({reason}): allow it, or name another place"
    if error.errno == errno.EMFILE:
        return f"{where} cannot be opened ({reason}): allow more open files with `ulimit -n 4096`"
    return f"{where} cannot be used ({reason}): name another file or folder"

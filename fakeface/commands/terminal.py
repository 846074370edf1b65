"""What terminals show: a line that says at once what takes a while, and text that moves no cursor."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show what is waited for, on terminals alone, and remove it when it is over."""
    shown = sys.stderr.isatty()
    if shown:
        print(f"{what} …", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def visible(text: str) -> str:
    """Return text that moves no cursor: what a terminal would obey, and line ends, are written as Python would."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)

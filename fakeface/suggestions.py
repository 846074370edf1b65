"""What somebody may have meant by a word that is none."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, words: Iterable[str], number: int = 1) -> str:
    """Return "did you mean a, b?" with the nearest words, or "" where none is near."""
    near = get_close_matches(word, list(words), n=number)
    return f"did you mean {', '.join(near)}?" if near else ""

"""Verdicts as people read them in a terminal: a line for each photograph, and more where there is more to say."""

import textwrap
import unicodedata
from collections.abc import Iterator

from fakeface.commands.terminal import visible
from fakeface.data.images import count_frames, printable
from fakeface.inference.verdicts import WORDS, FaceVerdict, Verdict

_SEVERAL_FRAMES = (".gif", ".webp", ".tif", ".tiff", ".avif")
_NAMED_FROM = 0.5
"""Score above which the region that was most probably edited is named."""


def table_header(has_regions: bool) -> str:
    """Return the names of the columns."""
    return _line("verdict", "P(fake)", "suspected" if has_regions else None, "photograph")


def table_rows(verdict: Verdict, has_regions: bool, width: int | None = None) -> Iterator[str]:
    """Yield the lines on one photograph; those of several faces below it.

    Args:
        verdict: What is said of it.
        has_regions: Whether the network scores regions, so that there is a column for them.
        width: Columns of the terminal, or None where lines may be of any length.
    """
    cells = _cells(verdict, has_regions)
    path = visible(printable(verdict.path)) if verdict.path else ""
    note = verdict.error or "; ".join(filter(None, (_said_beside(verdict), _frames(verdict))))
    line = _line(*cells, f"{path} ({note})" if note else path)
    if width is None or _columns(line) <= width:
        yield line
    else:
        start = _line(*cells, "")
        yield start + _tail(path, width - _columns(start))
        yield from textwrap.wrap(note, width, initial_indent="    ", subsequent_indent="    ")
    for number, face in enumerate(verdict.faces or (), start=1):
        if len(verdict.faces or ()) > 1:
            word, chance, region = _cells(face, has_regions)
            left, top = face.box[:2]
            yield _line(f"  {word}", chance, region, f"  face {number}, at {left}, {top}")


def _cells(verdict: Verdict | FaceVerdict, has_regions: bool) -> tuple[str, str, str | None]:
    chance = "" if verdict.probability is None else f"{verdict.probability:.1%}"
    if not has_regions:
        return WORDS[verdict.verdict], chance, None
    name, score = max((verdict.regions or {"": 0.0}).items(), key=lambda item: item[1])
    region = f"{name.replace('_', ' ')} {score:.2f}" if score >= _NAMED_FROM else ""
    # Where the whole face is suspected, its regions say nothing more.
    return WORDS[verdict.verdict], chance, verdict.kind if verdict.kind in ("swapped", "generated") else region


def _line(word: str, chance: str, region: str | None, rest: str) -> str:
    middle = "" if region is None else f"{region:<14}  "
    return f"{word:<15}  {chance:>7}  {middle}{rest}"


def _said_beside(verdict: Verdict) -> str | None:
    if verdict.reason == "no face":
        return "no face found: the verdict is on the picture as a whole"
    if verdict.reason == "unlike its training":
        return "unlike all that the network was shown"
    if verdict.faces is None and (verdict.face_count or 0) > 1:
        return f"{verdict.face_count} faces, judged as one picture"
    return None


def _frames(verdict: Verdict) -> str | None:
    path = verdict.path
    frames = count_frames(path) if path and path.suffix.lower() in _SEVERAL_FRAMES else 1
    return f"the first of {frames} frames or pages" if frames > 1 else None


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _tail(path: str, width: int) -> str:
    """Return the end of a path, which tells photographs apart."""
    if _columns(path) <= width:
        return path
    while path and _columns(path) >= width:
        path = path[1:]
    return f"…{path}"

"""Markdown pages as what can be tested in them: blocks of code, commands, code in running text, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted([*REPOSITORY.glob("*.md"), REPOSITORY / "data" / "README.md", *REPOSITORY.glob("docs/**/*.md")])

_FENCE = re.compile(r"```(\w*)$")
_INLINE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Code:
    """A block of code, or one command or span of it.

    Attributes:
        where: Page and line, to be found in an editor.
        language: What stands behind the three backticks; "" for spans in running text.
        text: The code.
    """

    where: str
    language: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def _lines(page: Path) -> Iterator[tuple[int, str, str | None]]:
    """Number, text, and language of the block of each line; None in running text, fences left out."""
    language: str | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence:
            language = fence[1] if language is None else None
        else:
            yield number, line, language
    assert language is None, f"{name_of(page)}: a block of code does not end"


def blocks(page: Path) -> list[Code]:
    """The blocks of code, in order."""
    found: list[Code] = []
    last = -1
    for number, line, language in _lines(page):
        if language is None:
            continue
        if number == last + 1:
            found[-1] = Code(found[-1].where, language, f"{found[-1].text}{line}\n")
        else:
            found.append(Code(f"{name_of(page)}:{number}", language, f"{line}\n"))
        last = number
    return found


def commands(block: Code) -> list[Code]:
    """The commands of a block of shell, each on one line and without its comment."""
    page, _, start = block.where.rpartition(":")
    found = []
    text, first = "", int(start)
    for number, line in enumerate(block.text.splitlines(), start=int(start)):
        first = first if text else number
        text += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        command = re.sub(r"(^|\s)#.*", "", text).strip()
        if command:
            found.append(Code(f"{page}:{first}", block.language, command))
        text = ""
    return found


def spans(page: Path) -> list[Code]:
    """Code in running text and tables, also where it runs over the end of a line."""
    prose = "\n".join("" if language is not None else line for _, line, language in _lines(page))
    return [
        Code(f"{name_of(page)}: `{' '.join(match[1].split())}`", "", " ".join(match[1].split()))
        for match in _INLINE.finditer(prose)
    ]


def links(page: Path) -> list[str]:
    """The targets of links that stay in the repository."""
    prose = "\n".join(line for _, line, language in _lines(page) if language is None)
    return [target for target in _LINK.findall(prose) if not re.match(r"\w+:", target)]


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings."""
    headings = [line.lstrip("#") for _, line, language in _lines(page) if language is None and line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}

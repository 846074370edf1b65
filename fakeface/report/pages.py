"""Pages from Jinja2 templates: a template says what stands on a page once, and is rendered as HTML or as Markdown.

A template gets its headings, paragraphs, tables and pictures from the macros of ``html.jinja`` or ``markdown.jinja``.
Text between backticks is code in both.
"""

import re
from base64 import b64encode
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

INK, PAPER = "#222222", "#ffffff"
"""Colours of text and ground, which HTML replaces by those of the page."""

PLOT_FOLDER = "plots"
"""Where Markdown expects the plots, beside it."""

Cell = str | tuple[str, str]
"""A value, or one with something smaller beside it, such as its interval."""


class Table(NamedTuple):
    """A table.

    Attributes:
        caption: What it shows.
        columns: Their titles.
        rows: As many cells in each; the first is the row's title.
        text_columns: How many columns at the left hold text; the others hold numbers.
        strong: Which rows stand out, counted from 0.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    text_columns: int = 1
    strong: Collection[int] = ()


class Plot(NamedTuple):
    """A drawing.

    Attributes:
        name: Of its file, without a suffix.
        svg: The drawing; ``INK`` is the colour of its text and lines, ``PAPER`` of its ground.
        caption: What it shows.
    """

    name: str
    svg: str
    caption: str


class Photograph(NamedTuple):
    """A photograph, with what is to be said of it.

    Attributes:
        name: Its path below the data folder.
        caption: What is to be said.
        picture: A small one as a data URL; "" where there is none.
    """

    name: str
    caption: str
    picture: str = ""


def render(
    template: str, kind: Literal["html", "markdown"], templates: Path = Path(), script: str = "", **content: Any
) -> str:
    """Return a page; HTML needs nothing else, Markdown expects its plots as SVG files in ``PLOT_FOLDER``.

    Args:
        template: Name of a template of this package or of the folder ``templates``, without its suffix.
        kind: What becomes of it.
        templates: Where those lie that are not of this package.
        script: What HTML runs; it runs nothing else.
        **content: What the template needs.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("fakeface.report"), FileSystemLoader(templates)]),
        autoescape=kind == "html",  # noqa: S701 (Markdown is text)
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"inline": _inline, "anchor": _anchor, "themed": _themed, "grid": _grid, "line": _line}
    text = environment.get_template(f"{template}.jinja").render(page=f"{kind}.jinja", folder=PLOT_FOLDER, **content)
    if kind == "html":
        opening, part, rest = text.partition("<h2")
        title, *_ = re.findall("<h1[^>]*>(.*?)</h1>", opening)
        parts = re.findall('<h2 id="([^"]*)">(.*?)</h2>', text)
        layout = environment.get_template("page.jinja")
        text = layout.render(
            title=title, opening=opening, parts=parts, rest=part + rest, script=script, policy=_policy(script)
        )
    text = re.sub(r"\n\s*\n", "\n\n", text).strip() + "\n"
    # The bytes of a name that is no UTF-8 are shown as escapes.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _policy(script: str) -> str:
    """Return what a browser may do for a page: show pictures within it and run its one script, and load nothing."""
    run = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else "'none'"
    shown = "img-src data:; style-src 'unsafe-inline'"
    return f"default-src 'none'; {shown}; script-src {run}; base-uri 'none'; form-action 'none'"


def _inline(text: str) -> Markup:
    """Escape a text, show what stands between backticks as code, and let names break after an underscore."""
    safe = re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))).replace("_", "_<wbr>")
    return Markup(safe)  # noqa: S704 (escaped)


def _anchor(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _line(text: str) -> str:
    return " ".join(text.split())


def _themed(svg: str) -> Markup:
    """Give a drawing the colours of the page; what stands before <svg> is an XML declaration, which HTML lacks."""
    return Markup(svg[svg.index("<svg") :].replace(INK, "currentColor").replace(PAPER, "none"))  # noqa: S704 (our own)


def _grid(table: Table) -> str:
    """Write a table in the dialect of GitHub, padded, so that the text is as readable as the page it becomes."""
    lines = [list(table.columns)]
    for number, row in enumerate(table.rows):
        mark = "**" if number in table.strong else ""
        pairs = [(cell, "") if isinstance(cell, str) else cell for cell in row]
        lines.append([f"{text and mark + text + mark} {detail}".strip() for text, detail in pairs])
    lines = [[_line(text).replace("|", "\\|") for text in line] for line in lines]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    numbers = [column >= table.text_columns for column in range(len(widths))]
    lines.insert(1, ["-" * (width - right) + ":" * right for width, right in zip(widths, numbers, strict=True)])
    padded = [
        [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numbers, strict=True)
        ]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)

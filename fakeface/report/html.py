"""A document as one HTML page that needs nothing else: style, plots and thumbnails are in it."""

import base64
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from fakeface.report.document import Block, Bullets, Cell, Gallery, Heading, Paragraph, Photograph, Plot, Row, Table
from fakeface.report.plots import INK, PAPER


def to_html(blocks: Sequence[Block]) -> str:
    """Return the page; the headings of level 2 are listed at its top."""
    style = files("fakeface.report").joinpath("style.css").read_text(encoding="utf-8")
    title = next(block.text for block in blocks if isinstance(block, Heading) and block.level == 1)
    body = []
    for half_wide, group in groupby(blocks, key=lambda block: isinstance(block, Plot) and not block.wide):
        parts = [_block(block) for block in group]
        body += ['<div class="plots">', *parts, "</div>"] if half_wide else parts
    body.insert(1, _contents(blocks))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _contents(blocks: Sequence[Block]) -> str:
    parts = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = " ".join(f'<a href="#{_anchor(text)}">{_text(text)}</a>' for text in parts)
    return f"<nav>{links}</nav>"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f'<h{level} id="{_anchor(text)}">{_text(text)}</h{level}>'
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in items) + "</ul>"
        case Table():
            return _table(block)
        case Plot():
            return _plot(block)
        case Gallery(title, photographs):
            figures = "".join(_photograph(photograph) for photograph in photographs)
            return f'<section class="gallery"><h4>{_text(title)}</h4><div>{figures}</div></section>'


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_kind(table, column)}>{_text(title)}</th>' for column, title in enumerate(table.columns)
    )
    rows = "\n".join(_row(table, row) for row in table.rows)
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in table.notes)
    table_text = f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    return f"{_scroll(table_text)}{notes}"


def _row(table: Table, row: Row) -> str:
    cells = []
    for column, cell in enumerate(row.cells):
        cell = cell if isinstance(cell, Cell) else Cell(cell)
        detail = f"<small>{_text(cell.detail)}</small>" if cell.detail else ""
        tag, scope = ("th", ' scope="row"') if column == 0 else ("td", "")
        cells.append(f"<{tag}{scope}{_kind(table, column)}>{_text(cell.text)}{detail}</{tag}>")
    kind = ' class="strong"' if row.strong else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _kind(table: Table, column: int) -> str:
    return "" if column < table.text_columns else ' class="number"'


def _plot(plot: Plot) -> str:
    # What stands before <svg> is an XML declaration, which HTML does not take.
    svg = plot.svg[plot.svg.index("<svg") :].replace(INK, "currentColor").replace(PAPER, "none")
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(plot.caption)}"', 1)
    kind = ' class="wide"' if plot.wide else ""
    return f"<figure{kind}>{_scroll(svg)}<figcaption>{_text(plot.caption)}</figcaption></figure>"


def _scroll(content: str) -> str:
    """Let what is too wide for a narrow window scroll by itself, by keyboard too."""
    return f'<div class="scroll" tabindex="0">{content}</div>'


def _photograph(photograph: Photograph) -> str:
    picture = '<span class="absent">no picture</span>'
    if photograph.jpeg is not None:
        data = base64.b64encode(photograph.jpeg).decode("ascii")
        picture = f'<img src="data:image/jpeg;base64,{data}" alt="{escape(photograph.name)}" loading="lazy">'
    return (
        f"<figure>{picture}<figcaption>{_text(f'`{photograph.name}`')} {_text(photograph.caption)}"
        f"</figcaption></figure>"
    )


def _text(text: str) -> str:
    """Escape a text, show what stands between backticks as code, and let names break after an underscore."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)).replace("_", "_<wbr>")


def _anchor(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")

"""A document as Markdown, in the dialect of GitHub."""

from collections.abc import Sequence
from pathlib import Path

from fakeface.report.document import Block, Bullets, Cell, Gallery, Heading, Paragraph, Plot, Row, Table

PLOT_FOLDER = "plots"


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return the text; plots are expected as files in ``PLOT_FOLDER`` beside it."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def write_markdown(path: Path, blocks: Sequence[Block]) -> None:
    """Write the text and, in ``PLOT_FOLDER`` beside it, the plots."""
    path.write_text(to_markdown(blocks), encoding="utf-8")
    plots = [block for block in blocks if isinstance(block, Plot)]
    if plots:
        (path.parent / PLOT_FOLDER).mkdir()
    for plot in plots:
        (path.parent / PLOT_FOLDER / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case Table():
            return _table(block)
        case Plot(name, _, caption):
            return f"![{caption}]({PLOT_FOLDER}/{name}.svg)\n\n*{caption}*"
        case Gallery(title, photographs):
            return "\n".join(
                [f"{title}:", "", *(f"- `{photograph.name}`: {photograph.caption}" for photograph in photographs)]
            )


def _table(table: Table) -> str:
    rules = ["---"] * table.text_columns + ["---:"] * (len(table.columns) - table.text_columns)
    lines = [_line(table.columns), _line(rules), *(_row(row) for row in table.rows)]
    return "\n".join(lines + [f"\n{note}" for note in table.notes])


def _row(row: Row) -> str:
    texts = []
    for cell in row.cells:
        text, detail = (cell.text, cell.detail) if isinstance(cell, Cell) else (cell, "")
        texts.append(f"{f'**{text}**' if row.strong and text else text} {detail}".strip())
    return _line(texts)


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"

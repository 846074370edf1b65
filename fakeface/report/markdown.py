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
    path.write_text(to_markdown(blocks), encoding="utf-8", errors="backslashreplace")
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
    lines = [list(table.columns), *(_row(row) for row in table.rows)]
    lines = [[text.replace("|", "\\|") for text in line] for line in lines]
    # Padded, so that the text is as readable as the page that it becomes.
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    left = [column < table.text_columns for column in range(len(widths))]
    rules = ["-" * width if is_left else "-" * (width - 1) + ":" for width, is_left in zip(widths, left, strict=True)]
    padded = [
        [
            text.ljust(width) if is_left else text.rjust(width)
            for text, width, is_left in zip(line, widths, left, strict=True)
        ]
        for line in (lines[0], rules, *lines[1:])
    ]
    return "\n".join(["| " + " | ".join(line) + " |" for line in padded] + [f"\n{note}" for note in table.notes])


def _row(row: Row) -> list[str]:
    texts = []
    for cell in row.cells:
        text, detail = (cell.text, cell.detail) if isinstance(cell, Cell) else (cell, "")
        texts.append(f"{f'**{text}**' if row.strong and text else text} {detail}".strip())
    return texts

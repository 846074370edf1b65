"""A document as a list of blocks, which ``markdown`` and ``html`` write out: both say the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part; level 1 is the document's own. Text between backticks is code, here and in all blocks."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short points."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with something smaller beside it, such as its interval."""

    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: One for each column.
        strong: Whether it stands out, as the reader's own results do among the paper's.
    """

    cells: Sequence[str | Cell]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        columns: Their titles.
        rows: As many cells in each.
        text_columns: How many columns at the left hold text; the others hold numbers.
        notes: What must be known to read it, below it.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    text_columns: int = 1
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing.

    Attributes:
        name: Of its file, without a suffix.
        svg: The drawing; ``plots.INK`` is the colour of its text and lines, ``plots.PAPER`` of its ground.
        caption: What it shows.
        wide: Whether it takes the whole width of a page, rather than a half.
    """

    name: str
    svg: str
    caption: str
    wide: bool = True


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph with what is to be said of it.

    Attributes:
        name: Its path below the data folder.
        caption: What is to be said.
        jpeg: A thumbnail; ``None`` where there is none.
    """

    name: str
    caption: str
    jpeg: bytes | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Photographs; the thumbnails appear in HTML alone.

    Attributes:
        title: What they have in common.
        photographs: Side by side.
    """

    title: str
    photographs: Sequence[Photograph]


Block = Heading | Paragraph | Bullets | Table | Plot | Gallery

"""Both renderings of a document, and that they say the same."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from fakeface.report.document import (
    Block,
    Bullets,
    Cell,
    Gallery,
    Heading,
    Paragraph,
    Photograph,
    Plot,
    Row,
    Table,
)
from fakeface.report.html import to_html
from fakeface.report.markdown import to_markdown, write_markdown
from fakeface.report.plots import INK, PAPER

SVG = f'<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"><path fill="{PAPER}" stroke="{INK}"/></svg>'
BLOCKS: list[Block] = [
    Heading("Faces & <masks>", 1),
    Paragraph("Call `fakeface report` twice."),
    Heading("Figures"),
    Table(
        ["Run", "AUROC"],
        [
            Row(["mobile|net", Cell("0.712", "[0.66, 0.76]")]),
            Row(["", "–"], strong=True),
            Row(["<b>", "1"], strong=True),
        ],
        notes=["A note."],
    ),
    Bullets(["one", "two"]),
    Plot("roc", SVG, "Curves"),
    Plot("left", SVG, "Left", wide=False),
    Plot("right", SVG, "Right", wide=False),
    Gallery("Missed", [Photograph("fake/a_1.jpg", "score 0.1", b"pixels"), Photograph("fake/b.jpg", "score 0.2")]),
]
VOID = {"meta", "wbr", "img", "path"}


class Elements(HTMLParser):
    """The text of a page, its links, and whether every element is closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.identifiers: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if value is not None:
                {"id": self.identifiers, "href": self.links, "src": self.sources}.get(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def test_markdown_of_every_block() -> None:
    assert to_markdown(BLOCKS) == (
        "# Faces & <masks>\n\n"
        "Call `fakeface report` twice.\n\n"
        "## Figures\n\n"
        "| Run         |              AUROC |\n"
        "| ----------- | -----------------: |\n"
        "| mobile\\|net | 0.712 [0.66, 0.76] |\n"
        "|             |              **–** |\n"
        "| **<b>**     |              **1** |\n"
        "\n"
        "A note.\n\n"
        "- one\n"
        "- two\n\n"
        "![Curves](plots/roc.svg)\n\n*Curves*\n\n"
        "![Left](plots/left.svg)\n\n*Left*\n\n"
        "![Right](plots/right.svg)\n\n*Right*\n\n"
        "Missed:\n\n"
        "- `fake/a_1.jpg`: score 0.1\n"
        "- `fake/b.jpg`: score 0.2\n"
    )


def test_plots_lie_beside_the_markdown(tmp_path: Path) -> None:
    write_markdown(tmp_path / "report.md", BLOCKS)
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["left.svg", "right.svg", "roc.svg"]
    assert (tmp_path / "plots" / "roc.svg").read_text(encoding="utf-8") == SVG


def test_html_is_well_formed_and_says_what_the_markdown_says() -> None:
    elements = Elements(to_html(BLOCKS))
    assert elements.open == []
    text = " ".join(" ".join(elements.text).split())
    for part in (
        "Faces & <masks>",
        "fakeface report",
        "mobile|net",
        "0.712",
        "[0.66, 0.76]",
        "A note.",
        "one",
        "Curves",
    ):
        assert part in text
    assert "fake/a_ 1.jpg" in text  # a <wbr> lets the name break


def test_html_links_its_parts() -> None:
    elements = Elements(to_html(BLOCKS))
    assert elements.links == ["#figures"]
    assert "figures" in elements.identifiers


def test_html_needs_nothing_from_elsewhere() -> None:
    page = to_html(BLOCKS)
    assert Elements(page).sources == ["data:image/jpeg;base64,cGl4ZWxz"]
    assert "http" not in page
    assert "url(" not in page


def test_plots_take_the_colours_of_the_page() -> None:
    page = to_html(BLOCKS)
    assert page.count('fill="none" stroke="currentColor"') == 3
    assert "<?xml" not in page
    assert '<svg role="img" aria-label="Curves" viewBox' in page


def test_small_plots_share_a_row() -> None:
    page = to_html(BLOCKS)
    assert page.count('<div class="plots">') == 1
    start = page.index('<div class="plots">')
    assert page.index("Curves") < start < page.index("Left") < page.index("Right") < page.index("</div>\n<section")


@pytest.mark.parametrize("evil", ['<script>alert("1")</script>', '"><img src=x onerror=1>'])
def test_names_cannot_become_markup(evil: str) -> None:
    blocks: list[Block] = [Heading(evil, 1), Gallery(evil, [Photograph(evil, evil, b"x")]), Plot("p", SVG, evil)]
    page = to_html(blocks)
    assert "<script" not in page
    assert "<img src=x" not in page

"""Both renderings of a template, and that they say the same."""

import re
from html.parser import HTMLParser
from typing import Literal

import pytest
from jinja2 import ChoiceLoader, DictLoader, PackageLoader

from fakeface.report import pages
from fakeface.report.pages import INK, PAPER, Cell, Photograph, Plot, Table, render

TEMPLATE = """
{% from page import heading, paragraph, bullets, table, fold, drawings, gallery %}
{{ heading(1, title) }}
{% call paragraph() %}
Call `fakeface report`
{{ name }}.
{% endcall %}
{{ heading(2, "Figures") }}
{{ table(figures) }}
{{ bullets(["one", name]) }}
{% call fold("All of " ~ name) %}
{{ table(figures) }}
{% endcall %}
{{ drawings(plots, folder) }}
{{ heading(3, "Mistakes") }}
{{ gallery(4, "Missed", photographs) }}
"""
SVG = f'<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"><path fill="{PAPER}" stroke="{INK}"/></svg>'
ROWS: list[list[Cell]] = [["mobile|net", ("0.712", "[0.66, 0.76]")], ["", "–"], ["<b>", "1"]]
PHOTOGRAPHS = [
    Photograph("fake/a_1.jpg", "score 0.1", "data:image/jpeg;base64,cGl4ZWxz"),
    Photograph("fake/b.jpg", "score 0.2"),
]


@pytest.fixture(autouse=True)
def template(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a template that holds every kind of block."""
    own = DictLoader({"document.jinja": TEMPLATE})
    monkeypatch.setattr(pages, "PackageLoader", lambda package: ChoiceLoader([own, PackageLoader(package)]))


def document(kind: Literal["html", "markdown"], title: str = "Faces & <masks>", name: str = "twice") -> str:
    photographs = [*PHOTOGRAPHS, *([Photograph(name, name, "eA==")] if name != "twice" else [])]
    figures = Table(f"Runs of {name}", ["Run", "AUROC"], ROWS, strong=[1, 2])
    plots = [Plot("left", SVG, "Curves"), Plot("right", SVG, name)]
    return render("document", kind, title=title, name=name, figures=figures, plots=plots, photographs=photographs)


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


TABLE = (
    "| Run         |              AUROC |\n"
    "| ----------- | -----------------: |\n"
    "| mobile\\|net | 0.712 [0.66, 0.76] |\n"
    "|             |              **–** |\n"
    "| **<b>**     |              **1** |\n"
)


def test_markdown_of_every_block() -> None:
    assert document("markdown") == (
        "# Faces & <masks>\n\n"
        "Call `fakeface report` twice.\n\n"
        "## Figures\n\n"
        f"{TABLE}\n"
        "- one\n"
        "- twice\n\n"
        f"<details><summary>All of twice</summary>\n\n{TABLE}\n</details>\n\n"
        "![Curves](plots/left.svg)\n\n*Curves*\n\n"
        "![twice](plots/right.svg)\n\n*twice*\n\n"
        "### Mistakes\n\n"
        "Missed:\n\n"
        "- `fake/a_1.jpg`: score 0.1\n"
        "- `fake/b.jpg`: score 0.2\n"
    )


def test_html_is_well_formed_and_says_what_the_markdown_says() -> None:
    elements = Elements(document("html"))
    assert elements.open == []
    text = " ".join(" ".join(elements.text).split())
    assert text.startswith("Faces & <masks> Faces & <masks> Call fakeface report twice. Figures")
    for part in ("mobile|net", "0.712 [0.66, 0.76]", "Runs of twice", "one", "All of twice", "Curves", "no picture"):
        assert part in text
    assert "fake/a_ 1.jpg" in text  # a <wbr> lets the name break


def test_html_links_its_parts() -> None:
    elements = Elements(document("html"))
    assert elements.links == ["#figures"]
    assert elements.identifiers == ["figures"]


def test_html_needs_nothing_from_elsewhere() -> None:
    page = document("html")
    assert Elements(page).sources == ["data:image/jpeg;base64,cGl4ZWxz"]
    assert "http" not in page.replace("http-equiv", "")
    assert "url(" not in page


def test_screen_readers_are_told_what_a_table_and_a_plot_are() -> None:
    page = document("html")
    assert page.count("<caption>Runs of twice</caption>") == 2
    headers = re.findall(r"<th\b([^>]*)>", page)
    assert len(headers) == 2 * (2 + 3)
    assert all('scope="' in header for header in headers)
    assert re.findall("<h([1-6])", page) == ["1", "2", "3", "4"]
    assert 'role="img" aria-label="Curves"' in page


def test_plots_take_the_colours_of_the_page_and_share_a_row() -> None:
    page = document("html")
    assert page.count('fill="none" stroke="currentColor"') == 2
    assert "<?xml" not in page
    assert page.count('<div class="plots">') == 1


@pytest.mark.parametrize("evil", ['<script>alert("1")</script>', '"><img src=x onerror=1>', "`<img src=x>`"])
def test_names_cannot_become_markup(evil: str) -> None:
    page = document("html", title=evil, name=evil)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;") >= 8


def test_a_name_that_is_no_utf8_is_escaped() -> None:
    for kind in ("html", "markdown"):
        assert "photo\\udcff.jpg" in document(kind, name="photo\udcff.jpg")

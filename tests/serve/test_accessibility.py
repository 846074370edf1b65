"""That everybody can use the page: in a real browser, on small screens, by keyboard, in light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import chromium
from tests.serve.browsing import DESKTOP, PHONE, expect_verdict, open_page, upload

PAGES = ("check", "game", "how", "programs")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = chromium.NEEDED


@pytest.mark.parametrize("options", [DESKTOP, PHONE, {"viewport": {"width": 320, "height": 600}}])
def test_nothing_is_wider_than_the_screen(browser: Browser, address: str, options: dict[str, Any]) -> None:
    page = open_page(browser, address, **options)
    page.get_by_role("button", name="Drawn face 2").click()
    expect_verdict(page)
    for name in PAGES:
        page.goto(f"{address}#{name}")
        expect(page.locator(f"#{name}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
    page.context.close()


NAMELESS = """() => [...document.querySelectorAll("button, a, img, meter, video, dialog, nav, article")]
  .filter(node => !(node.alt || node.innerText?.trim() || node.textContent.trim() || node.ariaLabel
    || node.querySelector("img")?.alt || node.labels?.length || node.closest("dd, dialog")))
  .map(node => node.outerHTML)"""


def test_everything_has_a_name_and_can_be_reached_with_the_keyboard(page: Page) -> None:
    assert page.evaluate(NAMELESS) == []
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || document.activeElement.firstChild.alt"))
    links = ["Check a photo", "Which face is real?", "How it works", "For programs"]
    examples = [f"Drawn face {number}" for number in range(1, 7)]
    assert reached == [*links, "Choose photos", "Take a photo", *examples]


@pytest.mark.parametrize("options", [DESKTOP, {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}])
def test_axe_finds_no_violation(browser: Browser, face_address: str, group: bytes, options: dict[str, Any]) -> None:
    page = open_page(browser, face_address, **options)

    def check() -> None:
        results = Axe().run(page, options={"runOnly": AXE_RULES})
        assert results.violations_count == 0, results.generate_report()
        assert len(results.response["passes"]) > 10

    check()
    page.set_input_files("#file", [upload("group.jpg", group), upload("broken.jpg", b"no image")])
    expect(page.locator("#photos-list .state").nth(1)).to_contain_text("not a readable image")
    expect(page.locator("#levels canvas")).to_be_visible()
    check()
    page.get_by_role("link", name="Which face is real?").click()
    page.locator("#left").click()
    expect(page.locator("#answer")).to_be_visible()
    check()
    for name in ("how", "programs"):
        page.goto(f"{face_address}#{name}")
        expect(page.locator(f"#{name}")).to_be_visible()
        check()
    page.context.close()


CONTRASTS = """() => {
  const style = getComputedStyle(document.documentElement);
  const canvas = document.createElement("canvas").getContext("2d");
  const luminance = name => {
    canvas.fillStyle = style.getPropertyValue(name);
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map(level => level / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = [["--on-accent", "--accent"], ["--ink", "--caution"]];
  for (const ink of ["--ink", "--quiet", "--accent", "--real", "--fake", "--unsure"])
    for (const ground of ["--ground", "--panel"]) pairs.push([ink, ground]);
  return Object.fromEntries(pairs.map(pair => {
    const [low, high] = pair.map(luminance).sort((a, b) => a - b);
    return [pair.join(" on "), (high + 0.05) / (low + 0.05)];
  }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(browser: Browser, address: str, scheme: str) -> None:
    page = open_page(browser, address, color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(ground) > 600) == (scheme == "light")
    # WCAG 2.2, level AA: https://www.w3.org/TR/WCAG22/#contrast-minimum
    assert {pair: ratio for pair, ratio in page.evaluate(CONTRASTS).items() if ratio < 4.5} == {}
    page.context.close()

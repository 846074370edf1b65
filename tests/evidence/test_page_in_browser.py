"""The page in a real browser: Debian's Chromium, without a window."""

from datetime import UTC, datetime
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from fakeface.evidence.examination import examine
from fakeface.evidence.page import render_page
from fakeface.evidence.pixel_facts import QUALITIES
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from tests import chromium
from tests.evidence.files import SCRIPT, exif, jpeg, portrait, sign

pytestmark = chromium.NEEDED


def test_page_works_alone_and_asks_for_nothing(tmp_path: Path, detector: Detector, explainer: Explainer) -> None:
    data = sign(jpeg(portrait(), exif=exif({"Software": SCRIPT})), f"<img src=http://127.0.0.1/{SCRIPT}>")
    page_file = tmp_path / "page.html"
    found = examine(data, Path("a.jpg"), detector, explainer, datetime.now(UTC))
    page_file.write_text(render_page(found), encoding="utf-8")
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.FLAGS)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.goto(page_file.as_uri())
        assert page.title() == "a.jpg"
        images = page.locator("img").evaluate_all("images => images.map(image => image.naturalWidth > 0)")
        assert len(images) > len(QUALITIES)
        assert all(images)
        # One of the error levels is seen, and the slider says which, by keyboard too.
        levels = page.locator("#levels img[data-quality]")
        shown = page.locator("#levels img[data-quality]:visible")
        expect(levels).to_have_count(len(QUALITIES))
        expect(page.locator("#levels img:not([data-quality])")).to_be_visible()  # the photograph, to compare
        expect(shown).to_have_attribute("data-quality", "90")
        page.get_by_label("JPEG quality").press("ArrowLeft")
        expect(shown).to_have_attribute("data-quality", "85")
        expect(page.locator("#quality-shown")).to_have_text("85")
        # The caution stays in sight, and nothing is wider than the window.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        expect(page.get_by_role("note")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        browser.close()
    assert problems == []

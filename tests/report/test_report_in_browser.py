"""Reports in a real browser: Debian's Chromium, without a window."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from fakeface.cli import main
from tests import chromium
from tests.report.run_folders import ROBUSTNESS, draw_scores, make_records, write_json, write_run

pytestmark = chromium.NEEDED


@pytest.fixture
def pages(tmp_path: Path, demo_root: Path) -> list[Path]:
    """A report of two runs, one of them measured under corruptions, and what an audit finds."""
    records = make_records()
    views = {"mobilenet_original": {"original": "mobilenetv2_100"}, "resnet50_ela": {"ela": "resnet50.tv_in1k"}}
    runs = [
        write_run(tmp_path / name / "version_0", branches, records, draw_scores(records, seed, skill=0.5 + seed / 2))
        for seed, (name, branches) in enumerate(views.items())
    ]
    write_json(runs[1] / "robustness.json", ROBUSTNESS)
    report, audit = tmp_path / "report", tmp_path / "audit"
    assert main(["report", *map(str, runs), "--out", str(report)]) == 0
    assert main(["data", "audit", str(demo_root), "--out", str(audit)]) == 0
    return [report / "report.html", audit / "audit.html"]


def test_axe_finds_no_violation_and_nothing_is_asked_for(pages: list[Path]) -> None:
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        for path in pages:
            page.goto(path.as_uri())
            results = Axe().run(page)
            assert results.violations_count == 0, f"{path.name}: {results.generate_report()}"
        browser.close()
    assert problems == []

"""What tests of the page in a browser have in common."""

from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import chromium

FLAGS = [*chromium.FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

expect.set_options(timeout=20_000)


def open_page(browser: Browser, address: str, **options: Any) -> Page:
    """Open the page in a new profile; complaints of the browser and requests elsewhere fail the test."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(f"JavaScript failed: {error}"))
    page.on("console", lambda message: complaints(page).append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if is_own(request.url, address) else complaints(page).append(request.url))
    page.goto(address)
    expect(page.locator("#examples button")).to_have_count(6)
    return page


_complaints: dict[int, list[str]] = {}


def complaints(page: Page) -> list[str]:
    return _complaints.setdefault(id(page), [])


def is_own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def expect_verdict(page: Page) -> str:
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#verdict")).to_be_focused()
    return page.inner_text("#verdict-words")


def upload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}

"""The page in a real browser: Debian's Chromium, without a window."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
from playwright.sync_api import Browser, Page, Route, expect

from fakeface.data.images import decode_image
from fakeface.inference.detector import Detector
from fakeface.serve.faces import KnownFace
from fakeface.views.ela import error_level_analysis
from fakeface.views.pictures import encode_jpeg
from tests import chromium
from tests.networks import ELA
from tests.serve.browsing import DESKTOP, complaints, expect_verdict, open_page, upload
from tests.serve.conftest import encode

pytestmark = chromium.NEEDED


def test_chosen_photo_gets_its_verdict_with_pictures_and_regions(
    page: Page, detector: Detector, faces: list[KnownFace]
) -> None:
    face = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": faces[3].data}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose photos").click()
    chooser.value.set_files(face)  # type: ignore[arg-type]
    words = expect_verdict(page)
    (verdict,) = detector.predict([decode_image(faces[3].data, Path("me.jpg"))])
    assert verdict.probability is not None
    assert f"{round(100 * verdict.probability)}\u00a0%" in words
    # The photo and a heat map for each branch, all decoded by the browser, which makes the error levels itself.
    for pictures, count in (("#photo", 1), ("#heat-maps img", 2)):
        assert page.locator(pictures).evaluate_all("images => images.map(image => image.naturalWidth)") == [96] * count
    expect(page.locator("#levels canvas")).to_be_visible()
    expect(page.locator("#region-scores dt")).to_have_text(["left eye", "right eye", "nose", "mouth"])
    expect(page.get_by_role("heading", name="What this does not mean")).to_be_visible()
    expect(page.locator("#error-rate")).to_contain_text("wrong on about 10\u00a0%")


def test_all_that_was_found_is_saved_as_a_page(page: Page, photograph: bytes) -> None:
    page.locator("#file").set_input_files({"name": "anna.jpg", "mimeType": "image/jpeg", "buffer": photograph})
    expect_verdict(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save all that was found").click()
    assert download.value.suggested_filename == "anna.html"
    assert "<h1>anna.jpg</h1>" in download.value.path().read_text("utf-8")
    expect(page.locator("#save-status")).to_have_text("The page is saved.")


def test_example_tells_the_truth_after_the_verdict(page: Page) -> None:
    page.get_by_role("button", name="Drawn face 2").click()
    expect_verdict(page)
    expect(page.locator("#truth")).to_contain_text("is a fake: ")
    page.get_by_role("button", name="Drawn face 1").click()
    expect(page.locator("#truth")).to_contain_text("is real: nothing was edited")


TRANSFER = """([kind, data]) => {
  const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_photo_is_pasted_or_dropped(page: Page, photograph: bytes, kind: str) -> None:
    page.evaluate(TRANSFER, [kind, base64.b64encode(photograph).decode()])
    expect_verdict(page)


def test_photo_is_taken(browser: Browser, address: str) -> None:
    page = open_page(browser, address, **DESKTOP, permissions=["camera"])
    page.get_by_role("button", name="Take a photo").click()
    page.get_by_role("button", name="Take it").click()
    expect_verdict(page)
    assert page.evaluate("document.querySelector('video').srcObject") is None
    assert complaints(page) == []
    page.context.close()


def test_broken_upload_gets_a_message(browser: Browser, address: str, tmp_path: Path) -> None:
    page = open_page(browser, address, **DESKTOP)
    for data, words in [
        (b"<script>alert(1)</script>", "not a readable image"),
        (bytes(20_000_001), "20 MB is the most"),
    ]:
        (tmp_path / "a<b>c.jpg").write_bytes(data)
        page.set_input_files("#file", tmp_path / "a<b>c.jpg")
        expect(page.locator("#check-status")).to_contain_text(words)
        expect(page.locator("#result")).to_be_hidden()
    page.context.close()


LEVELS = "async canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"


def test_error_levels_follow_the_slider(page: Page, photograph: bytes) -> None:
    page.set_input_files("#file", upload("me.jpg", photograph))
    expect_verdict(page)
    pixels = decode_image(photograph, Path("me.jpg"))
    for quality in (ELA.quality, 60):
        page.locator("#quality").fill(str(quality))
        expect(page.locator("#quality-value")).to_have_text(str(quality))
        page.wait_for_timeout(300)
        shown = np.array(page.locator("#levels canvas").evaluate(LEVELS)).reshape(96, 96, 4)[..., :3]
        expected = error_level_analysis(pixels, replace(ELA, quality=quality)).astype(int)
        other = error_level_analysis(pixels, replace(ELA, quality=40)).astype(int)
        # The browser's encoder rounds otherwise here and there.
        assert np.abs(shown - expected).mean() < 0.2 * np.abs(shown - other).mean()


def test_each_face_is_marked_and_one_is_chosen(
    browser: Browser, face_address: str, face_detector: Detector, group: bytes
) -> None:
    page = open_page(browser, face_address, **DESKTOP)
    page.set_input_files("#file", upload("group.jpg", group))
    assert "7 faces were found" in expect_verdict(page)
    expect(page.locator("#marked .box")).to_have_count(7)
    expect(page.locator("#face-title")).to_contain_text(re.compile(r"Face [1-6]: "))
    # With the mouse the last one, too small to be judged; with the keyboard its neighbour.
    page.locator("#marked .box").nth(6).click()
    expect(page.locator("#face-words")).to_contain_text("too small")
    expect(page.locator("#heat-maps img")).to_have_count(0)
    expect(page.locator("#regions")).to_be_hidden()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio").nth(5)).to_be_focused()
    sixth = page.get_attribute("#heat-maps img", "src")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#face-title")).to_contain_text("Face 5: ")
    assert page.get_attribute("#heat-maps img", "src") != sixth
    expect(page.locator("#levels canvas")).to_have_attribute("aria-label", re.compile("of face 5 "))
    expect(page.locator("#region-scores dt")).to_have_count(4)
    chip, title = page.locator(".chip").nth(4).inner_text(), page.inner_text("#face-words")
    assert re.search(r"\d+", chip.split(",")[1])[0] in title  # type: ignore[index]
    box, photo = (page.locator(name).bounding_box() for name in (".box.chosen", "#photo"))
    assert box is not None
    assert photo is not None
    (verdict,) = face_detector.predict([decode_image(group, Path("group.jpg"))])
    left, top, *_ = (verdict.faces or ())[4].box
    assert (box["x"] - photo["x"]) / photo["width"] == pytest.approx(left / 576, abs=0.01)
    assert (box["y"] - photo["y"]) / photo["height"] == pytest.approx(top / 484, abs=0.01)
    expect(page.locator("#many")).to_contain_text("Of 6 faces")
    page.context.close()


def test_suspected_kind_and_reason_are_told(page: Page, photograph: bytes) -> None:
    def judge(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(json=answer.json() | {"verdict": "unsure", "kind": "generated", "reason": "small face"})

    page.route("**/api/predict*", judge)
    page.set_input_files("#file", upload("me.jpg", photograph))
    words = expect_verdict(page)
    assert "looks like a generated face" in words
    assert "smaller than those that the network has learned from" in words


def test_no_face_is_said(browser: Browser, face_address: str) -> None:
    page = open_page(browser, face_address, **DESKTOP)
    page.set_input_files("#file", upload("noise.png", encode("PNG", (200, 200))))
    assert "found none" in expect_verdict(page)
    expect(page.locator("#verdict")).to_have_class("no-face")
    for name in ("#scale", "#regions", "#faces", "#face-title"):
        expect(page.locator(name)).to_be_hidden()
    page.context.close()


def test_a_face_that_is_too_blurred_is_not_judged(browser: Browser, face_address: str) -> None:
    page = open_page(browser, face_address, **DESKTOP)
    blurred = cv2.GaussianBlur(skimage.data.astronaut(), (0, 0), 6)
    page.set_input_files("#file", upload("blurred.jpg", encode_jpeg(np.asarray(blurred, dtype=np.uint8), 95)))
    assert "too blurred to be judged" in expect_verdict(page)
    expect(page.locator("#verdict")).to_contain_text("Too blurred to judge")
    expect(page.locator("#marked .box.too-blurred")).to_have_count(1)
    expect(page.locator("#scale")).to_be_hidden()
    page.context.close()


def test_a_network_of_whole_photos_says_that_there_is_no_face_or_are_several(page: Page, group: bytes) -> None:
    page.set_input_files("#file", upload("noise.png", encode("PNG", (200, 200))))
    assert "No face was found: the network judged the photo as a whole" in expect_verdict(page)
    expect(page.locator("#scale")).to_be_visible()
    page.set_input_files("#file", upload("group.jpg", group))
    expect(page.locator("#verdict-words")).to_contain_text("7 faces were found, and the network judged the photo as a")
    expect(page.locator("#faces")).to_be_hidden()
    states = page.locator("#photos-list .state")
    expect(states.nth(0)).to_contain_text("(no face)")
    expect(states.nth(1)).to_contain_text("(7 faces)")


def test_several_photos_are_judged_one_after_the_other(page: Page, faces: list[KnownFace]) -> None:
    photos = [upload(f"{number}.jpg", face.data) for number, face in enumerate(faces[:2])]
    page.set_input_files("#file", [photos[0], upload("broken.jpg", b"no image"), photos[1]])
    expect(page.locator("#photos-list .state").nth(2)).to_have_text(re.compile(r"\d+"))
    _, broken, last = page.locator("#photos-list .state").all_inner_texts()
    assert "not a readable image" in broken
    page.get_by_role("button", name="0.jpg").first.click()
    shown = page.get_attribute("#photo", "src")
    page.get_by_role("button", name="1.jpg").first.press("Enter")
    assert page.get_attribute("#photo", "src") != shown
    expect(page.locator("#photos-list [aria-current='true']")).to_contain_text("1.jpg")
    assert last.split(", ")[1] in page.inner_text("#verdict-words")
    page.get_by_role("button", name="Remove 1.jpg").click()
    expect(page.locator("#result")).to_be_hidden()
    expect(page.locator("#photos-list li")).to_have_count(2)
    complaints(page).clear()  # Chromium reports every 422


def test_a_photo_on_its_way_is_cancelled(page: Page, photograph: bytes) -> None:
    page.route("**/api/predict*", lambda route: None)
    page.set_input_files("#file", upload("me.jpg", photograph))
    expect(page.get_by_role("progressbar", name="Sending me.jpg")).to_be_visible()
    page.get_by_role("button", name="Cancel me.jpg").press("Enter")
    expect(page.locator("#check-status")).to_have_text("me.jpg was cancelled.")
    expect(page.locator("#photos")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose photos")).to_be_focused()
    page.unroute("**/api/predict*")
    page.set_input_files("#file", upload("me.jpg", photograph))
    expect_verdict(page)


def test_busy_server_is_asked_again(page: Page) -> None:
    refused: list[str] = []

    def refuse_once(route: Any) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": "busy"})

    page.route("**/api/predict*", refuse_once)
    page.get_by_role("button", name="Drawn face 1").click()
    expect(page.locator("#check-status")).to_contain_text("sent again in 1 seconds")
    expect_verdict(page)
    assert len(refused) == 1
    complaints(page).clear()  # Chromium reports every 503


def test_game_is_played_with_the_keyboard(page: Page) -> None:
    page.get_by_role("link", name="Which face is real?").click()
    for number in range(1, 9):
        expect(page.locator("#pair")).to_be_visible()
        expect(page.locator("#score")).to_contain_text(f"Pair {number} of 8")
        expect(page.locator("#left .tag")).to_have_text("left")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#next")).to_be_focused()
        correct = page.locator("#left .tag").inner_text() == "✓ real"
        expect(page.locator("#answer-title")).to_have_text("Correct!" if correct else "No, it is the other one")
        assert page.locator("#answer img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")
        if number < 8:
            page.keyboard.press("Enter")
            expect(page.locator("#answer")).to_be_hidden()
    assert "of 8 pairs" in page.inner_text("#answer-words")
    expect(page.locator("#next")).to_have_text("Play again")


def test_explanations_have_their_pictures(page: Page) -> None:
    page.get_by_role("link", name="How it works").click()
    expect(page.get_by_role("heading", name="4. A high score can be a shortcut")).to_be_visible()
    widths = page.locator("#how img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len(widths) == 19
    assert min(widths) > 0

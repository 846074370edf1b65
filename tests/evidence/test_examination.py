import hashlib
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from fakeface import __version__
from fakeface.data.images import decode_image
from fakeface.errors import UserError
from fakeface.evidence import examination
from fakeface.evidence.examination import examine, read_photograph
from fakeface.evidence.page import render_page
from fakeface.evidence.pixel_facts import as_stored
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from tests.data.image_files import tiff
from tests.evidence.files import SCRIPT, exif, jpeg, portrait, sign, xmp
from tests.networks import write_checkpoint

DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLACE = {1: "N", 2: (1.0, 2.0, 3.0), 3: "E", 4: (4.0, 5.0, 6.0)}


def small() -> NDArray[np.uint8]:
    """The portrait at half its size."""
    return np.ascontiguousarray(portrait()[::2, ::2])


@pytest.fixture(scope="module")
def data() -> bytes:
    return jpeg(small(), 50)


def test_everything_that_the_page_needs_to_be_repeated_is_there(
    data: bytes, checkpoint: Path, detector: Detector, explainer: Explainer
) -> None:
    content = examine(data, Path("a.jpg"), detector, explainer, DATE).content
    assert content["made"] == {
        "date": "2026-01-02T03:04:05+00:00",
        "command": "fakeface inspect a.jpg --out FOLDER --ckpt_path a.ckpt",
        "fakeface": __version__,
    }
    assert content["file"] == {
        "name": "a.jpg",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": 256,
        "height": 256,
    }
    assert content["detector"]["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert content["detector"]["calibration"]["error_rate"] == 0.1
    assert content["detector"]["published"] is None  # these weights are not the released ones
    verdict = detector.predict([decode_image(data, Path("a.jpg"))])[0]
    assert content["verdict"]["probability"] == verdict.probability
    (face,) = content["faces"]
    assert face["box"][0] < 112 < face["box"][2]  # the middle of the face
    assert len(face["stability"]["trials"]) == len(content["stability"]["trials"]) == 7
    assert content["file_says"]["jpeg_tables"]["quality"] == 50
    assert content["file_says"]["header"]["subsampling"] == "4:2:0"
    assert content["pixels_show"]["grid"]["place"] == (0, 0)
    assert content["pixels_show"]["copies"] == []


def test_the_same_file_gives_the_same_values_and_page_but_for_the_date(
    data: bytes, detector: Detector, explainer: Explainer
) -> None:
    first = examine(data, Path("a.jpg"), detector, explainer, DATE)
    second = examine(data, Path("a.jpg"), detector, explainer, DATE.replace(year=2027))
    assert second.content["made"]["date"] == "2027-01-02T03:04:05+00:00"
    second.content["made"]["date"] = first.content["made"]["date"]
    assert json.dumps(first.content) == json.dumps(second.content)
    assert render_page(first) == render_page(second)


def test_every_face_has_its_own_pictures(detector: Detector, explainer: Explainer) -> None:
    two = jpeg(np.hstack([small(), small()[:, ::-1]]))
    found = examine(two, Path("two.jpg"), detector, explainer, DATE)
    assert len(found.content["faces"]) == 2
    assert list(found.pictures.faces) == list(found.pictures.heat_maps) == [1, 2]
    page = render_page(found)
    assert "Face 2: " in page
    # One half is the other one mirrored, but that is no copy that a turn and a scale explain.
    assert found.content["pixels_show"]["copies"] == []


def test_photograph_without_a_face_says_so(detector: Detector, explainer: Explainer) -> None:
    found = examine(jpeg(np.full((64, 64, 3), 200, np.uint8)), Path("wall.jpg"), detector, explainer, DATE)
    assert found.content["faces"] == []
    assert "No face was found." in render_page(found)


def test_network_of_whole_photographs_has_a_page_too(data: bytes, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "whole.ckpt", calibration=None)
    whole = Detector.load(tmp_path / "whole.ckpt")
    found = examine(data, Path("a.jpg"), whole, Explainer(whole), DATE)
    assert found.content["faces"] is None
    assert list(found.pictures.heat_maps[1]) == ["the photo", "the error levels"]
    assert "Nothing is known of how often these weights are wrong" in render_page(found)
    assert "There is no heat map" in render_page(examine(data, Path("a.jpg"), whole, None, DATE))


def test_floating_point_colours_have_a_page_too(detector: Detector) -> None:
    found = examine(tiff((small() / 255).astype(np.float32)), Path("a.tif"), detector, None, DATE)
    (verdict,) = detector.predict([small()])
    assert found.content["verdict"]["probability"] == verdict.probability
    assert found.content["file_says"]["orientation"] == 1


def test_hostile_metadata_are_text_and_bounded(detector: Detector) -> None:
    fields = exif({"Software": SCRIPT, "Make": "A" * 60_000}, PLACE)
    packet = xmp(f'xmp:CreatorTool="{SCRIPT.replace("<", "&lt;")}">')
    full = jpeg(small(), exif=fields, comment=SCRIPT.encode() * 30, xmp=packet)
    name = f"{SCRIPT.replace('/', ':')}.jpg"
    for content in (sign(full, SCRIPT), png_with(10_000_000)):
        found = examine(content, Path(name), detector, None, DATE)
        page = render_page(found)
        assert found.content["file"]["name"] == name
        assert page.count("<script>") == 1  # the page's own
        assert page.count("&lt;script&gt;document") > 3
        assert len(json.dumps(found.content)) < 30_000
    assert found.content["file_says"]["comments"]["count"] == 200
    assert "longer than 1 MB: not read" in page


def png_with(xmp_bytes: int) -> bytes:
    """A PNG with so much XMP, and two hundred comments."""
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", "<x>" + "x" * xmp_bytes + "</x>")
    for number in range(200):
        texts.add_text(f"comment {number}", SCRIPT * 20)
    buffer = BytesIO()
    Image.fromarray(small()).save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


def test_place_is_left_out_of_page_and_json_unless_asked_for(detector: Detector) -> None:
    data = jpeg(small(), exif=exif({"Make": "Canon"}, PLACE))
    quiet = examine(data, Path("a.jpg"), detector, None, DATE)
    loud = examine(data, Path("a.jpg"), detector, None, DATE, gps=True)
    for text in (json.dumps(quiet.content), render_page(quiet)):
        assert "1.034167" not in text
    assert "latitude 1.034167, longitude 4.085" in render_page(loud)
    assert "it is shown only where asked for" in render_page(quiet)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_blocks_are_counted_as_they_lie_in_the_file(orientation: int) -> None:
    stored = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    buffer = BytesIO()
    Image.fromarray(stored).save(buffer, "PNG", exif=exif({"Orientation": orientation}))
    upright = decode_image(buffer.getvalue(), Path("a.png"), least_side=1)
    assert (as_stored(upright, orientation) == stored).all()


def test_files_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="is no file"):
        read_photograph(tmp_path)
    with pytest.raises(UserError, match="No such file"):
        read_photograph(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"12345")
    monkeypatch.setattr(examination, "MOST_BYTES", 4)
    with pytest.raises(UserError, match="is larger than"):
        read_photograph(tmp_path / "b.jpg")

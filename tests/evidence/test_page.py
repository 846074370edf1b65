import re
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from fakeface.evidence.blocks import Grid
from fakeface.evidence.content_credentials import ContentCredentials, State
from fakeface.evidence.examination import Examination, examine
from fakeface.evidence.exif import Exif
from fakeface.evidence.page import file_facts, percent, render_page
from fakeface.inference.detector import Detector
from fakeface.inference.published import read_published
from tests.evidence.files import jpeg, portrait


@pytest.fixture(scope="module")
def examination(detector: Detector) -> Examination:
    data = jpeg(np.ascontiguousarray(portrait()[::4, ::4]))
    return examine(data, Path("a.jpg"), detector, None, datetime(2026, 1, 2, tzinfo=UTC))


def said(examination: Examination, part: str, title: str, **values: Any) -> str:
    """Return the text under a title of the page, where a part of what is known has other values."""
    content = deepcopy(examination.content)
    content[part] |= values
    page = render_page(Examination(content, examination.pictures))
    (text,) = re.findall(f"<h[23][^>]*>{re.escape(title)}</h[23]>(.*?)<h[23]", page, re.DOTALL)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("probability", "words"),
    [(None, "–"), (0.0, "under 1 %"), (0.42, "42 %"), (0.995, "over 99 %"), (1.0, "over 99 %")],
)
def test_nobody_is_as_sure_as_a_hundred_percent(probability: float | None, words: str) -> None:
    assert percent(probability) == words


def test_what_is_published_is_said_of_the_release(examination: Examination) -> None:
    published = {"published": asdict(read_published()), "calibration": None}
    text = said(examination, "detector", "How often the detector is wrong", **published)
    assert "False alarms: 5.9 % of the real photographs were called fake." in text
    assert "decided 69 % of the photographs and was right about 82 %" in text
    assert "5.9 % of 9,900 real photographs are 584, beside 100 fakes" in text
    assert "(AUROC, 0.5 is guessing): generated 0.859, swapped 0.417, retouched 0.838." in text


def test_place_is_said_where_it_was_asked_for(examination: Examination) -> None:
    def words(exif: Exif) -> str:
        return said(examination, "file_says", "EXIF", exif=asdict(exif))

    assert words(Exif()) == "<p>None.</p>"
    assert "left out here" in words(Exif(others=3, has_place=True))
    assert "latitude -33.5, longitude 151.2" in words(Exif(has_place=True, place=(-33.5, 151.2)))


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_of_content_credentials_has_words(examination: Examination, state: State) -> None:
    credentials = asdict(ContentCredentials(state, program="GIMP", problems=("a code",), actions=("c2pa.edited",)))
    title = "Content credentials (C2PA)"
    text = said(examination, "file_says", title, content_credentials=credentials)
    assert re.match(r"<p>[^<]+\.</p>", text)
    if state != "not read":
        assert re.search("step 1</th> <td[^>]*>c2pa.edited</td>", text)


@pytest.mark.parametrize(
    ("place", "words"), [(None, "No grid"), ((0, 0), "starts at the corner"), ((5, 3), "5 pixels from the left and 3")]
)
def test_grid_is_said_where_it_lies(examination: Examination, place: tuple[int, int] | None, words: str) -> None:
    grid = asdict(Grid((1.0,), (1.0,), place))
    assert words in said(examination, "pixels_show", "The grid of JPEG blocks", grid=grid)


def test_gaps_are_counted(examination: Examination) -> None:
    def words(*gaps: tuple[int, ...]) -> str:
        rounding = {str(n): {"gaps": numbers, "counts": (1,), "step": 1} for n, numbers in enumerate(gaps)}
        return said(examination, "pixels_show", "How often it was rounded", rounding=rounding)

    assert "No wave has gaps.</p>" in words((), (), ())
    assert "2 of 3 waves have gaps.</p>" in words((1,), (), (2, 3))


@pytest.mark.parametrize(
    ("standard", "program", "words"),
    [
        (True, "", "the standard ones at quality 90"),
        (False, "Photoshop (web high)", "those of Photoshop (web high); nearest"),
        (False, "", "of a program that is not known here; nearest"),
    ],
)
def test_tables_are_named_as_far_as_they_are_known(standard: bool, program: str, words: str) -> None:
    file = {"bytes": 12_345, "width": 640, "height": 480}
    header = {"format": "JPEG", "mode": "RGB", "progressive": True, "subsampling": "4:2:0"}
    tables = {"quality": 90, "standard": standard, "program": program}
    facts = file_facts(file, {"header": header, "jpeg_tables": tables})
    assert words in facts["quantisation tables"]
    assert facts["size"] == "12,345 bytes, 640 × 480 pixels"
    assert facts["order"] == "progressive"

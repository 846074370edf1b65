from dataclasses import asdict
from typing import get_args

import pytest

from fakeface.evidence.blocks import Grid
from fakeface.evidence.content_credentials import ContentCredentials, State
from fakeface.evidence.exif import Exif
from fakeface.evidence.page import (
    credential_facts,
    credential_words,
    exif_words,
    file_facts,
    grid_words,
    measured_words,
    percent,
    rounding_words,
)
from fakeface.inference.published import read_published


@pytest.mark.parametrize(
    ("probability", "words"),
    [(None, "–"), (0.0, "under 1 %"), (0.42, "42 %"), (0.995, "over 99 %"), (1.0, "over 99 %")],
)
def test_nobody_is_as_sure_as_a_hundred_percent(probability: float | None, words: str) -> None:
    assert percent(probability) == words


def test_what_is_published_is_said_of_the_release() -> None:
    said = " ".join(measured_words({"published": asdict(read_published()), "calibration": None}))
    assert "False alarms: 5 % of the real photographs were called fake." in said
    assert "decided 36 % of the photographs and was right about 77 %" in said
    assert "5 % of 9,900 real photographs are 495, beside 100 fakes" in said


def test_place_is_said_where_it_was_asked_for() -> None:
    assert exif_words(asdict(Exif())) == "None."
    assert "left out here" in exif_words(asdict(Exif(others=3, has_place=True)))
    assert "latitude -33.5, longitude 151.2" in exif_words(asdict(Exif(has_place=True, place=(-33.5, 151.2))))


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_of_content_credentials_has_words(state: State) -> None:
    credentials = asdict(ContentCredentials(state, program="GIMP", problems=("a code",), actions=("c2pa.edited",)))
    assert credential_words(credentials).endswith(".")
    if state != "not read":
        assert credential_facts(credentials)["step 1"] == "c2pa.edited"


@pytest.mark.parametrize(
    ("place", "words"), [(None, "No grid"), ((0, 0), "starts at the corner"), ((5, 3), "5 pixels from the left and 3")]
)
def test_grid_is_said_where_it_lies(place: tuple[int, int] | None, words: str) -> None:
    assert words in grid_words(asdict(Grid((), (), place)))


def test_gaps_are_counted() -> None:
    assert rounding_words([{"gaps": ()}] * 3).endswith("No wave has gaps.")
    assert rounding_words([{"gaps": (1,)}, {"gaps": ()}, {"gaps": (2, 3)}]).endswith("2 of 3 waves have gaps.")


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

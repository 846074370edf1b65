"""The page about one photograph, ``evidence.jinja``: one file that asks nobody for anything."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fakeface.evidence.blocks import REACH
from fakeface.evidence.examination import MOST_FACES, Examination
from fakeface.evidence.residual import QUALITIES
from fakeface.evidence.words import (
    credential_facts,
    credential_words,
    exif_words,
    file_facts,
    grid_words,
    measured_words,
    percent,
    provenance,
    rounding_words,
)
from fakeface.inference.verdicts import WORDS
from fakeface.report.pages import Table, render

_FOLDER = Path(__file__).parent
_ALL = 99
"""So many columns hold text."""

_SHOWN_QUALITY = 90


def render_page(examination: Examination) -> str:
    """Return the page as HTML."""
    content = examination.content
    says, shows = content["file_says"], content["pixels_show"]
    return render(
        "evidence",
        "html",
        templates=_FOLDER,
        script=(_FOLDER / "page.js").read_text("utf-8"),
        **content,
        pictures=examination.pictures,
        most_faces=MOST_FACES,
        qualities=QUALITIES,
        shown_quality=_SHOWN_QUALITY,
        reach=REACH,
        names=WORDS,
        percent=percent,
        flips=_flips,
        pairs=_pairs,
        trials=_trials,
        regions=_regions,
        history=_history,
        copies=_copies,
        bars=_bars,
        file_facts=file_facts(content["file"], says),
        exif_words=exif_words(says["exif"]),
        credential_words=credential_words(says["content_credentials"]),
        credential_facts=credential_facts(says["content_credentials"]),
        grid_words=grid_words(shows["grid"]),
        rounding_words=rounding_words(shows["rounding"].values()),
        measured=measured_words(content["detector"]),
        provenance=provenance(content),
    )


def _flips(stability: Mapping[str, Any]) -> str:
    """Name the changes under which a verdict flips."""
    return ", or ".join(trial["change"] for trial in stability["trials"] if trial["flips"])


def _pairs(caption: str, values: Mapping[str, str]) -> Table:
    return Table(caption, ["what", "value"], [[name, value] for name, value in values.items()], _ALL)


def _trials(caption: str, verdict: Mapping[str, Any], stability: Mapping[str, Any]) -> Table:
    rows: list[list[Any]] = [["as it is", WORDS[verdict["verdict"]], percent(verdict["probability"])]]
    for trial in stability["trials"]:
        flips = "flips" if trial["flips"] else ""
        rows.append(
            [trial["change"], (WORDS.get(trial["verdict"], trial["verdict"]), flips), percent(trial["probability"])]
        )
    strong = [number for number, trial in enumerate(stability["trials"], 1) if trial["flips"]]
    return Table(caption, ["the photograph", "verdict", "probability of fake"], rows, 2, strong)


def _regions(caption: str, regions: Mapping[str, float]) -> Table:
    rows = [[name.replace("_", " "), percent(value)] for name, value in regions.items()]
    return Table(caption, ["region", "probability of an edit"], rows)


def _history(steps: Sequence[Mapping[str, str]]) -> Table:
    names = list(dict.fromkeys(name for step in steps for name in step))
    rows = [[str(number), *(step.get(name, "") for name in names)] for number, step in enumerate(steps, 1)]
    return Table("What XMP lists as its history", ["step", *names], rows, _ALL)


def _copies(found: Sequence[Mapping[str, Any]]) -> Table:
    columns = ["pair", "one part", "the other", "features that agree", "turned by", "scaled by"]
    rows = [
        [
            str(number),
            *(", ".join(map(str, copy[part])) for part in ("first", "second")),
            str(copy["matches"]),
            f"{copy['turned']:g}°",
            f"{copy['scale']:.2f}",
        ]
        for number, copy in enumerate(found, 1)
    ]
    return Table("Parts that lie in it twice: left, top, right, bottom in pixels", columns, rows, 3)


def _bars(counts: Sequence[float], marked: Sequence[int] = (), first: int = 0) -> list[dict[str, Any]]:
    """Return bars for a drawing: heights from 0 to 1, and which are marked."""
    most = max(*counts, 0) or 1
    return [
        {"number": number, "count": count, "height": max(count / most, 0.01), "marked": number in marked}
        for number, count in enumerate(counts, first)
    ]

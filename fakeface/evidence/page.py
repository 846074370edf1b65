"""The page about one photograph, ``evidence.jinja``: one file that asks nobody for anything."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fakeface.evidence.blocks import REACH
from fakeface.evidence.examination import Examination
from fakeface.evidence.pixel_facts import QUALITIES
from fakeface.inference.explain import MOST_FACES
from fakeface.inference.verdicts import WORDS
from fakeface.report.numbers import NONE, share
from fakeface.report.pages import Table, render

_FOLDER = Path(__file__).parent
_ALL = 99
"""So many columns hold text."""

_SHOWN_QUALITY = 90


def render_page(examination: Examination) -> str:
    """Return the page as HTML."""
    content, says = examination.content, examination.content["file_says"]
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
        pairs=_pairs,
        trials=_trials,
        regions=_regions,
        history=_history,
        copies=_copies,
        file_facts=file_facts(content["file"], says),
        credential_facts=credential_facts(says["content_credentials"]),
        share=share,
    )


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


def percent(probability: float | None) -> str:
    """Write a probability of fake; nobody is so sure that it were 0 % or 100 %."""
    if probability is None:
        return NONE
    if probability < 0.01:
        return "under 1 %"
    return "over 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def file_facts(file: Mapping[str, Any], says: Mapping[str, Any]) -> dict[str, str]:
    """Return what the file is."""
    facts = {"size": f"{file['bytes']:,} bytes, {file['width']} × {file['height']} pixels"}
    header, tables = says["header"], says["jpeg_tables"]
    if header is not None:
        facts["format"] = f"{header['format']}, {header['mode']}"
        if header["format"] == "JPEG":
            facts["order"] = "progressive" if header["progressive"] else "sequential"
            facts["colours (chroma subsampling)"] = header["subsampling"]
    if tables is not None:
        if tables["standard"]:
            facts["quantisation tables"] = f"the standard ones at quality {tables['quality']}, as libjpeg writes them"
        else:
            known = f"those of {tables['program']}" if tables["program"] else "of a program that is not known here"
            facts["quantisation tables"] = f"{known}; nearest to the standard ones at quality {tables['quality']}"
    return facts


def credential_facts(credentials: Mapping[str, Any]) -> dict[str, str]:
    """Return what the credentials say."""
    if credentials["state"] == "not read":
        return {}
    facts = {
        "program": credentials["program"],
        "name in the certificate": credentials["signer"],
        "signed": credentials["time"],
        "made from other files": str(credentials["ingredients"] or ""),
        "what does not fit": ", ".join(credentials["problems"]),
    }
    facts |= {f"step {number}": action for number, action in enumerate(credentials["actions"], 1)}
    return {name: value for name, value in facts.items() if value}

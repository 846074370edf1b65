"""The page about one photograph, ``evidence.jinja``: one file that asks nobody for anything."""

from collections.abc import Iterable, Mapping, Sequence
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

_CREDENTIALS = {
    "none": "None. Most photographs have none.",
    "fits": "There are some, and their signature fits the file: since it was signed the file has not changed.",
    "does not fit": "There are some, and they do not fit the file: it was changed since, or they are another's.",
    "broken": "There are some, and they cannot be read.",
    "elsewhere": "The file names an address where there are some. Nothing is fetched, so they are not known.",
    "not read": "Not read.",
}

_REALS, _FAKES = 9_900, 100
"""What a search through 10,000 photographs may meet."""


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


def exif_words(exif: Mapping[str, Any]) -> str:
    """Say what else there is in the EXIF data."""
    if not exif["fields"] and not exif["others"] and not exif["has_place"]:
        return "None."
    words = f"{exif['others'] or 'No'} other fields, which are not shown."
    if exif["place"] is not None:
        return words + " Place: latitude {}, longitude {}.".format(*exif["place"])
    if exif["has_place"]:
        return words + " The place is in the file, and left out here: it is shown only where asked for."
    return words


def credential_words(credentials: Mapping[str, Any]) -> str:
    """Say whether there are content credentials, and whether they fit."""
    if credentials["state"] == "not read":
        return f"Not read: {', '.join(credentials['problems'])}."
    return _CREDENTIALS[credentials["state"]]


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


def grid_words(grid: Mapping[str, Any]) -> str:
    """Say where the grid of JPEG's blocks lies."""
    opening = "JPEG works in blocks of 8 × 8 pixels, and leaves small steps at their borders."
    if grid["place"] is None:
        return f"{opening} No grid stands out."
    if tuple(grid["place"]) == (0, 0):
        return f"{opening} A grid starts at the corner, as in a photograph that was saved as it is."
    left, top = grid["place"]
    return f"{opening} A grid starts {left} pixels from the left and {top} from the top: it was cut after it was saved."


def rounding_words(roundings: Iterable[Mapping[str, Any]]) -> str:
    """Say whether the coefficients were rounded before."""
    opening = (
        "JPEG rounds the waves that blocks consist of to multiples of a step. After one saving, larger multiples are "
        "rarer; an earlier saving with another step leaves gaps, which are marked."
    )
    number = sum(bool(rounding["gaps"]) for rounding in roundings)
    return f"{opening} {'No wave has gaps.' if not number else f'{number} of 3 waves have gaps.'}"


def measured_words(detector: Mapping[str, Any]) -> list[str]:
    """Say what the detector was measured on and how often it is wrong."""
    calibration = detector["calibration"]
    if detector["published"] is not None:
        published = detector["published"]["other_origins"]
        alarms = published["reals_called_fake"]
        aurocs = ", ".join(f"{kind} {value:.3f}" for kind, value in published["auroc"].items())
        return [
            f"Measured on {published['photographs']}.",
            f"False alarms: {share(alarms, 0)} of the real photographs were called fake.",
            f"It decided {share(published['decided'], 0)} of the photographs and was right about "
            f"{share(published['right_among_decided'], 0)} of these.",
            f"How well fakes are told from reals by their scores (AUROC, 0.5 is guessing): {aurocs}.",
            f"Where fakes are rare, most alarms are false: {share(alarms, 0)} of {_REALS:,} real photographs are "
            f"{alarms * _REALS:.0f}, beside {_FAKES} fakes.",
        ]
    if calibration is not None:
        return [
            "What is published of the released detector does not hold for these weights.",
            f"They were calibrated so that {share(calibration['error_rate'], 0)} of the verdicts real and fake are "
            f"wrong on the photographs of the calibration, of which {share(calibration['decided'], 0)} got one.",
            "How often they call real photographs of other origins fake is not known.",
        ]
    return ["Nothing is known of how often these weights are wrong: they are not calibrated."]

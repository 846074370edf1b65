"""The sentences of the page about one photograph that depend on what was found."""

from collections.abc import Iterable, Mapping
from typing import Any

from fakeface.report.numbers import NONE, share

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


def provenance(content: Mapping[str, Any]) -> dict[str, str]:
    """Return what is needed to repeat the page."""
    made, file, detector = content["made"], content["file"], content["detector"]
    return {
        "command": made["command"],
        "date": made["date"],
        "fakeface": made["fakeface"],
        "SHA-256 of the photograph": file["sha256"],
        "weights": detector["weights"] + (" (released)" if detector["release"] else ""),
        "SHA-256 of the weights": detector["sha256"],
        "what the network sees": ", ".join(detector["views"]),
    }

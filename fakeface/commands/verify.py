"""Check that the released detector does what is published of it, on photographs of yours.

Weights and scores are held against the published ones, photograph by photograph, and so are the figures, if all
photographs of the data set that it was trained on are there. Those that it was not trained on show whether what is
promised of others holds. The exit code is 0 where everything that could be checked holds, 1 where something does not,
and 2 for wrong input.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from fakeface.data.data_folder import read_records
from fakeface.errors import UserError
from fakeface.folders import announcement
from fakeface.inference.detector import RELEASE, Detector
from fakeface.inference.published import (
    FIGURES_FILE,
    RELEASE_FOLDER,
    SCORES_FILE,
    Published,
    digest_of,
    publish,
    read_published,
    read_published_scores,
)
from fakeface.studies.verification import (
    Check,
    Judged,
    check_figures,
    check_promises,
    check_scores,
    check_weights,
    judge,
    measure,
    to_publish,
)

_NOT_CHECKED = (
    "Not checked: {kinds} (AUROC), measured with networks that had not seen the origins of these photographs. The "
    "release has seen them, so it cannot give these figures again; docs/results.md says how they were measured."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="folder of the data set")
    parser.add_argument(
        "--manifest", type=Path, help="a CSV of photographs (default: all below ROOT in CIPLAB's layout)"
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="for whoever releases weights: write scores and figures into the package, in place of those before",
    )


def run(arguments: argparse.Namespace) -> int:
    records = read_records(arguments.data, arguments.manifest)
    if not records:
        raise UserError(f"{arguments.data} holds no photograph: name the folder of a data set")
    detector = Detector.load(RELEASE)
    judged = judge(detector, records)
    unread = [one.verdict for one in judged if one.verdict.error is not None]
    for verdict in unread:
        print(f"{verdict.path} cannot be read: {verdict.error}")
    if len(unread) == len(judged):
        raise UserError(f"no photograph of {arguments.data} can be read: name another folder")
    if arguments.publish:
        return _publish(detector, judged, arguments.data)
    published, scores = read_published(RELEASE_FOLDER), read_published_scores(RELEASE_FOLDER)
    checks = [
        check_weights(detector, published),
        *check_scores(judged, scores),
        *check_figures(judged, published, scores),
        *check_promises(judged, published, scores),
    ]
    _print(checks)
    kinds = ", ".join(f"{kind} {value:.3f}" for kind, value in published.other_origins.auroc.items())
    print(_NOT_CHECKED.format(kinds=kinds))
    wrong = [check.name for check in checks if check.holds is False]
    print(f"Does not hold: {', '.join(wrong)}." if wrong else "All that could be checked holds.")
    return 1 if wrong else 0


def _print(checks: Sequence[Check]) -> None:
    rows = [("", "published", "measured", "95 % interval", "holds")]
    for check in checks:
        bounds = "" if check.interval is None else f"[{check.interval.low:.3f}, {check.interval.high:.3f}]"
        rows.append((check.name, check.published, check.measured, bounds, _HOLDS[check.holds]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


_HOLDS = {True: "yes", False: "NO", None: ""}


def _publish(detector: Detector, judged: Sequence[Judged], root: Path) -> int:
    before = read_published(RELEASE_FOLDER)
    for name in (FIGURES_FILE, SCORES_FILE):
        print(announcement(RELEASE_FOLDER / name))
    shares, _ = measure(judged)
    weights = {"file": detector.network.file.name, "sha256": digest_of(detector.network.file)}
    publish(Published(weights, shares, before.other_origins), to_publish(judged, root), RELEASE_FOLDER)
    return 0

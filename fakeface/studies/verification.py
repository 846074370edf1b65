"""Whether the released detector does what is published of it: its weights, its scores, its figures.

What was published of photographs that it was trained on must come out again; what is promised of others is held against
photographs that it was not trained on, where there are such.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fakeface.data.records import FAKE, LABEL_NAMES, REAL, Record
from fakeface.evaluation.intervals import Interval, metric_intervals, wilson_interval
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.scores import compute_scores
from fakeface.inference.detector import Detector
from fakeface.inference.published import Published, PublishedScore, Shares, digest_of
from fakeface.inference.verdicts import Verdict

TOLERANCE = 0.005
"""How far a probability or a figure may be from the published one; processors round differently."""

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Judged:
    """A photograph and what is said of it.

    Attributes:
        record: The photograph.
        sha256: Of its file, the first 16 digits.
        verdict: The verdict.
    """

    record: Record
    sha256: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """A published value beside the measured one.

    Attributes:
        name: What was measured.
        published: As it is published.
        measured: As it came out.
        interval: That of the measured share, where it is one: what other photographs of the kind would give.
        holds: Whether it came out as published; ``None`` where it was not checked.
    """

    name: str
    published: str
    measured: str
    interval: Interval | None
    holds: bool | None


def judge(detector: Detector, records: Sequence[Record]) -> list[Judged]:
    """Judge photographs, one after the other."""
    verdicts = detector.stream(record.path for record in records)
    shown = tqdm(verdicts, "judging", len(records), unit="photograph", disable=None, leave=False)
    pairs = zip(records, shown, strict=True)
    return [Judged(record, digest_of(record.path)[:_DIGITS], verdict) for record, verdict in pairs]


def to_publish(judged: Iterable[Judged], root: Path) -> list[PublishedScore]:
    """Return what is to be published of photographs below a folder; those that cannot be read have no score."""
    return [
        PublishedScore(
            path=one.record.path.relative_to(root).as_posix(),
            sha256=one.sha256,
            label=LABEL_NAMES[one.record.label],
            verdict=one.verdict.verdict,
            probability=one.verdict.probability,
        )
        for one in judged
        if one.verdict.verdict is not None
    ]


def measure(judged: Sequence[Judged]) -> tuple[Shares, dict[str, Interval | None]]:
    """Return how a detector did on photographs, and the interval of each figure.

    Those without a face count as undecided, and not for the AUROC.
    """
    readable = [one for one in judged if one.verdict.verdict is not None]
    decided = [one for one in readable if one.verdict.verdict in LABEL_NAMES]
    tellings = {
        "reals_called_fake": [one.verdict.verdict == LABEL_NAMES[FAKE] for one in readable if one.record.label == REAL],
        "decided": [one.verdict.verdict in LABEL_NAMES for one in readable],
        "right_among_decided": [one.verdict.verdict == LABEL_NAMES[one.record.label] for one in decided],
    }
    means = {name: float(np.mean(values)) if values else None for name, values in tellings.items()}
    scored = [(one.record, one.verdict.probability) for one in readable if one.verdict.probability is not None]
    table = Predictions.from_records([record for record, _ in scored], [probability for _, probability in scored])
    auroc = compute_scores(table.label, table.score)["auroc"] if scored else None
    shares = Shares(auroc, means["reals_called_fake"], means["decided"] or 0.0, means["right_among_decided"])
    intervals = {
        name: None if mean is None else wilson_interval(mean, len(tellings[name])) for name, mean in means.items()
    }
    return shares, {"auroc": None if auroc is None else metric_intervals(table)["auroc"], **intervals}


def check_weights(detector: Detector, published: Published) -> Check:
    """Check that the weights are those that everything was published of."""
    digest = digest_of(detector.network.file)
    promised = published.weights["sha256"]
    return Check("weights, SHA-256", promised[:_DIGITS], digest[:_DIGITS], None, digest == promised)


def check_scores(judged: Sequence[Judged], published: Sequence[PublishedScore]) -> list[Check]:
    """Check that each photograph of the published ones that is here gets the published score and verdict."""
    by_digest = {one.sha256: one for one in published}
    pairs = [(one, by_digest[one.sha256]) for one in judged if one.sha256 in by_digest]
    if not pairs:
        return [Check("published photographs", str(len(published)), "none is here", None, None)]
    away = [_distance(one.verdict.probability, known.probability) for one, known in pairs]
    # A score that lies on the border of the unsure band may be rounded to the other side.
    other = [
        distance for distance, (one, known) in zip(away, pairs, strict=True) if one.verdict.verdict != known.verdict
    ]
    complete = len({one.sha256 for one, _ in pairs}) == len(by_digest)
    return [
        Check("published photographs", str(len(published)), f"{len(pairs)} are here", None, complete or None),
        Check("largest difference of a probability", "0", f"{max(away):.4f}", None, max(away) <= TOLERANCE),
        Check("verdicts that differ", "0", str(len(other)), None, max(other, default=0.0) <= TOLERANCE),
    ]


def check_figures(judged: Sequence[Judged], published: Published, scores: Sequence[PublishedScore]) -> list[Check]:
    """Check the figures on the photographs that the detector was trained on, where all of them are here."""
    digests = {one.sha256 for one in scores}
    known = [one for one in judged if one.sha256 in digests]
    if {one.sha256 for one in known} != digests:
        return []
    measured, intervals = measure(known)
    checks = []
    for field, name in _NAMES.items():
        before, now = getattr(published.trained_on, field), getattr(measured, field)
        promised, found = ("–" if value is None else f"{value:.4f}" for value in (before, now))
        holds = _distance(now, before) <= TOLERANCE
        checks.append(Check(f"trained on: {name}", promised, found, intervals[field], holds))
    return checks


def check_promises(judged: Sequence[Judged], published: Published, scores: Sequence[PublishedScore]) -> list[Check]:
    """Hold what is promised of other photographs against those that the detector was not trained on."""
    digests = {one.sha256 for one in scores}
    others = [one for one in judged if one.sha256 not in digests]
    if not others:
        return []
    measured, intervals = measure(others)
    promises = published.other_origins
    checks = []
    for field, name in _NAMES.items():
        promise, value, interval = getattr(promises, field), getattr(measured, field), intervals[field]
        holds = None
        if interval is not None and field in {"reals_called_fake", "right_among_decided"}:
            better = interval.low <= promise if field == "reals_called_fake" else interval.high >= promise
            holds = bool(better)
        shown = "" if field == "auroc" else _percent(promise)
        text = "–" if value is None else f"{value:.3f}" if field == "auroc" else _percent(value)
        checks.append(Check(f"others ({len(others)}): {name}", shown, text, interval, holds))
    return checks


_NAMES = {
    "auroc": "AUROC",
    "reals_called_fake": "reals called fake",
    "decided": "decided",
    "right_among_decided": "right among the decided",
}


def _distance(one: float | None, other: float | None) -> float:
    """Return how far two values are apart; ``None`` is 1 away from a value."""
    if one is None or other is None:
        return 0.0 if one is other else 1.0
    return abs(one - other)


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"

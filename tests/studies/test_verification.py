import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fakeface.data.records import Record
from fakeface.inference.detector import Detector
from fakeface.inference.published import OtherOrigins, Published, PublishedScore, Shares
from fakeface.inference.verdicts import Verdict, VerdictName
from fakeface.studies.verification import (
    Check,
    Judged,
    check_figures,
    check_promises,
    check_scores,
    check_weights,
    measure,
    to_publish,
)

PROMISES = OtherOrigins("some", reals_called_fake=0.05, decided=0.4, right_among_decided=0.8, auroc={"swapped": 0.5})


def judged(name: str, label: int, verdict: VerdictName | None, probability: float | None) -> Judged:
    path = Path("root") / name
    return Judged(Record(path, label), f"digest of {name}", Verdict(path, verdict, probability))


FOUR = [
    judged("a.jpg", 1, "fake", 0.9),
    judged("b.jpg", 1, "unsure", 0.4),
    judged("c.jpg", 0, "fake", 0.8),
    judged("d.jpg", 0, "real", 0.1),
]
"""Of the four pairs of a fake and a real three are in order; one of two reals is called fake; two of three decided ones
are right."""


def published(shares: Shares | None = None) -> Published:
    return Published({"file": "a", "sha256": "0"}, shares or measure(FOUR)[0], PROMISES)


def failures(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if check.holds is False]


def test_figures_are_those_counted_by_hand() -> None:
    shares, intervals = measure(FOUR)
    assert shares == Shares(auroc=0.75, reals_called_fake=0.5, decided=0.75, right_among_decided=2 / 3)
    interval = intervals["decided"]
    assert interval is not None
    assert interval.low == pytest.approx(0.3006, abs=1e-4)  # Wilson's of 3 in 4
    assert interval.high == pytest.approx(0.9544, abs=1e-4)


def test_photographs_without_face_or_pixels_are_counted_as_such() -> None:
    shares, _ = measure([*FOUR, judged("e.jpg", 0, "no face", None), judged("f.jpg", 0, None, None)])
    assert shares.auroc == 0.75
    assert shares.decided == 3 / 5
    assert shares.reals_called_fake == pytest.approx(1 / 3)
    assert measure([])[0] == Shares(None, None, 0.0, None)


def test_the_same_scores_hold() -> None:
    scores = to_publish(FOUR, Path("root"))
    assert scores[0] == PublishedScore("a.jpg", "digest of a.jpg", "fake", "fake", 0.9)
    checks = check_scores(FOUR, scores) + check_figures(FOUR, published(), scores)
    assert [check.holds for check in checks] == [True] * 7


@pytest.mark.parametrize(
    ("away", "verdict", "wrong"),
    [
        (0.004, "fake", []),
        (0.004, "unsure", []),  # on the border of the band
        (0.006, "fake", ["largest difference of a probability"]),
        (0.006, "unsure", ["largest difference of a probability", "verdicts that differ"]),
    ],
)
def test_scores_that_differ_do_not_hold(away: float, verdict: str, wrong: list[str]) -> None:
    scores = to_publish(FOUR, Path("root"))
    scores[0] = scores[0]._replace(probability=0.9 - away, verdict=verdict)
    assert failures(check_scores(FOUR, scores)) == wrong


def test_score_where_there_was_no_face_does_not_hold() -> None:
    scores = to_publish(FOUR, Path("root"))
    scores[0] = scores[0]._replace(probability=None, verdict="no face")
    assert len(failures(check_scores(FOUR, scores))) == 2


def test_figures_that_differ_do_not_hold() -> None:
    scores = to_publish(FOUR, Path("root"))
    checks = check_figures(FOUR, published(Shares(0.75, 0.4, 0.75, 2 / 3)), scores)
    assert failures(checks) == ["trained on: reals called fake"]


def test_figures_are_checked_on_all_photographs_alone() -> None:
    scores = to_publish(FOUR, Path("root"))
    assert check_figures(FOUR[:3], published(), scores) == []
    first, *_ = check_scores(FOUR[:3], scores)
    assert (first.published, first.measured, first.holds) == ("4", "3 are here", None)
    assert check_scores([], scores)[0].measured == "none is here"


def test_promises_are_held_against_photographs_not_trained_on() -> None:
    # 40 of 100 reals called fake is far more than promised, and so are 40 errors in 100 verdicts.
    others = [judged(f"{number}.jpg", 0, "fake" if number < 40 else "real", 0.5) for number in range(100)]
    checks = check_promises(others, published(), to_publish(FOUR, Path("root")))
    assert failures(checks) == ["others (100): reals called fake", "others (100): right among the decided"]
    # 8 of 100 may be chance where 5 were promised.
    others = [judged(f"{number}.jpg", 0, "fake" if number < 8 else "real", 0.5) for number in range(100)]
    checks = check_promises(others + FOUR, published(), to_publish(FOUR, Path("root")))
    assert failures(checks) == []
    assert [check.holds for check in checks] == [None, True, None, True]
    assert check_promises(FOUR, published(), to_publish(FOUR, Path("root"))) == []


def test_weights_are_known_by_their_digest(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"weights")
    detector = cast(Detector, SimpleNamespace(network=SimpleNamespace(file=tmp_path / "a.onnx")))
    digest = hashlib.sha256(b"weights").hexdigest()
    promise = published()
    assert check_weights(detector, replace(promise, weights={"file": "a", "sha256": digest})).holds is True
    assert check_weights(detector, promise).holds is False

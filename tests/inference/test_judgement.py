"""What a detector makes of a network's scores: kinds, reasons and the promise about false alarms."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakeface import Detector
from fakeface.cli import main
from fakeface.errors import UserError
from fakeface.faces.alignment import POINTS
from fakeface.faces.finder import Face
from fakeface.inference.looked import Looked
from fakeface.inference.network import FaceScore
from tests.networks import CALIBRATION, write_checkpoint

REALS = {"a": [0.2, 0.5], "b": [0.3], "c": [0.1, 0.9], "d": [0.4]}


def detector_of(folder: Path, reals: dict[str, list[float]] = REALS, **arguments: Any) -> Detector:
    """A detector whose network is not asked; unsure are its scores from 0.55 to 0.65."""
    write_checkpoint(folder / "best.ckpt", calibration=replace(CALIBRATION, reals=reals))
    return Detector.load(folder / "best.ckpt", **arguments)


def face(eyes: float) -> Face:
    """A face with so many pixels between the eyes, always as large as 100 by 100."""
    return Face(np.array([10.0, 10, 110, 110]), POINTS * eyes / 128, 0.9)


def test_kinds_are_suspected_of_what_is_not_real_and_unsure_has_a_reason(tmp_path: Path) -> None:
    detector = detector_of(tmp_path)
    faces = [face(40), face(40), face(27), face(29)]
    scores = [
        *(FaceScore(0.1, None, "edited"), FaceScore(0.64, None, "swapped")),
        *(FaceScore(0.6, None, "generated"), FaceScore(0.63)),
    ]
    verdict = detector.judge(None, Looked([], faces, (200, 200)), scores)
    found = [(one.verdict, one.kind, one.reason) for one in verdict.faces or ()]
    assert found == [
        ("real", None, None),
        ("unsure", "swapped", "too close"),
        ("unsure", "generated", "small face"),
        ("unsure", None, "too close"),
    ]
    assert (verdict.verdict, verdict.kind, verdict.reason) == ("unsure", "swapped", "too close")


def test_faces_that_cannot_be_judged_say_why_and_leave_the_verdict_to_the_others(tmp_path: Path) -> None:
    detector = detector_of(tmp_path)
    small = Face(np.array([10.0, 10, 41, 41]), POINTS / 4, 0.9)
    faces = [small, face(40), face(50)]
    one = detector.judge(None, Looked([], faces, (200, 200), blurred=frozenset([1])), [FaceScore(0.9)])
    assert [found.verdict for found in one.faces or ()] == ["too small", "too blurred", "fake"]
    assert [found.probability is None for found in one.faces or ()] == [True, True, False]
    assert (one.verdict, one.suspect) == ("fake", 2)
    none = detector.judge(None, Looked([], faces, (200, 200), blurred=frozenset([1, 2])), [])
    assert (none.verdict, none.probability, none.suspect) == ("too blurred", None, None)
    assert detector.judge(None, Looked([], [small], (200, 200)), []).verdict == "no face"


def test_a_photograph_judged_as_a_whole_keeps_its_verdict_and_says_that_there_is_no_face(tmp_path: Path) -> None:
    detector = detector_of(tmp_path)
    small = Face(np.array([10.0, 10, 41, 41]), POINTS / 4, 0.9)  # of 31 pixels
    found = []
    for faces in ([], [small], [small, face(40)]):
        for score in (0.1, 0.64, 0.9):
            looked = Looked([], faces, (200, 200), whole=True)
            verdict = detector.judge(None, looked, [FaceScore(score, None, "generated")])
            assert (verdict.faces, verdict.face_count, verdict.suspect) == (None, len(faces), None)
            found.append((verdict.verdict, verdict.kind, verdict.reason))
    judged = [("real", None), ("unsure", "generated"), ("fake", "generated")]
    reasons = ["no face"] * 6 + [None, "too close", None]
    assert found == [(*one, reason) for one, reason in zip(judged * 3, reasons, strict=True)]


def test_what_is_unlike_its_training_is_not_judged_whatever_its_score(tmp_path: Path) -> None:
    detector = detector_of(tmp_path)
    scores = [FaceScore(fake, None, "swapped", distance) for distance in (1.5, 1.6) for fake in (0.1, 0.64, 0.9)]

    def found() -> list[tuple[str, str | None, str | None]]:
        verdict = detector.judge(None, Looked([], [face(40)] * 6, (200, 200)), scores)
        return [(one.verdict, one.kind, one.reason) for one in verdict.faces or ()]

    judged = [("real", None, None), ("unsure", "swapped", "too close"), ("fake", "swapped", None)]
    assert found() == judged * 2
    detector.settings = replace(detector.settings, farthest=1.5)
    assert found() == [*judged, *[("unsure", None, "unlike its training")] * 3]


def test_fewer_false_alarms_make_more_unsure(tmp_path: Path) -> None:
    def name(score: float, false_alarms: float | None = None) -> str | None:
        detector = detector_of(tmp_path, false_alarms=false_alarms)
        return detector.judge(None, Looked([], [], (9, 9), whole=True), [FaceScore(score)]).verdict

    assert [name(score) for score in (0.5, 0.6, 0.7)] == ["real", "unsure", "fake"]
    # Of five sources with the new one, 0.3 allows the others half a share of false alarms: that of c.
    assert [name(score, 0.3) for score in (0.45, 0.5, 0.51)] == ["real", "unsure", "fake"]
    assert [name(score, 0.2) for score in (0.5, 0.7, 0.9, 0.91)] == ["real", "unsure", "unsure", "fake"]


def test_a_detector_that_is_sent_keeps_its_promise_and_its_scores_are_its_own(tmp_path: Path) -> None:
    strict = detector_of(tmp_path, false_alarms=0.3)
    copy = pickle.loads(pickle.dumps(strict))
    assert copy.settings == strict.settings != detector_of(tmp_path).settings
    assert copy.fingerprint == strict.fingerprint != detector_of(tmp_path).fingerprint


def test_the_command_line_takes_a_share_or_says_which_it_could_keep(
    tmp_path: Path, demo_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detector_of(tmp_path)
    command = ["predict", str(next(demo_root.glob("*/*.jpg"))), "--ckpt_path", str(tmp_path / "best.ckpt")]
    assert main([*command, "--false-alarms", "0.3"]) == 0
    assert "fake is said of 30.0% of the real photographs of a new source at most" in capsys.readouterr().err
    assert main([*command, "--false-alarms", "0.1"]) == 2
    assert "4 sources are known to the detector: choose 0.2 or more" in capsys.readouterr().err


def test_a_checkpoint_without_sources_promises_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no source of real photographs is known"):
        detector_of(tmp_path, reals={}, false_alarms=0.3)
    assert "reals" in torch.load(tmp_path / "best.ckpt", weights_only=True)["calibration"]

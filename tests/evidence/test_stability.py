from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.evidence.stability import judge_variants, make_variants, move_box, same_face
from fakeface.inference.detector import Detector
from fakeface.inference.verdicts import FaceVerdict, Verdict, VerdictName

CHANGES = [
    "saved as JPEG 90", "saved as JPEG 75", "saved as JPEG 50", "scaled to half its size", "cut by 3 % on each side",
    "mirrored", "shown at 70 % of its size, as in a screenshot",
]  # fmt: skip
BOX = (40, 20, 80, 60)


def white_square() -> NDArray[np.uint8]:
    """A white square at ``BOX`` on black, 200 pixels wide and 100 high."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    return image


def find_square(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(image[..., 1] > 127)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


class Judge:
    """Finds the white square, and calls it fake in the left half of the photograph; a stand-in for a detector."""

    def __init__(self, faces: bool = True) -> None:
        self.faces = faces

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Verdict]:
        return [self._judge(image) for image in images]

    def _judge(self, image: NDArray[np.uint8]) -> Verdict:
        box = find_square(image)
        name: VerdictName = "fake" if box[2] <= image.shape[1] / 2 else "real"
        face = FaceVerdict(box, 1.0, cast("str", name), 0.5)  # type: ignore[arg-type]
        return Verdict(None, name, 0.5, faces=(face,) if self.faces else None)


def test_places_move_with_the_pixels() -> None:
    variants = list(make_variants(white_square()))
    assert [variant.name for variant in variants] == CHANGES
    for variant in variants:
        assert move_box(BOX, variant.matrix) == pytest.approx(find_square(variant.pixels), abs=1), variant.name
    sizes = [variant.pixels.shape[:2] for variant in variants]
    assert sizes == [(100, 200)] * 3 + [(50, 100), (94, 188), (100, 200), (70, 140)]


def test_verdict_that_changes_under_one_change_flips_there() -> None:
    image = white_square()
    judge = Judge()
    verdict = judge.predict([image])[0]
    whole, (face,) = judge_variants(cast(Detector, judge), image, verdict)
    for stability in (whole, face):
        assert not stability.steady
        assert [trial.change for trial in stability.trials] == CHANGES
        assert [trial.change for trial in stability.trials if trial.verdict != "fake"] == ["mirrored"]


def test_verdict_that_holds_is_steady() -> None:
    image = white_square()[:, 30:90]  # in the middle
    image = np.ascontiguousarray(image)
    judge = Judge(faces=False)
    whole, faces = judge_variants(cast(Detector, judge), image, judge.predict([image])[0])
    assert whole.steady
    assert {trial.verdict for trial in whole.trials} == {"real"}
    assert faces == []


def test_face_is_found_again_by_its_place() -> None:
    left, right = FaceVerdict((0, 0, 10, 10), 1.0, "real"), FaceVerdict((20, 0, 30, 10), 1.0, "fake")
    assert same_face((1, 1, 11, 11), [left, right]) is left
    assert same_face((20, 0, 30, 10), [left, right]) is right
    assert same_face((8, 0, 18, 10), [left, right]) is None  # 2 of 18 pixels wide in common
    assert same_face((0, 0, 10, 10), []) is None


def test_face_that_is_lost_is_not_found() -> None:
    image = white_square()
    elsewhere = FaceVerdict((150, 70, 180, 95), 1.0, "real", 0.2)
    _, (face,) = judge_variants(cast(Detector, Judge()), image, Verdict(Path("a"), "real", 0.2, faces=(elsewhere,)))
    assert {trial.verdict for trial in face.trials} == {"not found"}
    assert not face.steady


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (3, 2, 3)])
def test_smallest_photographs_have_variants(shape: tuple[int, int, int]) -> None:
    for variant in make_variants(np.zeros(shape, np.uint8)):
        assert variant.pixels.size


def test_photograph_that_becomes_too_small_to_judge_does_not_flip() -> None:
    class Strict(Judge):
        def _judge(self, image: NDArray[np.uint8]) -> Verdict:
            return Verdict(None, None, None, error="too small") if image.shape[0] < 60 else super()._judge(image)

    image = white_square()
    verdict = Strict().predict([image])[0]
    _, (face,) = judge_variants(cast(Detector, Strict()), image, verdict)
    by_change = {trial.change: trial for trial in face.trials}
    assert by_change["scaled to half its size"].verdict == "not judged"
    assert [trial.change for trial in face.trials if trial.flips] == ["mirrored"]

"""What a detector says of a photograph and of each of its faces."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

NotJudged = Literal["too small", "too blurred"]
VerdictName = Literal["real", "fake", "unsure", "no face", "too blurred"]
FaceVerdictName = Literal["real", "fake", "unsure"] | NotJudged
Kind = Literal["edited", "swapped", "generated"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order of ``fakeface.models.KINDS``, which needs torch."""

Reason = Literal["too close", "small face", "unlike its training", "no face"]
"""Why a verdict is unsure: the score is too close to the threshold, and perhaps for the face is smaller than those that
networks are trained on; or the face is unlike those that the network was shown, whatever its score. Or, whatever the
verdict, why it is not one about a face: the network judges photographs as a whole, and there is no face in this one."""

WORDS: dict[str | None, str] = {
    "real": "nothing found",
    "fake": "looks fake",
    "unsure": "unsure",
    "no face": "no face",
    "too small": "too small",
    "too blurred": "too blurred",
    None: "not judged",
}
"""What people read in the place of each name. A photograph in which nothing was found is not thereby real."""


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """What the network says of one face. It is never proof about a person.

    Attributes:
        box: Left, top, right and bottom in pixels of the photograph as it is shown upright, within it.
        confidence: How sure the face finder is that there is a face, 0 to 1.
        verdict: ``real``, ``fake`` or ``unsure``, or ``too small`` or ``too blurred`` for a face that is not judged.
        probability: Calibrated probability of fake; None for a face that is not judged.
        regions: Probability of an edit by name of the region, or None where there is none.
        kind: What is suspected where the verdict is not real; None where the network does not tell kinds.
        reason: Why the verdict is unsure; None for any other.
    """

    box: tuple[int, int, int, int]
    confidence: float
    verdict: FaceVerdictName
    probability: float | None = None
    regions: dict[str, float] | None = None
    kind: Kind | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the network says of one photograph. It is never proof about a person.

    Attributes:
        path: The file, or None for pixels.
        verdict: ``real``, ``fake``, ``unsure``, or where the network judges faces and found none that it can judge,
            ``too blurred`` if one is, else ``no face``; None where the file could not be read. Of several faces it is
            that of the most suspicious one.
        probability: Calibrated probability of fake, of the most suspicious face; None where there is none.
        regions: Probability of an edit by name of the region, or None where the network has no region head.
        error: Why the file could not be read, or None.
        faces: Every face that was found, the most prominent first, or None where the network judges the photograph as a
            whole.
        face_count: How many faces were found, however the network judges; None where the file could not be read.
        kind: What is suspected of the most suspicious face where the verdict is not real; None where the network does
            not tell kinds.
        reason: Why the verdict is unsure, or ``no face`` where that was judged as a whole in which none was found that
            is large enough; else None.
    """

    path: Path | None
    verdict: VerdictName | None
    probability: float | None
    regions: dict[str, float] | None = None
    error: str | None = None
    faces: tuple[FaceVerdict, ...] | None = None
    face_count: int | None = None
    kind: Kind | None = None
    reason: Reason | None = None

    @classmethod
    def from_dict(cls, path: Path | None, values: Mapping[str, Any]) -> Self:
        """Return the verdict on a file from the other values of ``dataclasses.asdict``, which may have been JSON."""
        faces = values["faces"]
        if faces is not None:
            faces = tuple(FaceVerdict(**{**face, "box": tuple(face["box"])}) for face in faces)
        return cls(path, **{**values, "faces": faces})

    @property
    def suspect(self) -> int | None:
        """Place of the most suspicious face in ``faces``, whose verdict is the photograph's; None without one."""
        judged = [number for number, face in enumerate(self.faces or ()) if face.probability is not None]
        return max(judged, key=lambda number: (self.faces or ())[number].probability or 0.0, default=None)

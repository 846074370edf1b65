"""What a detector sees of a photograph before it judges."""

from collections.abc import Sequence
from dataclasses import dataclass

from fakeface.faces.finder import Face
from fakeface.inference.scoring import Seen
from fakeface.inference.verdicts import NotJudged

LEAST_FACE = 32
"""Sides of a face in pixels below which it is not judged."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is to judge in a photograph.

    Attributes:
        seen: The views of each face that can be judged, or of the whole photograph.
        faces: Every face.
        shape: Height and width of the photograph in pixels.
        whole: Whether the network judges the photograph as a whole.
        blurred: Places among ``faces`` of those that are too blurred to be judged.
    """

    seen: Sequence[Seen]
    faces: Sequence[Face]
    shape: tuple[int, int]
    whole: bool = False
    blurred: frozenset[int] = frozenset()

    @property
    def judged(self) -> list[int]:
        """Places among ``faces`` of those that can be judged."""
        return [place for place in range(len(self.faces)) if self.why_not(place) is None]

    @property
    def views(self) -> dict[int | None, Seen]:
        """What is seen by the place of its face among ``faces``, or by None of the whole photograph."""
        return dict(zip([None] if self.whole else self.judged, self.seen, strict=True))

    def why_not(self, place: int) -> NotJudged | None:
        """Return why a face cannot be judged, if so."""
        if self.faces[place].side < LEAST_FACE:
            return "too small"
        return "too blurred" if place in self.blurred else None

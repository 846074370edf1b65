"""The one way from photographs to scores: they are read and looked at on all cores, and scored in batches, in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import ImageError
from fakeface.data.threads import map_in_order
from fakeface.views import Viewed

BATCH_SIZE = 32

Item = TypeVar("Item")
Score = TypeVar("Score")
Seen = Mapping[str, Viewed]
"""What a network sees of one face: its views by name."""

Batch = Mapping[str, NDArray[np.uint8]]
"""The same of several faces, each view ``(B, size, size, 3)``."""


@dataclass(frozen=True, slots=True)
class Scored(Generic[Item, Score]):
    """A photograph, or what stands for it, with the scores of its faces.

    Attributes:
        item: What stands for the photograph.
        seen: What there was to see, by face; as yet a photograph that can be read has one.
        scores: What the network says of each face.
        error: Why the photograph could not be read, or None.
    """

    item: Item
    seen: Sequence[Seen] = ()
    scores: Sequence[Score] = ()
    error: ImageError | None = None

    def readable(self) -> Self:
        """Return this photograph.

        Raises:
            ImageError: When it could not be read.
        """
        if self.error is not None:
            raise self.error
        return self


def score(
    network: Callable[[Batch], Iterable[Score]],
    items: Iterable[Item],
    look: Callable[[Item], Sequence[Seen]],
    batch_size: int = BATCH_SIZE,
) -> Iterator[Scored[Item, Score]]:
    """Yield each photograph with its scores, in order; memory holds what is seen of a few batches only.

    Args:
        network: Scores a batch; ``Network`` does, and whatever else gives something for each face of it.
        items: What stands for the photographs, such as their paths, taken one by one.
        look: Returns what there is to see of an item's faces; it runs in threads, and may raise ``ImageError``.
        batch_size: Faces that the network sees at once.
    """

    def prepare(item: Item) -> Scored[Item, Score]:
        try:
            return Scored(item, look(item))
        except ImageError as error:
            return Scored(item, error=error)

    waiting: list[Scored[Item, Score]] = []
    faces = 0
    for prepared in map_in_order(prepare, items):
        waiting.append(prepared)
        faces += len(prepared.seen)
        if max(faces, len(waiting)) >= batch_size:
            yield from _score_waiting(network, waiting, batch_size)
            waiting, faces = [], 0
    yield from _score_waiting(network, waiting, batch_size)


def stack(seen: Sequence[Seen]) -> dict[str, NDArray[np.uint8]]:
    """Return the views of faces as a batch."""
    return {name: np.stack([views[name].pixels for views in seen]) for name in seen[0]}


def _score_waiting(
    network: Callable[[Batch], Iterable[Score]], waiting: Sequence[Scored[Item, Score]], batch_size: int
) -> Iterator[Scored[Item, Score]]:
    seen = [views for one in waiting for views in one.seen]
    starts = range(0, len(seen), batch_size)
    scores = iter([row for start in starts for row in network(stack(seen[start : start + batch_size]))])
    for one in waiting:
        yield Scored(one.item, one.seen, [next(scores) for _ in one.seen], one.error)

"""The scoring path by itself, with faces that are numbers and a network that knows them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.images import ImageError
from fakeface.inference.scoring import Batch, Seen, score
from fakeface.views import Viewed


def face(value: int) -> Seen:
    return {"original": Viewed(np.full((2, 2, 3), value, np.uint8), np.eye(2, 3), None)}


class Network:
    """Scores a face by its value and notes the sizes of batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, batch: Batch) -> Iterator[int]:
        pixels = batch["original"]
        assert pixels.shape[1:] == (2, 2, 3)
        self.sizes.append(len(pixels))
        return iter(pixels[:, 0, 0, 0].tolist())


def look(values: list[int]) -> list[Seen]:
    if values == [-1]:
        raise ImageError(Path("a.jpg"), "empty")
    return [face(value) for value in values]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_photographs_keep_their_order_and_the_scores_of_their_own_faces(batch_size: int) -> None:
    photographs = [[1], [-1], [], [2, 3, 4, 5], [6], [-1], [7, 8]]
    network = Network()
    scored = list(score(network, photographs, look, batch_size))
    assert [one.item for one in scored] == photographs
    assert [one.scores for one in scored] == [[1], [], [], [2, 3, 4, 5], [6], [], [7, 8]]
    assert [len(one.seen) for one in scored] == [1, 0, 0, 4, 1, 0, 2]
    assert max(network.sizes) <= batch_size
    assert sum(network.sizes) == 8
    assert [one.error is not None for one in scored] == [False, True, False, False, False, True, False]
    with pytest.raises(ImageError, match="empty"):
        scored[1].readable()
    assert scored[0].readable() is scored[0]


def test_nothing_is_scored_where_there_is_nothing() -> None:
    network = Network()
    assert list(score(network, [], look)) == []
    assert [one.scores for one in score(network, [[], [-1]], look)] == [[], []]
    assert network.sizes == []


def test_batches_are_full_where_photographs_have_one_face() -> None:
    network = Network()
    list(score(network, [[value] for value in range(10)], look, batch_size=4))
    assert network.sizes == [4, 4, 2]

"""The game: which of two faces is real?"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path

from fakeface.data.images import decode_image
from fakeface.serve.analyst import Analyst
from fakeface.serve.faces import FacePair
from fakeface.serve.messages import Answer, Game, Pair, Prediction, Side
from fakeface.serve.waiting_line import WaitingLine
from fakeface.views.pictures import data_url

_KEPT = 32
"""Pairs whose pictures are kept in memory, each of about half a megabyte."""


def game_router(analyst: Analyst, line: WaitingLine, pairs: Sequence[FacePair], drawn: bool) -> APIRouter:
    """Return the routes below ``/api/game``.

    Args:
        analyst: What judges the faces.
        line: Where it is waited for.
        pairs: What is shown.
        drawn: Whether the faces are drawn.
    """
    router = APIRouter(prefix="/api/game")
    number_type = Annotated[int, Path(ge=0, lt=len(pairs))]

    @lru_cache(_KEPT)
    def picture(number: int) -> Pair:
        left, right = (decode_image(face.data, FilePath(f"pair {number}")) for face in pairs[number])
        return Pair(left=data_url(left), right=data_url(right))

    @lru_cache(_KEPT)
    def answer(number: int) -> Answer:
        pair = pairs[number]
        left, right = (analyst.judge(face.data, evidence=True) for face in pair)
        return Answer(
            real=pair.real,
            difficulty=pair.fake.difficulty,
            regions=list(pair.fake.regions),
            network=_choice(left, right),
            left=left,
            right=right,
        )

    @router.get("")
    async def game() -> Game:
        """Say how many pairs there are."""
        return Game(pairs=len(pairs), drawn=drawn)

    @router.get("/{number}")
    async def show(number: number_type) -> Pair:
        """Send the pictures of a pair."""
        async with line.place():
            return await line.run(lambda: picture(number))

    @router.get("/{number}/answer")
    async def tell(number: number_type) -> Answer:
        """Tell the truth about a pair, and what the network says of it."""
        async with line.place():
            return await line.run(lambda: answer(number))

    return router


def _choice(left: Prediction, right: Prediction) -> Side | None:
    if left.probability is None or right.probability is None or left.probability == right.probability:
        return None
    return "left" if left.probability < right.probability else "right"

"""A line before the detector: one photograph at a time, few waiting, nobody for long."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

Result = TypeVar("Result")

_FIRST_GUESS = 0.5
_MEMORY = 0.8


class Busy(Exception):  # noqa: N818 (a state, no error)
    """There is no place in the line, or no answer in time.

    Attributes:
        wait: Seconds after which to try again.
    """

    def __init__(self, wait: int) -> None:
        super().__init__(f"try again in {wait} s")
        self.wait = wait


class WaitingLine:
    """Runs functions one after the other in a thread; its methods belong to one event loop.

    Attributes:
        places: How many may be served or wait.
        seconds: How long one may wait for the result.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self.places = places
        self.seconds = seconds
        self._taken = 0
        self._seconds_each = _FIRST_GUESS
        # One thread: a network uses all cores for one photograph, and OpenCV's networks serve one thread at a time.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detector")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. It is taken before the upload is read, so that places bound the memory.

        Raises:
            Busy: When all places are taken.
        """
        if self._taken >= self.places:
            raise Busy(self._wait())
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run a function when its turn comes; whoever has given up before is passed over.

        Raises:
            Busy: When the time is over.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._timed, function)
        except TimeoutError as error:
            raise Busy(self._wait()) from error

    def close(self) -> None:
        """Let the function that runs finish, and drop the others."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _timed(self, function: Callable[[], Result]) -> Result:
        start = time.monotonic()
        try:
            return function()
        finally:
            seconds = time.monotonic() - start
            self._seconds_each = _MEMORY * self._seconds_each + (1 - _MEMORY) * seconds

    def _wait(self) -> int:
        """Guess when half of the line will be gone."""
        return max(1, math.ceil(self._taken * self._seconds_each / 2))

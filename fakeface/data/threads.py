"""Work on many photographs at once: threads that decode ahead of whoever takes the results."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Yield the result for each item, in order; few are computed ahead, so that memory stays constant.

    Meanwhile OpenCV uses one thread, for its own would fight with these.

    Args:
        function: What to compute; it runs in threads.
        items: Taken one by one, in the caller's thread.
        workers: Threads; one per core by default.
    """
    workers = workers or cores()
    with one_opencv_thread(), ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


_lock = threading.Lock()
_threads_before: list[int] = []
"""How many threads OpenCV had when each of the present users came: the first one's is the number to go back to."""


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV to one thread; several may ask for it at the same time and end in any order."""
    with _lock:
        _threads_before.append(cv2.getNumThreads())
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            cv2.setNumThreads(_threads_before.pop())


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

import threading
import time

import cv2
import pytest

from fakeface.data.threads import cores, map_in_order, one_opencv_thread


@pytest.mark.parametrize("workers", [1, 3, None])
def test_results_come_in_the_order_of_the_items(workers: int | None) -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.01 if number % 7 == 0 else 0)
        return number * number

    assert list(map_in_order(slow_at_first, range(40), workers)) == [number * number for number in range(40)]


def test_few_results_are_computed_ahead() -> None:
    started: list[int] = []
    for taken, _ in enumerate(map_in_order(started.append, range(200), workers=2), start=1):
        time.sleep(0.0005)
        assert len(started) <= taken + 8
    assert sorted(started) == list(range(200))


def test_workers_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    assert sorted(map_in_order(lambda _: both.wait(), range(2), workers=2)) == [0, 1]


def test_an_error_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(lambda number: 1 // number, [2, 1, 0, 3], workers=2))


def test_opencv_gets_its_threads_back() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with one_opencv_thread():
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_opencv_gets_its_threads_back_whichever_of_several_users_ends_first() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        first, second = map_in_order(str, range(9)), map_in_order(str, range(9))
        assert (next(first), next(second)) == ("0", "0")
        assert cv2.getNumThreads() == 1
        list(first)
        assert cv2.getNumThreads() == 1
        del second  # given up by whoever took its results
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_there_is_a_core() -> None:
    assert cores() >= 1

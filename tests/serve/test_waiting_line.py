import asyncio
import threading
import time

import pytest

from fakeface.serve.waiting_line import Busy, WaitingLine


def test_one_at_a_time_in_order() -> None:
    running, together, order = 0, 0, []

    def work(number: int) -> int:
        nonlocal running, together
        running += 1
        together = max(together, running)
        time.sleep(0.01)
        order.append(number)
        running -= 1
        return number

    async def visit() -> list[int]:
        line = WaitingLine(places=10, seconds=5)
        results = await asyncio.gather(*(line.run(lambda number=number: work(number)) for number in range(8)))  # type: ignore[misc]
        line.close()
        return results

    assert asyncio.run(visit()) == order == list(range(8))
    assert together == 1


def test_who_finds_no_place_is_told_how_long_to_wait() -> None:
    async def visit() -> None:
        line = WaitingLine(places=2, seconds=5)
        async with line.place(), line.place():
            with pytest.raises(Busy) as raised:
                async with line.place():
                    pytest.fail("there was a place")
            assert raised.value.wait >= 1
        async with line.place():
            pass
        line.close()

    asyncio.run(visit())


def test_who_waits_too_long_gives_up_and_is_passed_over() -> None:
    release = threading.Event()
    late = []

    async def visit() -> None:
        line = WaitingLine(places=5, seconds=0.1)
        results = await asyncio.gather(line.run(release.wait), line.run(lambda: late.append(1)), return_exceptions=True)
        assert [type(result) for result in results] == [Busy, Busy]
        release.set()
        assert await line.run(lambda: "next") == "next"
        line.close()

    asyncio.run(visit())
    assert late == []


def test_errors_reach_whoever_asked() -> None:
    async def visit() -> None:
        line = WaitingLine(places=1, seconds=5)
        with pytest.raises(ZeroDivisionError):
            await line.run(lambda: 1 / 0)
        line.close()

    asyncio.run(visit())


def test_longer_work_means_longer_waits() -> None:
    async def wait_after(seconds: float) -> int:
        line = WaitingLine(places=8, seconds=5)
        for _ in range(3):
            await line.run(lambda: time.sleep(seconds))
        for _ in range(8):
            await line.place().__aenter__()
        with pytest.raises(Busy) as raised:
            await line.place().__aenter__()
        line.close()
        return raised.value.wait

    quick, slow = asyncio.run(wait_after(0)), asyncio.run(wait_after(0.6))
    # Half of eight, with a mean that remembers: 0.5 × 0.8³ = 0.26 s and 0.26 + 0.6 × (1 − 0.8³) = 0.55 s each.
    assert (quick, slow) == (2, 3)

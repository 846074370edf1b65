"""Measuring contenders in turn, and printing what came out."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

HEADER = f"{'subject':22} {'contender':22} {'img/s':>8} {'ratio':>6} {'least':>6} {'most':>6} {'MiB':>6}"
"""The ratio says how many times as fast as the contender the first one of its subject is."""

Times = Mapping[str, Sequence[float]]
"""For each contender the seconds per image of every round; the first one is what the others are compared with."""


def take_turns(contenders: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Run the contenders in turn for some rounds, and return their seconds per image.

    Args:
        contenders: What to time; each returns how many images it worked on.
        rounds: How many turns each has.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            start = time.perf_counter()
            images = contender()
            times[name].append((time.perf_counter() - start) / images)
    return times


def print_rows(subject: str, times: Times, memory: Mapping[str, float] | None = None) -> None:
    """Print a row for each contender, with the ratios of every round's times in the median, the least and the most."""
    first = next(iter(times.values()))
    for name, seconds in times.items():
        ratios = [other / own for other, own in zip(seconds, first, strict=True)]
        mebibytes = f"{memory[name]:.0f}" if memory and name in memory else ""
        print(
            f"{subject:22} {name:22} {1 / statistics.median(seconds):8.1f} {statistics.median(ratios):6.2f} "
            f"{min(ratios):6.2f} {max(ratios):6.2f} {mebibytes:>6}",
            flush=True,
        )

import numpy as np
import pytest

from fakeface.evidence.blocks import REACH, brightness, count_rounding, find_grid
from fakeface.evidence.jpeg_tables import standard_tables
from fakeface.views.pictures import save_as_jpeg
from tests.evidence.files import portrait


def test_grid_lies_where_the_photograph_was_cut() -> None:
    saved = save_as_jpeg(portrait(), 80)
    assert find_grid(brightness(saved)).place == (0, 0)
    # Three columns and five rows less: the first border is five columns and three rows away.
    cut = np.ascontiguousarray(saved[5:, 3:])
    assert find_grid(brightness(cut)).place == (5, 3)


def test_photograph_that_was_never_saved_has_no_grid() -> None:
    assert find_grid(brightness(portrait())).place is None
    noise = np.random.default_rng(0).normal(128, 20, (400, 400)).astype(np.float32)
    assert find_grid(noise).place is None
    assert find_grid(np.full((100, 100), 7, np.float32)).place is None
    assert find_grid(noise[:5, :5]).place is None


def blocks(coefficients: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Blocks whose coefficient (0, 1) has these values: its wave is √2/8 · cos((2x + 1)π/16) in each row."""
    wave = np.sqrt(2) / 8 * np.cos((2 * np.arange(8) + 1) * np.pi / 16)
    return np.concatenate([np.tile(value * wave, (8, 1)) for value in coefficients], axis=1).astype(np.float32)


def test_multiples_of_a_step_are_counted() -> None:
    found = count_rounding(blocks([0, 0, 0, 4, 4, -8, 400]), step=4)
    assert found.counts[REACH - 2 : REACH + 3] == (1, 0, 3, 2, 0)
    assert sum(found.counts) == 6  # one is out of reach


def test_gaps_are_what_an_earlier_rounding_left() -> None:
    # Rounded to multiples of 10 before, to multiples of 4 now: 10 is 2.5 of them, 20 is 5, 30 is 7.5, 40 is 10.
    rng = np.random.default_rng(0)
    once = rng.laplace(0, 20, 6000)
    twice = np.rint(once / 10) * 10 + rng.normal(0, 0.3, 6000)
    assert count_rounding(blocks(once.tolist()), 4).gaps == ()
    gaps = set(count_rounding(blocks(twice.tolist()), 4).gaps)
    assert {-9, -6, -4, -1, 1, 4, 6, 9} <= gaps
    assert not {-10, -5, 0, 5, 10} & gaps


@pytest.mark.parametrize(("first", "second", "gaps"), [(None, 90, False), (60, 90, True), (75, 95, True)])
def test_photograph_that_was_saved_twice_has_gaps(first: int | None, second: int, gaps: bool) -> None:
    pixels = portrait() if first is None else save_as_jpeg(portrait(), first)
    step = int(standard_tables(second)[0][1])
    found = count_rounding(brightness(save_as_jpeg(pixels, second)), step)
    assert found.step == step
    assert bool(found.gaps) == gaps

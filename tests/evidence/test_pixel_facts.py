import numpy as np
import pytest

from fakeface.evidence import pixel_facts
from fakeface.evidence.pixel_facts import GAIN, QUALITIES, error_levels, noise_residual, read_pixel_facts
from fakeface.views.pictures import LONGEST_SIDE, save_as_jpeg
from tests.evidence.files import portrait


def test_of_large_photographs_the_blocks_of_the_middle_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_facts, "LONGEST", 204)
    found = read_pixel_facts(save_as_jpeg(portrait(), 60), 1, None)
    assert found.grid.place == (0, 0)  # the middle starts at a block
    assert {sum(rounding.counts) for rounding in found.rounding.values()} <= set(range(25 * 25 + 1))
    assert tuple(found.error_levels) == QUALITIES
    assert max(found.error_levels[90].shape) <= LONGEST_SIDE


def test_residual_is_how_far_a_pixel_is_from_its_neighbours() -> None:
    pixels = np.full((9, 9, 3), 100, np.uint8)
    pixels[4, 4] = 110
    residual = noise_residual(pixels)
    assert (residual[4, 4] == 10 * GAIN).all()
    assert residual.sum() == 3 * 10 * GAIN


def test_error_levels_vanish_at_the_quality_of_the_photograph() -> None:
    levels = error_levels(save_as_jpeg(portrait(), 75))
    assert tuple(levels) == QUALITIES
    means = {quality: float(level.mean()) for quality, level in levels.items()}
    assert min(means, key=lambda quality: means[quality]) == 75

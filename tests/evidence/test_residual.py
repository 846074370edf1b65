import numpy as np

from fakeface.evidence.residual import GAIN, QUALITIES, error_levels, noise_residual
from fakeface.views.pictures import save_as_jpeg
from tests.evidence.files import portrait


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

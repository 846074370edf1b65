from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.studies.corruptions import CORRUPTIONS, Corruption, all_corruptions


@pytest.fixture(scope="module")
def photograph() -> NDArray[np.uint8]:
    """Smooth colours with some grain, 60 pixels high and 80 wide, red brighter than blue."""
    generator = np.random.default_rng(0)
    ramp = np.linspace(40, 180, 80)[None, :, None] + np.array([40.0, 0.0, -30.0])
    return np.asarray(np.clip(ramp + generator.normal(0, 4, (60, 80, 3)), 0, 255), dtype=np.uint8)


def corrupt(name: str, image: NDArray[np.uint8], level: float, seed: int = 0) -> NDArray[np.uint8]:
    return Corruption(name, level)(image, np.random.default_rng(seed))


def error(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.mean(np.abs(image.astype(float) - other)))


@pytest.mark.parametrize("corruption", all_corruptions(), ids=lambda c: f"{c.name}-{c.level}")
def test_a_corruption_keeps_the_shape_changes_pixels_and_leaves_its_input_alone(
    corruption: Corruption, photograph: NDArray[np.uint8]
) -> None:
    before = photograph.copy()
    corrupted = corruption(photograph, np.random.default_rng(0))
    assert corrupted.shape == photograph.shape
    assert corrupted.dtype == np.uint8
    assert error(corrupted, photograph) > 0
    assert np.array_equal(photograph, before)
    assert np.array_equal(corrupted, corruption(photograph, np.random.default_rng(0)))


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "brightness"])
def test_levels_go_from_mild_to_strong(name: str, photograph: NDArray[np.uint8]) -> None:
    errors = [
        error(Corruption(name, level)(photograph, np.random.default_rng(0)), photograph)
        for level in CORRUPTIONS[name].levels
    ]
    assert errors == sorted(errors)
    assert errors[-1] > errors[0]


def test_colours_are_not_swapped_by_codecs(photograph: NDArray[np.uint8]) -> None:
    means = photograph.mean(axis=(0, 1))
    for codec in ("jpeg", "double_jpeg", "webp"):
        assert corrupt(codec, photograph, 90).mean(axis=(0, 1)) == pytest.approx(means, abs=1.5)


def test_jpeg_is_what_pillow_writes_at_the_same_quality(photograph: NDArray[np.uint8]) -> None:
    buffer = BytesIO()
    Image.fromarray(photograph).save(buffer, "JPEG", quality=50, subsampling="4:2:0")
    by_pillow = np.asarray(Image.open(buffer))
    assert error(corrupt("jpeg", photograph, 50), by_pillow) < 0.5
    assert error(corrupt("jpeg", photograph, 90), by_pillow) > 1


def test_double_jpeg_keeps_the_damage_of_the_first_compression(photograph: NDArray[np.uint8]) -> None:
    twice = corrupt("double_jpeg", photograph, 50)
    assert error(twice, corrupt("jpeg", photograph, 50)) < error(twice, photograph)
    assert np.array_equal(twice, corrupt("jpeg", corrupt("jpeg", photograph, 50), 95))


def test_downscaling_a_checkerboard_leaves_its_mean() -> None:
    board = np.zeros((8, 8, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 200
    assert np.array_equal(corrupt("downscale", board, 0.5), np.full((8, 8, 3), 100, np.uint8))


def test_a_single_pixel_can_be_downscaled() -> None:
    assert corrupt("downscale", np.full((1, 3, 3), 7, np.uint8), 0.25).tolist() == [[[7, 7, 7]] * 3]


def test_blur_spreads_a_point_like_a_gaussian() -> None:
    point = np.zeros((21, 21, 3), np.uint8)
    point[10, 10] = 255
    blurred = corrupt("blur", point, 1).astype(float)
    # A Gaussian of standard deviation 1, sampled and normalised, has 0.15915 at its centre and 0.09653 beside it.
    assert blurred[10, 10, 0] == pytest.approx(255 * 0.15915, abs=1.5)
    assert blurred[10, 11, 0] == pytest.approx(255 * 0.09653, abs=1.5)


def test_noise_has_the_stated_deviation_and_follows_the_generator() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    noisy = corrupt("noise", grey, 5, seed=1)
    assert noisy.astype(float).std() == pytest.approx(5, abs=0.1)
    assert noisy.mean() == pytest.approx(128, abs=0.1)
    assert not np.array_equal(noisy, corrupt("noise", grey, 5, seed=2))
    # Where it would leave 0..255 it saturates, and does not wrap around.
    assert corrupt("noise", np.full((100, 100, 3), 255, np.uint8), 10, seed=1).min() > 150


def test_brightness_multiplies_rounds_and_saturates() -> None:
    values = np.array([[[0, 10, 101], [200, 254, 255]]], np.uint8)
    assert corrupt("brightness", values, 1.2).tolist() == [[[0, 12, 121], [240, 255, 255]]]
    assert corrupt("brightness", values, 0.6).tolist() == [[[0, 6, 61], [120, 152, 153]]]

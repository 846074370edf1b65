from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.errors import UserError
from fakeface.views.ela import ElaParameters, error_level_analysis


def grey(value: int) -> NDArray[np.uint8]:
    return np.full((16, 16, 3), value, dtype=np.uint8)


def test_photograph_that_jpeg_keeps_shows_the_offset_alone() -> None:
    # A constant grey of 128 is the zero of JPEG's transform: nothing is lost, and |80 · 0 - 30| = 30.
    assert (error_level_analysis(grey(128)) == 30).all()


@pytest.mark.parametrize(
    ("quality", "alpha", "beta", "expected"),
    [
        # At quality 50 the luma DC step is 16, and DC is 8 · (value - 128): 133 means 40 = 2.5 steps, kept as 3: 134.
        # |80 · 1 - 30| = 50; a photograph that loses one grey level.
        (50, 80, -30, 50),
        (50, 80, 0, 80),
        # |10 · 1 - 30| = 20: the sign is dropped, not cut off at 0.
        (50, 10, -30, 20),
        # 0.6 · 1 rounds up, 0.4 · 1 down.
        (50, 0.6, 0, 1),
        (50, 0.4, 0, 0),
        # At quality 10 the step is 80: 40 is half a step and is rounded up to 80, which is 10 grey levels: 138.
        # |80 · 5 - 30| = 370 is cut off at 255; |40 · 5| = 200 is not.
        (10, 80, -30, 255),
        (10, 40, 0, 200),
    ],
)
def test_levels_follow_the_quantisation_step(quality: int, alpha: float, beta: float, expected: int) -> None:
    levels = error_level_analysis(grey(133), ElaParameters(quality, alpha, beta))
    assert levels.shape == (16, 16, 3)
    assert levels.dtype == np.uint8
    assert (levels == expected).all()


def test_levels_are_those_of_pillow_in_every_channel() -> None:
    rows, columns = np.mgrid[:24, :40]
    image = np.stack([5 * columns, 9 * rows, 3 * rows + 2 * columns], axis=2).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=90, subsampling="4:2:0")
    difference = np.abs(image.astype(int) - np.asarray(Image.open(buffer)).astype(int))
    expected = np.clip(np.abs(80 * difference - 30), 0, 255)
    levels = error_level_analysis(image)
    # Another build of libjpeg may round a few pixels otherwise; swapped channels agree by chance alone.
    assert (levels == expected).mean() > 0.97
    assert (levels[..., ::-1] == expected).mean() < 0.7


def test_saturates_at_four_grey_levels() -> None:
    differences = np.arange(5, dtype=np.uint8)
    assert cv2.convertScaleAbs(differences, alpha=80, beta=-30).ravel().tolist() == [30, 50, 130, 210, 255]


def test_image_is_not_changed() -> None:
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    before = image.copy()
    error_level_analysis(image)
    assert (image == before).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (17, 600)])
def test_any_size_is_analysed(shape: tuple[int, int]) -> None:
    assert error_level_analysis(np.zeros((*shape, 3), dtype=np.uint8)).shape == (*shape, 3)


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(UserError, match="from 1 to 100"):
        ElaParameters(quality=quality)


def test_spliced_region_shines() -> None:
    """Noise that was never compressed is brighter than noise that was compressed hard."""
    noise = np.random.default_rng(2).normal(128, 3, (64, 64)).clip(0, 255).astype(np.uint8)
    image = np.repeat(noise[..., np.newaxis], 3, axis=2)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    photograph = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    photograph[16:48, 16:48] = image[16:48, 16:48]
    levels = error_level_analysis(photograph).astype(float)
    assert levels[16:48, 16:48].mean() > 3 * levels[:, :8].mean()

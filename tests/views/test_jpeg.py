from io import BytesIO

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from fakeface.views.jpeg import SUBSAMPLINGS, decode, encode, encode_jpeg, save_as_jpeg

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def test_a_saved_image_keeps_its_colours_and_loses_more_at_low_quality() -> None:
    red = np.zeros((32, 32, 3), dtype=np.uint8)
    red[..., 0] = 200
    assert np.abs(save_as_jpeg(red, 95, SUBSAMPLINGS[0]).astype(int) - red).max() <= 3
    loss = [np.abs(save_as_jpeg(NOISE, quality, SUBSAMPLINGS[1]).astype(int) - NOISE).mean() for quality in (95, 60)]
    assert 0 < loss[0] < loss[1]


@pytest.mark.parametrize(("subsampling", "code"), zip(SUBSAMPLINGS, (2, 0, 1), strict=True))
def test_pillow_reads_the_colour_subsampling_and_the_same_pixels(subsampling: int, code: int) -> None:
    data = encode_jpeg(NOISE, 80, subsampling)
    image = Image.open(BytesIO(data))
    assert JpegImagePlugin.get_sampling(image) == code
    assert np.abs(np.asarray(image).astype(int) - decode(data)).mean() < 2


def test_what_opencv_cannot_encode_is_an_error() -> None:
    assert encode(NOISE, ".webp").startswith(b"RIFF")
    with pytest.raises(RuntimeError, match=r"could not encode an image of shape \(1, 70000, 3\) as \.jpg"):
        encode_jpeg(np.zeros((1, 70_000, 3), dtype=np.uint8), 90)

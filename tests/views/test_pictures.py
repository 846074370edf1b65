import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from fakeface.views.pictures import (
    SUBSAMPLINGS,
    data_url,
    decode,
    encode,
    encode_jpeg,
    save_as_jpeg,
    save_as_webp,
    shrink,
)

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


def test_a_small_picture_stays_and_a_large_one_keeps_its_shape() -> None:
    assert shrink(NOISE, 56) is NOISE
    assert shrink(NOISE, 14).shape == (10, 14, 3)
    assert shrink(np.zeros((1, 900), dtype=np.float32)).shape == (1, 640)
    # Four pixels become one, which is their mean.
    assert shrink(np.array([[10, 20], [30, 40]], dtype=np.float32), 1).tolist() == [[25]]


def test_a_data_url_holds_the_small_picture() -> None:
    kind, data = data_url(NOISE, 28).split(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(BytesIO(base64.b64decode(data))).size == (28, 20)


def test_webp_loses_a_little() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    error = np.abs(save_as_webp(noise, 80).astype(int) - noise).mean()
    assert 1 < error < 60

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from skimage.measure import blur_effect

from fakeface.faces.blur import MOST_BLUR, blur_of
from fakeface.views.pictures import save_as_jpeg


def grey(levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.repeat(np.rint(levels).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def test_values_worked_out_by_hand() -> None:
    half = np.arange(256) >= 128
    # A step of 70 is the difference at two columns; a blur over seven spreads it to 10 a column, 20 at both.
    assert blur_of(grey(70.0 * half + 70.0 * half[:, np.newaxis])) == pytest.approx(2 / 7)
    # A step in one direction has no edges in the other, where nothing can be less sharp.
    assert blur_of(grey(np.tile(99.0 * half, (256, 1)))) == 1
    assert blur_of(grey(np.full((256, 256), 99.0))) == 1


@pytest.mark.parametrize("sigma", [0.3, 1, 2, 4, 8])
def test_values_are_those_of_scikit_image(sigma: float) -> None:
    face = cv2.GaussianBlur(cv2.resize(skimage.data.astronaut()[30:190, 140:300], (256, 256)), (0, 0), sigma)
    small = cv2.resize(face, (128, 128), interpolation=cv2.INTER_AREA)
    expected = blur_effect(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float64), h_size=7)
    assert blur_of(face) == pytest.approx(expected, abs=1e-4)


def test_more_blur_is_more_at_every_size_of_the_picture() -> None:
    face = cv2.resize(skimage.data.astronaut()[30:190, 140:300], (256, 256))
    values = [blur_of(cv2.GaussianBlur(face, (0, 0), sigma)) for sigma in (0.5, 1, 2, 3, 4, 6, 8)]
    assert values == sorted(values)
    assert blur_of(cv2.resize(face, (512, 512))) == pytest.approx(blur_of(face), abs=0.02)


def test_blocks_of_jpeg_are_no_edges() -> None:
    face = cv2.GaussianBlur(cv2.resize(skimage.data.astronaut()[30:190, 140:300], (256, 256)), (0, 0), 8)
    assert blur_of(save_as_jpeg(np.asarray(face, dtype=np.uint8), 75)) > MOST_BLUR

import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.data.images import to_uint8
from fakeface.faces.alignment import CANVAS, CROP_CENTRE
from fakeface.forensic import face_augment
from fakeface.forensic.face_augment import FaceSample, augment_face

SIZE = 64
BITS = np.array([1, 0, 0, 1], dtype=np.float32)
# A white disc left of the middle, and the same in the splice at a quarter of the size.
ROWS, COLUMNS = np.mgrid[:CANVAS, :CANVAS]
DISC = (ROWS - CROP_CENTRE[1]) ** 2 + (COLUMNS - 120) ** 2 < 40**2
CANVAS_IMAGE = np.repeat((DISC * 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)
SPLICE = np.ascontiguousarray(CANVAS_IMAGE[2::4, 2::4, 0])


def draw(seed: int, size: int = SIZE) -> FaceSample:
    return augment_face(CANVAS_IMAGE, BITS, SPLICE, size, np.random.default_rng(seed))


def test_shapes_and_ranges() -> None:
    sample = draw(0)
    assert sample.face.shape == (64, 64, 3)
    assert sample.face.dtype == np.uint8
    assert sample.map.shape == (4, 4)
    assert 0 <= sample.map.min() < sample.map.max() <= 1


def test_bits_and_map_follow_the_face_when_it_is_mirrored() -> None:
    sides = set()
    for seed in range(30):
        sample = draw(seed, 256)
        brightness = sample.face.astype(float).sum(axis=2)
        left = brightness[:, :128].sum() > brightness[:, 128:].sum()
        assert sample.regions.tolist() == ([1, 0, 0, 1] if left else [0, 1, 0, 1])
        assert (sample.map[:, :8].sum() > sample.map[:, 8:].sum()) == left
        sides.add(left)
    assert sides == {True, False}


def test_the_map_lies_where_the_splice_is() -> None:
    for seed in range(20):
        sample = draw(seed, 256)
        brightness = sample.face.astype(float).sum(axis=2)
        white = brightness > (brightness.min() + brightness.max()) / 2
        cells = white.reshape(16, 16, 16, 16).mean(axis=(1, 3))
        assert np.abs(cells - sample.map).max() < 0.35
        assert np.abs(cells - sample.map).mean() < 0.03


def test_an_unknown_splice_is_nan() -> None:
    sample = augment_face(CANVAS_IMAGE, BITS, None, SIZE, np.random.default_rng(0))
    assert np.isnan(sample.map).all()


@pytest.mark.parametrize("seed", range(3))
def test_it_depends_on_the_generator_alone(seed: int) -> None:
    assert (draw(seed).face == draw(seed).face).all()
    assert (draw(seed).face != draw(seed + 1).face).any()


def test_light_and_noise_do_not_darken(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[float, float]] = []

    def note(values: NDArray[np.float32]) -> NDArray[np.uint8]:
        pixels = to_uint8(values)
        if values.min() > 1 and values.max() < 254:
            made.append((float(values.mean()), float(pixels.mean())))
        return pixels

    monkeypatch.setattr(face_augment, "to_uint8", note)
    grain = np.random.default_rng(0).integers(100, 150, (CANVAS, CANVAS, 3), dtype=np.uint8)
    for seed in range(20):
        augment_face(grain, BITS, None, SIZE, np.random.default_rng(seed))
    assert len(made) > 10
    assert np.abs(np.subtract(*np.transpose(made))).mean() < 0.05  # a cast would take off half a level

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.forensic.manipulations import (
    WITH_DONOR,
    WITHOUT_DONOR,
    blend_with_itself,
    morph_faces,
    swap_face,
    warp_locally,
)
from fakeface.forensic.pseudo_fakes import FacePhotograph, PseudoFake

POINTS = np.array([[110.0, 110.0], [190.0, 112.0], [150.0, 160.0], [118.0, 200.0], [182.0, 200.0]])


def texture(seed: int, mean: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 60, (300, 300, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.asarray(np.clip(smooth / smooth.std() * 25 + mean, 0, 255), dtype=np.uint8)


TARGET = FacePhotograph(texture(0, 140), POINTS)
DONOR = FacePhotograph(texture(1, 110), POINTS * 0.9 + 10)
MAKERS: list[Callable[[np.random.Generator], PseudoFake]] = [
    *(lambda generator, make=make: make(TARGET, DONOR, generator) for make in WITH_DONOR.values()),
    *(lambda generator, make=make: make(TARGET, generator) for make in WITHOUT_DONOR.values()),
]


@pytest.mark.parametrize("make", MAKERS)
def test_only_the_masked_pixels_change_and_the_target_is_not_written_to(
    make: Callable[[np.random.Generator], PseudoFake],
) -> None:
    before = TARGET.image.copy()
    for seed in range(6):
        fake = make(np.random.default_rng(seed))
        changed = np.abs(fake.image.astype(int) - TARGET.image).max(axis=2)
        rows, columns = (np.flatnonzero((fake.mask > 0).any(axis=axis)) for axis in (1, 0))
        around = np.zeros(fake.mask.shape, dtype=bool)
        around[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        assert not changed[~around].any()
        # Gradient blending lets its change run out in the rectangle around the mask.
        assert changed[around & (fake.mask == 0)].mean() < 0.05 * changed[fake.mask > 0.3].mean()
        assert changed[fake.mask > 0.3].mean() > 0.2
        assert 0 <= fake.mask.min() <= fake.mask.max() <= 1
        assert 0.0005 < (fake.mask > 0).mean() < 0.8
    np.testing.assert_array_equal(TARGET.image, before)


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_generator_makes_the_same_fake(make: Callable[[np.random.Generator], PseudoFake]) -> None:
    np.testing.assert_array_equal(make(np.random.default_rng(4)).image, make(np.random.default_rng(4)).image)


def test_whole_faces_have_all_regions_and_local_changes_say_that_theirs_are_unknown() -> None:
    generator = np.random.default_rng(0)
    assert swap_face(TARGET, DONOR, generator).regions.tolist() == [1, 1, 1, 1]
    assert blend_with_itself(TARGET, generator).regions.tolist() == [1, 1, 1, 1]
    assert np.isnan(warp_locally(TARGET, generator).regions).all()


def test_a_morph_lets_the_target_show_through() -> None:
    masks = [morph_faces(TARGET, DONOR, np.random.default_rng(seed)).mask.max() for seed in range(10)]
    assert all(0.29 < mask < 0.71 for mask in masks)


def test_a_blend_is_rounded_and_not_cut_off() -> None:
    # Truncation would make each pixel half a grey level darker on average.
    flat = FacePhotograph(np.full((150, 150, 3), 120, dtype=np.uint8), POINTS / 2)
    differences = []
    for seed in range(200):
        fake = blend_with_itself(flat, np.random.default_rng(seed))
        inside = (fake.mask > 0.05) & (fake.mask < 0.95)
        if inside.any():
            differences.append((fake.image[inside].astype(float) - 120).mean())
    assert abs(np.mean(differences)) < 0.25

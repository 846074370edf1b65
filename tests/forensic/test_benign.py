import numpy as np

from fakeface.forensic.benign import benign_changes


def portrait() -> np.ndarray:
    ramp = np.linspace(40, 210, 96).astype(np.uint8)
    return np.stack(
        [np.tile(ramp, (96, 1)), np.tile(ramp[:, np.newaxis], (1, 96)), np.full((96, 96), 120, np.uint8)], 2
    )


def test_a_third_of_the_pictures_stay_as_they_are() -> None:
    image = portrait()
    same = [np.array_equal(benign_changes(image, np.random.default_rng(seed)), image) for seed in range(300)]
    assert 0.25 < np.mean(same) < 0.45


def test_changes_are_repeatable_keep_shape_and_type_and_leave_the_input_alone() -> None:
    image = portrait()
    before = image.copy()
    for seed in range(40):
        changed = benign_changes(image, np.random.default_rng(seed))
        assert changed.shape == image.shape
        assert changed.dtype == np.uint8
        np.testing.assert_array_equal(changed, benign_changes(image, np.random.default_rng(seed)))
    np.testing.assert_array_equal(image, before)


def test_some_changes_take_the_colour_away() -> None:
    image = portrait()
    greys = 0
    for seed in range(300):
        changed = benign_changes(image, np.random.default_rng(seed)).astype(int)
        greys += int(np.ptp(changed, axis=2).max() <= 1)
    assert greys > 3

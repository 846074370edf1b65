import colorsys
import os
import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.data.augment import PAPER_OPERATIONS, augment_online, augment_paper

GEOMETRIC = ("flip_left_right", "flip_up_down", "rot90")
PHOTOMETRIC = ("random_brightness", "random_contrast", "random_saturation")

Views = dict[str, NDArray[np.uint8]]


class FixedAmount(np.random.Generator):
    """A generator whose uniform draws are one value, so that results can be worked out by hand."""

    def __init__(self, amount: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.amount = amount

    def uniform(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return self.amount


def make_views(size: int = 16, seed: int = 0) -> Views:
    generator = np.random.default_rng(seed)
    views = {view: generator.integers(0, 256, (size, size, 3), dtype=np.uint8) for view in ("original", "ela")}
    for image in views.values():
        image.flags.writeable = False  # as a memory-mapped cache serves them
    return views


def adjust(pixels: Sequence[Sequence[int]], operation: str, amount: float) -> list[list[int]]:
    """Run a photometric operation with a known amount on a square image given as its RGB pixels."""
    side = int(len(pixels) ** 0.5)
    image = np.array(pixels, dtype=np.uint8).reshape(side, side, 3)
    views, _ = augment_paper({"original": image}, np.zeros(4), operation, FixedAmount(amount))
    result: list[list[int]] = views["original"].reshape(-1, 3).tolist()
    return result


def test_the_paper_makes_seven_images_of_one() -> None:
    assert ("identity", *GEOMETRIC, *PHOTOMETRIC) == PAPER_OPERATIONS


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        # 255.5 · (v / 255 + delta), saturated and truncated: 255.5 · (100 / 255 + 0.1) = 125.75.
        (0.1, [25, 125, 255]),
        (-0.1, [0, 74, 229]),
    ],
)
def test_brightness_adds_as_tf_image_does(delta: float, expected: list[int]) -> None:
    assert adjust([[0, 100, 255]], "random_brightness", delta) == [expected]


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        # The channel means are 100, 50 and 63.75; blue 0 becomes 63.75 · 0.2 = 12.75, times 255.5 / 255, truncated.
        (0.8, [[20, 50, 12], [100, 50, 12], [100, 50, 12], [180, 50, 217]]),
        (1.2, [[0, 50, 0], [100, 50, 0], [100, 50, 0], [220, 50, 255]]),
    ],
)
def test_contrast_moves_each_channel_about_its_own_mean(factor: float, expected: list[list[int]]) -> None:
    assert adjust([[0, 50, 0], [100, 50, 0], [100, 50, 0], [200, 50, 255]], "random_contrast", factor) == expected


@pytest.mark.parametrize(
    ("pixel", "factor", "expected"),
    [
        ([200, 100, 50], 0.8, [200, 120, 80]),
        ([200, 100, 50], 1.2, [200, 80, 20]),
        # S = 0.9 saturates at 1: green is 200 · (1 − 0.75 / 0.9) = 33.3.
        ([200, 50, 20], 1.2, [200, 33, 0]),
        ([200, 10, 0], 1.2, [200, 10, 0]),
        ([90, 90, 90], 1.2, [90, 90, 90]),
        ([0, 0, 0], 0.8, [0, 0, 0]),
    ],
)
def test_saturation_on_colours_worked_out_by_hand(pixel: list[int], factor: float, expected: list[int]) -> None:
    assert adjust([pixel], "random_saturation", factor) == [expected]


def test_saturation_agrees_with_a_round_trip_through_hsv() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (400, 3)).tolist()
    for factor in (0.8, 0.97, 1.2):
        for pixel, adjusted in zip(pixels, adjust(pixels, "random_saturation", factor), strict=True):
            hue, saturation, value = colorsys.rgb_to_hsv(*(level / 255 for level in pixel))
            exact = np.array(colorsys.hsv_to_rgb(hue, min(1.0, saturation * factor), value)) * 255.5
            # Truncation may fall on either side where the exact value is a whole number.
            assert np.all(np.abs(np.array(adjusted) + 0.5 - exact) < 0.5 + 1e-3), (pixel, factor)


@pytest.mark.parametrize(
    ("operation", "neutral"), [("random_brightness", 0), ("random_contrast", 1), ("random_saturation", 1)]
)
def test_an_adjustment_by_nothing_changes_no_pixel(operation: str, neutral: float) -> None:
    levels = np.random.default_rng(5).permuted(np.tile(np.arange(256), (3, 1)), axis=1).T.tolist()
    assert adjust(levels, operation, neutral) == levels


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("identity", [[1, 2], [3, 4]]),
        ("flip_left_right", [[2, 1], [4, 3]]),
        ("flip_up_down", [[3, 4], [1, 2]]),
        ("rot90", [[2, 4], [1, 3]]),  # counter-clockwise
    ],
)
def test_geometry_is_shared_by_both_views(operation: str, expected: list[list[int]]) -> None:
    square = np.repeat(np.array([[1, 2], [3, 4]], dtype=np.uint8)[..., None], 3, axis=2)
    views, _ = augment_paper({"original": square, "ela": square + 10}, np.zeros(4), operation, np.random.default_rng(0))
    assert views["original"][..., 0].tolist() == expected
    assert (views["ela"][..., 2] - 10).tolist() == expected


@pytest.mark.parametrize("operation", PHOTOMETRIC)
def test_photometric_operations_leave_the_error_levels_alone(operation: str) -> None:
    before = make_views()
    after, _ = augment_paper(before, np.zeros(4), operation, np.random.default_rng(1))
    assert not np.array_equal(after["original"], before["original"])
    np.testing.assert_array_equal(after["ela"], before["ela"])


def test_online_error_levels_are_only_ever_turned_and_mirrored() -> None:
    before = make_views()
    orientations = [
        turned
        for turns in range(4)
        for turned in (np.rot90(before["ela"], turns), np.rot90(before["ela"], turns)[::-1])
    ]
    seen = set()
    for seed in range(100):
        after, _ = augment_online(before, np.zeros(4), np.random.default_rng(seed))
        matches = [index for index, image in enumerate(orientations) if np.array_equal(image, after["ela"])]
        assert len(matches) == 1
        seen.add(matches[0])
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("operation", "expected"),
    [(operation, [1, 0, 0, 1]) for operation in ("identity", "rot90", *PHOTOMETRIC)]
    + [("flip_left_right", [0, 1, 0, 1]), ("flip_up_down", [0, 1, 0, 1])],
)
def test_a_mirrored_left_eye_is_a_right_eye(operation: str, expected: list[int]) -> None:
    before = np.array([1, 0, 0, 1])
    _, regions = augment_paper(make_views(), before, operation, np.random.default_rng(0))
    assert regions.tolist() == expected
    assert before.tolist() == [1, 0, 0, 1]


def test_two_quarter_turns_are_both_flips_for_pixels_and_regions() -> None:
    generator, regions = np.random.default_rng(0), np.array([1, 0, 1, 0])
    turned, turned_regions = make_views(), regions
    flipped, flipped_regions = make_views(), regions
    for _ in range(2):
        turned, turned_regions = augment_paper(turned, turned_regions, "rot90", generator)
    for operation in ("flip_left_right", "flip_up_down"):
        flipped, flipped_regions = augment_paper(flipped, flipped_regions, operation, generator)
    np.testing.assert_array_equal(turned["original"], flipped["original"])
    assert turned_regions.tolist() == flipped_regions.tolist() == regions.tolist()


@pytest.mark.parametrize("operation", ["online", *PAPER_OPERATIONS])
def test_views_stay_contiguous_images_and_the_input_stays_as_it_was(operation: str) -> None:
    before = make_views()
    copies = {name: image.copy() for name, image in before.items()}
    generator = np.random.default_rng(7)
    if operation == "online":
        after, _ = augment_online(before, np.zeros(4), generator)
    else:
        after, _ = augment_paper(before, np.zeros(4), operation, generator)
    for name, image in after.items():
        assert image.flags.c_contiguous
        assert image.shape == (16, 16, 3)
        assert image.dtype == np.dtype(np.uint8)
        np.testing.assert_array_equal(before[name], copies[name])


def test_the_given_generator_alone_decides() -> None:
    def run(seed: int) -> Views:
        return augment_online(make_views(), np.zeros(4), np.random.default_rng(seed))[0]

    first = run(2)
    random.seed(99)
    np.random.seed(99)
    states = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    again = run(2)
    assert states == (random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[index]
    assert all(np.array_equal(first[view], again[view]) for view in first)
    originals = {run(seed)["original"].tobytes() for seed in range(20)}
    assert len(originals) > 15


def test_one_view_is_augmented_as_it_is_beside_the_other() -> None:
    for seed in range(10):
        pair, _ = augment_online(make_views(), np.zeros(4), np.random.default_rng(seed))
        for view in pair:
            alone, _ = augment_online({view: make_views()[view]}, np.zeros(4), np.random.default_rng(seed))
            np.testing.assert_array_equal(alone[view], pair[view])


def test_brightness_and_saturation_are_each_drawn_half_of_the_time() -> None:
    image = np.full((1, 1, 3), (200, 100, 50), dtype=np.uint8)  # one pixel: brightness and saturation alone show
    changed = [
        not np.array_equal(
            augment_online({"original": image}, np.zeros(4), np.random.default_rng(seed))[0]["original"], image
        )
        for seed in range(1000)
    ]
    # 1 − 0.5², less the few draws that are too small to move a level; four standard deviations are 0.055.
    assert 0.68 < np.mean(changed) < 0.81


def test_importing_it_does_not_touch_the_network() -> None:
    script = """
import socket
def refuse(*args, **kwargs):
    print("network call", args)
    raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import fakeface.data.augment
"""
    environment = {name: value for name, value in os.environ.items() if name != "NO_ALBUMENTATIONS_UPDATE"}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout == ""
    assert result.stderr == ""

import math

import numpy as np
import pytest

from fakeface.demo.canvas import Canvas, Pose, band, ellipse, smooth_noise

BLACK, WHITE, RED = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0)


def blank(size: int = 100, pose: Pose | None = None) -> Canvas:
    """A black canvas whose head stands in the middle and is 40 pixels high."""
    return Canvas(np.zeros((size, size, 3), dtype=np.float32), pose or Pose(0.5, 0.5, 0.2, 0.0))


def test_coordinates_start_at_the_centre_of_the_head() -> None:
    canvas = blank()
    assert canvas.to_pixels([[0, 0], [1, 0], [0, 1]]).tolist() == [[50, 50], [70, 50], [50, 70]]
    assert (canvas.x[50, 70], canvas.y[50, 70]) == pytest.approx((1, 0))
    assert (canvas.x[70, 50], canvas.y[70, 50]) == pytest.approx((0, 1))


def test_tilt_turns_clockwise() -> None:
    canvas = blank(pose=Pose(0.5, 0.5, 0.2, math.pi / 2))
    # A quarter turn: what was right of the centre is below it, the chin is on the left.
    assert canvas.to_pixels([[1, 0], [0, 1]]) == pytest.approx(np.array([[50, 70], [30, 50]]))
    assert (canvas.x[70, 50], canvas.y[70, 50]) == pytest.approx((1, 0), abs=1e-6)


def test_shape_covers_its_area() -> None:
    canvas = blank()
    canvas.fill(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]), RED)
    assert (canvas.pixels[35:65, 35:65] == RED).all()
    assert canvas.pixels[..., 0].sum() == pytest.approx(40 * 40, rel=0.06)
    assert (canvas.pixels[..., 1:] == 0).all()


def test_opacity_mixes() -> None:
    canvas = blank()
    canvas.fill(ellipse(0, 0, 1, 1), WHITE, opacity=0.25)
    assert canvas.pixels[50, 50] == pytest.approx([0.25] * 3)


def test_blur_softens_the_edge_and_keeps_the_sum() -> None:
    hard, soft = blank(), blank()
    hard.fill(ellipse(0, 0, 1, 1), WHITE)
    soft.fill(ellipse(0, 0, 1, 1), WHITE, blur=0.1)
    assert soft.pixels.sum() == pytest.approx(hard.pixels.sum(), rel=0.02)
    assert ((soft.pixels > 0.05) & (soft.pixels < 0.95)).sum() > 2 * ((hard.pixels > 0.05) & (hard.pixels < 0.95)).sum()


def test_clip_confines() -> None:
    canvas = blank()
    right = np.array([[0, -2], [2, -2], [2, 2], [0, 2]])
    canvas.fill(ellipse(0, 0, 1, 1), WHITE, within=right)
    assert canvas.pixels[:, :49].sum() == 0
    assert canvas.pixels[50, 60].tolist() == [1, 1, 1]


def test_picture_can_be_the_paint() -> None:
    canvas = blank()
    paint = np.random.default_rng(0).random((100, 100, 3), dtype=np.float32)
    canvas.fill(ellipse(0, 0, 1, 1), paint)
    assert canvas.pixels[45:55, 45:55] == pytest.approx(paint[45:55, 45:55])


def test_thin_line_is_pale() -> None:
    thick, thin = blank(), blank()
    across = np.array([-1.0, 1.0])
    thick.fill(band(across, -0.05, 0.05), WHITE)
    thin.fill(band(across, -0.0125, 0.0125), WHITE)
    # 0.1 · 20 are two pixels, 0.025 · 20 a half.
    assert thick.pixels[:, 50, 0].sum() == pytest.approx(2, abs=0.5)
    assert thin.pixels[:, 50, 0].sum() == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize("centre", [(9, 9), (-9, 0), (0, -9)])
def test_shape_outside_the_picture_leaves_it_alone(centre: tuple[float, float]) -> None:
    canvas = blank()
    canvas.fill(ellipse(*centre, 1, 1), WHITE, blur=0.1)
    assert (canvas.pixels == BLACK).all()


def test_noise_has_blobs_of_the_asked_size() -> None:
    fine, coarse = (smooth_noise(np.random.default_rng(0), 128, cells) for cells in (64, 8))
    assert fine.shape == (128, 128)
    # Neighbouring pixels of coarse noise are alike.
    assert np.abs(np.diff(coarse)).mean() < np.abs(np.diff(fine)).mean() / 3

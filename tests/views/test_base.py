import numpy as np
import pytest

from fakeface.views.view import ViewParameters, look


def test_views_of_the_whole_photograph_are_stretched_over_it() -> None:
    heat = np.zeros((8, 8), dtype=np.float32)
    heat[:4, 4:] = 1
    view = look(np.zeros((80, 160, 3), dtype=np.uint8), ["ela"], ViewParameters(size=8))["ela"]
    placed = view.place(heat, 80, 160)
    assert placed.shape == (80, 160)
    assert (placed[:30, 100:] == 1).all()
    assert (placed[50:] == 0).all()
    assert (placed[:, :60] == 0).all()


def test_aligned_face_comes_back_to_where_it_was_taken_from() -> None:
    photograph = np.zeros((300, 400, 3), dtype=np.uint8)
    photograph[120:150, 210:240] = 255
    view = look(photograph, ["face"], ViewParameters(size=256))["face"]
    placed = view.place((view.pixels[..., 0] / 255).astype(np.float32), 300, 400)
    rows, columns = np.nonzero(placed > 0.5)
    assert placed.shape == (300, 400)
    assert (rows.min(), rows.max() + 1) == (pytest.approx(120, abs=2), pytest.approx(150, abs=2))
    assert (columns.min(), columns.max() + 1) == (pytest.approx(210, abs=2), pytest.approx(240, abs=2))


def test_what_the_aligned_face_does_not_show_stays_cold() -> None:
    photograph = np.zeros((200, 600, 3), dtype=np.uint8)  # without a face, the central square is shown
    view = look(photograph, ["face"], ViewParameters(size=64))["face"]
    placed = view.place(np.ones((64, 64), dtype=np.float32), 200, 600)
    assert (placed[5:-5, 205:395] == 1).all()
    assert (placed[:, :195] == 0).all()
    assert (placed[:, 405:] == 0).all()

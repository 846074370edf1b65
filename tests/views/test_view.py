from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.errors import UserError
from fakeface.views import View
from fakeface.views.base import resize
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.view import ELA, ORIGINAL, ViewParameters, compute_views, look, make_view, own_views

CHECKERED = np.repeat(((np.indices((64, 64)).sum(axis=0) % 2) * 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def test_original_at_its_own_size_is_the_photograph() -> None:
    assert (compute_views(CHECKERED, [ORIGINAL], ViewParameters(size=64))[ORIGINAL] == CHECKERED).all()


def test_shrinking_averages_areas() -> None:
    # Each 2 × 2 field holds two pixels of 0 and two of 255: 127.5.
    assert set(np.unique(resize(CHECKERED, 32))) <= {127, 128}


def test_growing_interpolates() -> None:
    grown = resize(np.array([[[0] * 3, [200] * 3]] * 2, dtype=np.uint8), 4)
    # Pixel centres of the grown image lie at -0.25, 0.25, 0.75 and 1.25 of the old one.
    assert (grown[:, :, 0] == [0, 50, 150, 200]).all()


@pytest.mark.parametrize("shape", [(50, 80), (80, 50), (10, 200)])
def test_views_are_square_whatever_the_photograph(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), dtype=np.uint8)
    views = compute_views(image, list(own_views()), ViewParameters(size=32))
    assert {view: pixels.shape for view, pixels in views.items()} == dict.fromkeys(own_views(), (32, 32, 3))
    assert all(pixels.dtype == np.uint8 for pixels in views.values())


def test_error_levels_are_those_of_the_full_size() -> None:
    image = np.random.default_rng(0).integers(100, 140, (64, 64, 3), dtype=np.uint8)
    parameters = ViewParameters(size=32, ela=ElaParameters(quality=75, alpha=20, beta=0))
    before_resize = resize(error_level_analysis(image, parameters.ela), 32)
    after_resize = error_level_analysis(resize(image, 32), parameters.ela)
    assert (compute_views(image, [ELA], parameters)[ELA] == before_resize).all()
    assert (before_resize != after_resize).mean() > 0.5


def test_views_come_in_the_order_asked_for() -> None:
    assert list(compute_views(CHECKERED, [ELA, ORIGINAL], ViewParameters(size=8))) == [ELA, ORIGINAL]


@pytest.mark.parametrize("size", [0, -1])
def test_size_must_be_positive(size: int) -> None:
    with pytest.raises(UserError, match="choose a positive number"):
        ViewParameters(size=size)


def test_every_file_of_the_package_with_a_view_is_one() -> None:
    assert list(own_views()) == ["ela", "face", "original"]


OWN = """
from dataclasses import dataclass
from fakeface.views import View

@dataclass(frozen=True)
class Negative(View):
    strength: int = 2

    def draw(self, image):
        return 255 - image // self.strength
"""


def test_a_view_of_your_own_is_named_by_its_class_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "negative_view.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    name = "negative_view.Negative"
    view = look(CHECKERED, [name], ViewParameters(size=64))[name]
    assert (view.pixels == 255 - CHECKERED // 2).all()
    assert repr(make_view(name, ViewParameters(size=64))) == "Negative(size=64, strength=2)"


@pytest.mark.parametrize("wrong", [CHECKERED[..., 0], CHECKERED / 2, CHECKERED[1:]])
def test_a_view_that_draws_no_picture_is_refused(wrong: NDArray[np.uint8]) -> None:
    class Wrong(View):
        def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return wrong

    with pytest.raises(UserError, match=r"the view Wrong drew .* of a photograph \(64, 64, 3\): let its draw"):
        Wrong(32)(CHECKERED)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("colour", "there is no view 'colour': name the branches after ela or face or original"),
        ("no_module.Colour", r"view no_module\.Colour cannot be imported .*put the folder of its file on PYTHONPATH"),
        ("fakeface.views.ela.ElaParameters", r"inherits from fakeface\.views\.View"),
        ("fakeface.views.ela.Colour", r"inherits from fakeface\.views\.View"),
    ],
)
def test_what_is_no_view(name: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        make_view(name, ViewParameters())

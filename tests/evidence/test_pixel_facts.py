import pytest

from fakeface.evidence import pixel_facts
from fakeface.evidence.pixel_facts import read_pixel_facts
from fakeface.evidence.residual import QUALITIES
from fakeface.views.pictures import LONGEST_SIDE, save_as_jpeg
from tests.evidence.files import portrait


def test_of_large_photographs_the_blocks_of_the_middle_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_facts, "LONGEST", 204)
    found = read_pixel_facts(save_as_jpeg(portrait(), 60), 1, None)
    assert found.grid.place == (0, 0)  # the middle starts at a block
    assert {sum(rounding.counts) for rounding in found.rounding.values()} <= set(range(25 * 25 + 1))
    assert tuple(found.error_levels) == QUALITIES
    assert max(found.error_levels[90].shape) <= LONGEST_SIDE

"""What the tests of caches share; files with other photographs have ``records`` of their own."""

from pathlib import Path

import pytest

from fakeface.data.records import Record
from tests.data.view_caches import write_images


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    """Twelve small photographs."""
    return write_images(tmp_path / "images", 12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where their cache is to be; it does not exist yet."""
    return tmp_path / "cache"

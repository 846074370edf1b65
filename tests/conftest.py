"""Data that several tests share."""

from pathlib import Path

import pytest

from fakeface.data.demo import write_demo


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo set in CIPLAB's layout, 48 images of 96 pixels, with its manifest.csv; read it, never change it."""
    root = tmp_path_factory.mktemp("demo") / "faces"
    write_demo(root, images=48, seed=0, size=96)
    return root

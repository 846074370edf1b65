import os
from pathlib import Path

import pytest

from tests.networks import write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    write_checkpoint(path, {"original": "test_efficientnet"}, region_head=True)
    return path


@pytest.fixture
def photographs(demo_root: Path) -> list[Path]:
    """All photographs of the demo set, in the order of the result."""
    return sorted(demo_root.glob("training_*/*.jpg"), key=os.fsencode)

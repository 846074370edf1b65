"""A tiny detector of faces, and what it says of a portrait."""

from pathlib import Path

import pytest

from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from tests.networks import write_checkpoint


@pytest.fixture(scope="package")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("inspect") / "a.ckpt"
    write_checkpoint(path, {"face": "test_efficientnet"}, region_head=True)
    return path


@pytest.fixture(scope="package")
def detector(checkpoint: Path) -> Detector:
    return Detector.load(checkpoint)


@pytest.fixture(scope="package")
def explainer(detector: Detector) -> Explainer:
    return Explainer(detector)

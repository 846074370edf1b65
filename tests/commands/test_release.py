import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from fakeface.cli import main
from fakeface.inference.torch_network import TorchNetwork
from tests.networks import CALIBRATION, SIZE, write_checkpoint


def test_a_release_says_what_its_checkpoint_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, folder = tmp_path / "best.ckpt", tmp_path / "out"
    write_checkpoint(checkpoint, region_head=True)
    assert main(["release", "--ckpt_path", str(checkpoint), "--out", str(folder)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        str(folder / "model.safetensors"),
        str(folder / "config.json"),
    ]
    original, released = TorchNetwork.from_checkpoint(checkpoint), TorchNetwork.from_release(folder)
    assert released.settings == original.settings
    assert released.settings.calibration == CALIBRATION
    generator = np.random.default_rng(0)
    views = {view: generator.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8) for view in ("original", "ela")}
    one, other = original(views), released(views)
    # Half precision keeps three digits of the weights.
    assert np.allclose(one.fake, other.fake, atol=0.01)
    assert one.regions is not None
    assert other.regions is not None
    assert np.allclose(one.regions, other.regions, atol=0.01)
    weights = load_file(folder / "model.safetensors")
    assert {str(tensor.dtype) for tensor in weights.values() if tensor.is_floating_point()} == {"torch.float16"}
    assert not json.loads((folder / "config.json").read_text())["model"]["net"]["init_args"]["pretrained"]


def test_a_release_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = tmp_path / "best.ckpt"
    write_checkpoint(checkpoint)
    arguments = ["release", "--ckpt_path", str(checkpoint), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    before = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert main(arguments) == 2
    assert "exists already: delete it or choose another --out" in capsys.readouterr().err
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


def test_weights_without_a_calibration_are_not_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path / "best.ckpt", calibration=None)
    assert main(["release", "--ckpt_path", str(tmp_path / "best.ckpt"), "--out", str(tmp_path / "out")]) == 2
    assert "carries no calibration" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

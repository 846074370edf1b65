import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from scipy.special import expit, logit

from fakeface.cli import main
from fakeface.data.records import Record
from fakeface.evaluation.calibration import calibrate
from fakeface.evaluation.predictions import Predictions, write_predictions
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
    # Eight bits keep two digits of the weights.
    assert np.allclose([face.fake for face in one], [face.fake for face in other], atol=0.01)
    regions = np.array([[face.regions for face in faces] for faces in (one, other)], dtype=np.float64)
    assert regions.shape == (2, 3, 4)
    assert np.allclose(regions[0], regions[1], atol=0.01)
    weights = load_file(folder / "model.safetensors")
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.int8", "torch.int64", "torch.float16"}
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


def write_scores(path: Path, scores: dict[str, float], fakes: str = "ab") -> None:
    records = [Record(Path(name), int(name in fakes)) for name in scores]
    write_predictions(path, Predictions.from_records(records, list(scores.values())))


def test_several_checkpoints_become_an_ensemble(tmp_path: Path) -> None:
    checkpoints = [tmp_path / "one.ckpt", tmp_path / "two.ckpt"]
    for seed, checkpoint in enumerate(checkpoints):
        write_checkpoint(checkpoint, seed=seed, region_head=True)
    tables = [tmp_path / "one.csv", tmp_path / "two.csv"]
    write_scores(tables[0], {"a": 0.9, "b": 0.6, "c": 0.7, "d": 0.2})
    write_scores(tables[1], {"d": 0.4, "a": 0.8, "c": 0.1, "e": 0.3})
    arguments = ["--ckpt_path", *map(str, checkpoints), "--calibrate_on", *map(str, tables)]
    assert main(["release", *arguments, "--out", str(tmp_path / "out")]) == 0

    released = TorchNetwork.from_release(tmp_path / "out")
    generator = np.random.default_rng(0)
    views = {view: generator.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8) for view in ("original", "ela")}
    members = [
        logit([score.fake for score in TorchNetwork.from_checkpoint(checkpoint)(views)]) for checkpoint in checkpoints
    ]
    assert np.allclose(logit([score.fake for score in released(views)]), np.mean(members, axis=0), atol=0.01)

    means = [logit([0.9, 0.8]).mean(), logit(0.6), logit([0.7, 0.1]).mean(), logit([0.2, 0.4]).mean(), logit(0.3)]
    records = [Record(Path(name), int(name in "ab")) for name in "abcde"]
    assert released.settings.calibration == calibrate(Predictions.from_records(records, expit(means)))


def test_an_ensemble_needs_a_calibration_and_members_of_one_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints = [tmp_path / "one.ckpt", tmp_path / "two.ckpt"]
    write_checkpoint(checkpoints[0])
    write_checkpoint(checkpoints[1], {"original": "test_resnet"})
    arguments = ["release", "--ckpt_path", *map(str, checkpoints), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "do not hold for their mean: name predictions with --calibrate_on" in capsys.readouterr().err
    write_scores(tmp_path / "scores.csv", {"a": 0.9, "c": 0.2})
    assert main([*arguments, "--calibrate_on", str(tmp_path / "scores.csv")]) == 2
    assert "two.ckpt reads its photographs in another way than" in capsys.readouterr().err
    write_scores(tmp_path / "other.csv", {"a": 0.9, "c": 0.2}, fakes="c")
    assert main([*arguments, "--calibrate_on", str(tmp_path / "scores.csv"), str(tmp_path / "other.csv")]) == 2
    assert "other.csv has another label for a than a table before it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

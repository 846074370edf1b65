"""Calibration through a real training of a tiny network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakeface.cli import main
from fakeface.evaluation.calibration import calibrate
from fakeface.evaluation.predictions import Predictions, read_predictions
from fakeface.evaluation.summary import summarise
from fakeface.training.callbacks import ValidationCalibration
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule

CONFIG = """
trainer:
  accelerator: cpu
  max_epochs: 2
  precision: 32-true
  enable_progress_bar: false
  enable_model_summary: false
  logger: {class_path: lightning.pytorch.loggers.CSVLogger, init_args: {save_dir: logs, name: tiny}}
  callbacks:
    - class_path: fakeface.training.callbacks.ValidationCalibration
    - class_path: fakeface.training.callbacks.RunFiles
    - class_path: lightning.pytorch.callbacks.ModelCheckpoint
      init_args: {dirpath: kept, filename: "{epoch}", save_top_k: -1}
    - class_path: lightning.pytorch.callbacks.ModelCheckpoint
      init_args: {dirpath: kept, filename: between, every_n_train_steps: 3}
data: {root: ROOT, size: 32, cache: cache}
model:
  net: {init_args: {branches: {original: test_convnext}, pretrained: false}}
  optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.05}}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, demo_root: Path) -> Path:
    """The folder with the checkpoints of a training with paper augmentation: epoch=0, epoch=1, and between."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("tiny.yaml").write_text(CONFIG.replace("ROOT", str(demo_root)), encoding="utf-8")
        assert main(["fit", "--config", "tiny.yaml"]) == 0
    return folder / "kept"


def load(path: Path) -> dict[str, Any]:
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    return checkpoint


def score_unaugmented_validation(checkpoint: Path, root: Path) -> Predictions:
    data = FaceDataModule(root=root, size=32, augmentation="none", cache=False, views=["original"])
    data.setup("validate")
    module = FakeFaceModule.load_from_checkpoint(checkpoint, weights_only=True).cpu().eval()
    records = data.datasets["val"].records
    scores = np.empty(len(records))
    with torch.inference_mode():
        for batch in data.val_dataloader():
            scores[batch["index"].numpy()] = module(batch).fake_logit.double().sigmoid().numpy()
    return Predictions.from_records(records, scores)


@pytest.mark.parametrize("name", ["epoch=0.ckpt", "epoch=1.ckpt"])
def test_each_checkpoint_carries_the_calibration_of_its_own_weights(kept: Path, demo_root: Path, name: str) -> None:
    carried = load(kept / name)["calibration"]
    assert carried.pop("reals") == {}  # the photographs have no sources
    again = calibrate(score_unaugmented_validation(kept / name, demo_root)).figures()
    assert carried == pytest.approx(again, rel=1e-3)
    assert all(type(value) is float for value in carried.values())


def test_the_two_epochs_have_calibrations_of_their_own(kept: Path) -> None:
    assert load(kept / "epoch=0.ckpt")["calibration"] != load(kept / "epoch=1.ckpt")["calibration"]


def test_weights_that_were_not_validated_carry_none(kept: Path) -> None:
    between = load(kept / "between.ckpt")
    assert between["global_step"] % 3 == 0
    assert "calibration" not in between


def test_a_loaded_module_knows_its_calibration(kept: Path) -> None:
    module = FakeFaceModule.load_from_checkpoint(kept / "epoch=0.ckpt", weights_only=True)
    assert module.calibration is not None
    assert module.calibration.to_dict() == load(kept / "epoch=0.ckpt")["calibration"]


@pytest.mark.parametrize("name", ["epoch=0", "between"])
def test_a_test_uses_the_calibration_of_the_checkpoint(kept: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kept.parent)
    assert main(["test", "--config", "tiny.yaml", "--ckpt_path", str(kept / f"{name}.ckpt")]) == 0
    (metrics_file,) = kept.parent.glob(f"**/{name}/metrics.json")
    content = json.loads(metrics_file.read_text(encoding="utf-8"))
    module = FakeFaceModule.load_from_checkpoint(kept / f"{name}.ckpt", weights_only=True)
    predictions = read_predictions(metrics_file.with_name("predictions.csv"))
    one_table = dict.fromkeys(predictions.path.tolist(), "all demo photographs are saved alike")
    summary = summarise(predictions, calibration=module.calibration, tables=one_table)
    assert (module.calibration is None) == (name == "between")
    assert content == {
        "checkpoint": str(kept / f"{name}.ckpt"),
        "epoch": load(kept / f"{name}.ckpt")["epoch"],
        "split": "test",
        **summary,
    }


def test_the_base_configuration_calibrates() -> None:
    base = Path(__file__).parents[3] / "configs" / "base.yaml"
    assert f"fakeface.training.callbacks.{ValidationCalibration.__name__}" in base.read_text(encoding="utf-8")

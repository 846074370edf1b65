"""Data and runs that several tests share."""

import gc
import shutil
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.demo.data_set import write_demo

pytest_plugins = ["tests.skipping"]

TINY_EXPERIMENT = """
trainer:
  accelerator: cpu
  max_epochs: 2
  precision: 32-true
  enable_progress_bar: false
  enable_model_summary: false
data:
  root: ROOT
  size: 32
  batch_size: 8
  augmentation: online
  cache: cache
model:
  net:
    init_args:
      branches:
        original: test_efficientnet
        ela: test_resnet
      pretrained: false
      hidden_features: 16
"""


def pytest_runtestloop() -> None:
    """Let the garbage collector look at what tests make alone: modules are there for good, and take it seconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorBoard gets no pictures, which take a quarter of a tiny training and are tested with the run of `tested`."""
    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_figure", lambda *args, **kwargs: None)


@pytest.fixture(scope="session")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo set in CIPLAB's layout, 48 images of 96 pixels, with its manifest.csv; read it, never change it."""
    root = tmp_path_factory.mktemp("demo") / "faces"
    write_demo(root, images=48, seed=0, size=96)
    return root


@pytest.fixture(scope="session")
def fitted(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.yaml and what `fakeface fit --config tiny.yaml` makes there; read it, never change it."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("tiny.yaml").write_text(TINY_EXPERIMENT.replace("ROOT", str(demo_root)), encoding="utf-8")
        assert main(["fit", "--config", "tiny.yaml"]) == 0
    return folder


@pytest.fixture(scope="session")
def tested(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that run after `fakeface test --ckpt_path best` in float32; read it, never change it."""
    folder = tmp_path_factory.mktemp("tested") / "workplace"
    shutil.copytree(fitted, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["test", "--ckpt_path", "best", "--trainer.precision", "32-true"]) == 0
    return folder / "lightning_logs" / "tiny" / "version_0"


@pytest.fixture
def workplace(fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ``fitted`` as the current folder."""
    folder = tmp_path / "workplace"
    shutil.copytree(fitted, folder)
    monkeypatch.chdir(folder)
    return folder

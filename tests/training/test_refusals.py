"""What the Trainer's subcommands refuse, with one line and exit code 2."""

import pickle
from pathlib import Path

import pytest
import torch
from lightning.pytorch.accelerators import CUDAAccelerator
from PIL import Image

from fakeface.errors import UserError
from fakeface.training import configurations
from fakeface.training.datamodule import FaceDataModule
from tests.tiny_run import BEST, LAST, RUN, load, refusal


def test_a_second_run_in_the_same_folder_is_refused(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = {path: path.stat().st_mtime_ns for path in RUN.rglob("*") if path.is_file()}
    line = refusal(capsys, "fit", "--config", "tiny.yaml", "--trainer.logger.init_args.version", "0")
    assert "version_0 already holds a run: continue it with --ckpt_path last, choose another" in line
    assert {path: path.stat().st_mtime_ns for path in RUN.rglob("*") if path.is_file()} == saved


def test_of_two_trainings_started_at_once_the_later_is_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, taken = FaceDataModule.prepare_data, RUN.parent / "version_1" / "config.yaml"

    def prepare_while_another_begins(data: FaceDataModule) -> None:
        prepare(data)
        taken.parent.mkdir(exist_ok=True)
        taken.write_text("of the other")

    monkeypatch.setattr(FaceDataModule, "prepare_data", prepare_while_another_begins)
    line = refusal(capsys, "fit", "--config", "tiny.yaml")
    assert "another training, started at the same time, has taken this one's folder: start this one again" in line
    assert taken.read_text() == "of the other"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "--config", "none.yaml"], "none.yaml"),
        (["fit", "--config", "tiny.yaml", "--data.siez", "32"], "data.siez"),
        (["fit", "--config", "tiny.yaml", "--data.size", "large"], "data.size"),
        (["fit", "--config", "tiny.yaml", "--data.augmentation", "all"], "data.augmentation"),
        (["fit", "--config", "tiny.yaml", "--data.size", "0"], "size is 0: choose a positive number"),
        (["fit", "--config", "unknown_key.yaml"], "epochs"),
        (["fit", "--config", "broken.yaml"], "broken.yaml"),
        (["fit"], "model.net"),
        (["fit", "--config", "tiny.yaml", "--model.net.init_args.branches.ela", "resnet5000"], "'resnet5000'"),
        (["fit", "--config", "tiny.yaml", "--data.manifest", "none.csv"], "manifest none.csv does not exist"),
        (["test"], "--ckpt_path"),
        (["validate"], "--ckpt_path"),
        (["test", "--ckpt_path", "none.ckpt"], "none.ckpt does not exist: pass its path, or best or last"),
        (["test", "--ckpt_path"], "--ckpt_path"),
        (["test", "--ckpt_path", str(BEST), "--model.net.init_args.hidden_features", "8"], "another network"),
        (["fit", "--ckpt_path", str(LAST), "--model.net.init_args.outputs", "1"], "another network"),
        (
            ["fit", "--config", "tiny.yaml", "--data.batch_size", "0"],
            "data.batch_size is 0: choose a whole number from 1",
        ),
        (["fit", "--config", "tiny.yaml", "--seed_everything", "true"], "seed_everything is True: pass a number"),
        (["fit", "--config", "tiny.yaml", "--trainer.accelerator", "cuda"], "leave --trainer.accelerator out"),
        (["fit", "--config", "tiny.yaml", "--trainer.accelerator", "gpu"], "leave --trainer.accelerator out"),
        (["fit", "--config", "tiny.yaml", "--trainer.accelerator", "cdua"], "Choose one with --trainer.accelerator"),
        (
            ["fit", "--config", "tiny.yaml", "--data.manifest", "reals.csv"],
            "has no fake image at all, and both",
        ),
        (["fit", "--config", "tiny.yaml", "--data.root", "faces.zip"], "faces.zip is a file, not a folder: unpack the"),
        (["fit", "--config", "tiny.yaml", "--data.manifest", "faces.zip"], "faces.zip is an archive: unpack it"),
        (["fit", "--config", "tiny.yaml", "--data.manifest", "small.csv"], "too small to judge (63×90 pixels"),
        (["fit", "--config", "tiny.yaml", "--model.optimizer.init_args.lr", "-1"], "learning rate: -1.0"),
        (["fit", "--config", "tiny.yaml", "--model.optimizer.init_args.lr", "1e30"], "has probably diverged: train it"),
        (
            [
                "fit",
                "--config",
                "tiny.yaml",
                "--trainer.callbacks+=EarlyStopping",
                "--trainer.callbacks.monitor=val/auc",
            ],
            "`val/auc` which is not available",
        ),
        (["tset", "--ckpt_path", str(BEST)], "no subcommand 'tset': did you mean test?"),
    ],
)
def test_a_wrong_command_is_answered_in_one_line(
    workplace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(CUDAAccelerator, "is_available", staticmethod(lambda: False))
    Path("unknown_key.yaml").write_text("trainer: {epochs: 3}")
    Path("broken.yaml").write_text("trainer: {max_epochs: 3")
    Path("faces.zip").touch()
    Image.new("RGB", (63, 90)).save("small.png")
    Image.new("RGB", (64, 64)).save("large.png")
    Path("small.csv").write_text(f"path,label\n{workplace}/small.png,fake\n{workplace}/large.png,real\n")
    Path("reals.csv").write_text(f"path,label\n{workplace}/large.png,real\n")
    line = refusal(capsys, *arguments)
    assert message in line
    assert len(line) < 600


def test_missing_data_is_answered_with_the_commands_that_bring_it(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["fit", "--config", "tiny.yaml"], ["test", "--ckpt_path", str(BEST)]):
        line = refusal(capsys, *arguments, "--data.root", "nowhere")
        assert "the data folder nowhere does not exist" in line
        assert "fakeface data demo --out nowhere" in line
        assert "fakeface data download" in line


def test_best_and_last_of_no_run_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no best.ckpt of any run below lightning_logs: train" in refusal(capsys, "test", "--ckpt_path", "best")
    assert "no last.ckpt of any run below lightning_logs" in refusal(capsys, "fit", "--ckpt_path", "last")


def test_a_missing_base_file_is_named(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert configurations.base_config().is_absolute()
    monkeypatch.setattr(configurations, "__file__", str(workplace / "fakeface" / "training" / "configurations.py"))
    with pytest.raises(UserError, match=r"configs/base\.yaml is missing: restore it or install fakeface again"):
        configurations.base_config()
    assert "base.yaml is missing" in refusal(capsys, "fit", "--config", "tiny.yaml")


class Exploit:
    """Unpickled without care, it makes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("subcommand", ["fit", "validate", "test"])
@pytest.mark.parametrize("form", ["zip", "legacy", "pickle", "in a real checkpoint"])
def test_a_hostile_checkpoint_is_refused_and_its_code_not_run(
    workplace: Path, capsys: pytest.CaptureFixture[str], subcommand: str, form: str
) -> None:
    trace = workplace / "code-was-run"
    content = {"state_dict": Exploit(trace)}
    if form == "pickle":
        Path("evil.ckpt").write_bytes(pickle.dumps(content))
    elif form == "in a real checkpoint":
        torch.save(load(BEST) | {"loops": Exploit(trace)}, "evil.ckpt")
    else:
        torch.save(content, "evil.ckpt", _use_new_zipfile_serialization=form == "zip")
    # The file does what it says where it is trusted.
    torch.load("evil.ckpt", weights_only=False) if form != "pickle" else pickle.loads(Path("evil.ckpt").read_bytes())
    assert trace.exists()
    trace.unlink()

    arguments = [subcommand, "--ckpt_path", "evil.ckpt"] + (["--config", "tiny.yaml"] if subcommand == "fit" else [])
    assert "evil.ckpt is" in refusal(capsys, *arguments)
    assert not trace.exists()


def test_a_damaged_checkpoint_is_refused(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = BEST.read_bytes()
    Path("cut.ckpt").write_bytes(content[: len(content) // 2])
    assert "cut.ckpt is not a checkpoint, or was cut off" in refusal(capsys, "test", "--ckpt_path", "cut.ckpt")
    Path("bits.ckpt").write_bytes(content.replace(b"state_dict", b"\xff\xfe\xfd\xfc\xfb\xfa_dict", 1))
    assert "bits.ckpt is" in refusal(capsys, "test", "--ckpt_path", "bits.ckpt")
    torch.save({"state_dict": {}}, "foreign.ckpt")
    assert "carries no configuration" in refusal(capsys, "test", "--ckpt_path", "foreign.ckpt")

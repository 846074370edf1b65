"""Sweeps of tiny networks: what is run, what is left alone, what is said of failures, and what is averaged."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from fakeface.cli import main
from fakeface.data.data_folder import read_records
from fakeface.data.manifest import write_manifest
from fakeface.data.splits import paper_split
from fakeface.evaluation.scores import METRICS
from fakeface.training.configurations import base_config
from fakeface.training.curves import read_curves
from fakeface.training.sweep import Run
from fakeface.training.sweep_summary import RunFigures, format_sweep, summarise_sweep

pytestmark = pytest.mark.usefixtures("no_pictures")

CONFIG = """
trainer: {accelerator: cpu, precision: 32-true, max_epochs: 2, enable_model_summary: false}
data: {root: ROOT, size: 32, augmentation: none, cache: false}
model:
  net: {init_args: {branches: {original: BACKBONE}, pretrained: false, hidden_features: null}}
  optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.001}}
"""


class InProcess:
    """Stands for ``subprocess.Popen``: runs the command here, where Lightning is imported already."""

    commands: list[list[str]]

    def __init__(self, command: list[str], stdout: BinaryIO, **others: Any) -> None:
        self.commands.append(command[3:])
        text = TextIOWrapper(stdout, encoding="utf-8", write_through=True)
        with redirect_stdout(text), redirect_stderr(text):
            self.code = main(command[3:])
        text.detach()

    def wait(self) -> int:
        return self.code


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run, in this process."""
    InProcess.commands = []
    monkeypatch.setattr("fakeface.training.sweep.Popen", InProcess)
    return InProcess.commands


@pytest.fixture
def folder(tmp_path: Path, demo_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with configurations ``vit.yaml``, ``resnet.yaml`` and ``broken.yaml``."""
    monkeypatch.chdir(tmp_path)
    for name, backbone in (("vit", "test_vit"), ("resnet", "test_resnet"), ("broken", "no_such_network")):
        text = CONFIG.replace("ROOT", str(demo_root)).replace("BACKBONE", backbone)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def read_summary(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "sweep_summary.json").read_text(encoding="utf-8"))
    return content


def test_runs_are_carried_out_once_and_a_failed_one_is_listed(
    folder: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = ["sweep", "vit.yaml", "broken.yaml", "--seeds", "0", "1", "--out", "runs", "--trainer.max_epochs", "1"]
    assert main(sweep) == 1
    printed = capsys.readouterr().out
    assert [command[0] for command in commands] == ["fit", "test", "fit", "fit", "test", "fit"]
    summary = read_summary(folder / "runs")
    vit, broken = summary["experiments"]
    assert (vit["experiment"], vit["split"], vit["runs"], vit["failed"]) == ("vit", "test", 2, 0)
    measured = [
        json.loads((folder / "runs" / "vit" / f"seed_{seed}" / "metrics.json").read_text(encoding="utf-8"))["metrics"]
        for seed in (0, 1)
    ]
    for name in METRICS:
        values = [metrics[name] for metrics in measured]
        if None not in values:
            assert vit["mean"][name] == pytest.approx(sum(values) / 2)
            assert vit["spread"][name] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert vit["mean"]["auroc"] is not None
    assert (broken["runs"], broken["failed"], broken["mean"]["auroc"]) == (0, 2, None)
    error = "fakeface: error: there is no backbone 'no_such_network'"
    assert [run["error"].startswith(error) for run in summary["runs"]] == [False, True, False, True]
    assert f"failed: runs/broken/seed_1: {error}" in printed
    assert "$ fakeface fit --config vit.yaml" in (folder / "runs" / "vit" / "seed_0" / "sweep.log").read_text()
    with (folder / "runs" / "sweep_summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["experiment"] for row in rows] == ["vit", "broken"]
    assert float(rows[0]["auroc_mean"]) == vit["mean"]["auroc"]
    assert rows[1]["auroc_mean"] == ""

    commands.clear()
    assert main(sweep) == 1
    assert [command[:3] for command in commands] == [["fit", "--config", "broken.yaml"]] * 2
    assert read_summary(folder / "runs") == summary
    assert "vit seed 1: finished before" in capsys.readouterr().out

    # Another number of epochs would be another experiment in the same place.
    commands.clear()
    assert main([*sweep[:-1], "2"]) == 2
    assert "runs/vit/seed_0 holds a run with other arguments" in capsys.readouterr().err
    text = (folder / "vit.yaml").read_text(encoding="utf-8")
    (folder / "vit.yaml").write_text(text.replace("lr: 0.001", "lr: 0.002"), encoding="utf-8")
    assert main(sweep) == 2
    assert commands == []


def test_a_split_without_test_images_is_measured_on_validation(
    folder: Path, demo_root: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [record for record in paper_split(read_records(demo_root), seed=0) if record.split != "test"]
    write_manifest(folder / "no_test.csv", kept)
    flags = ["--data.manifest=no_test.csv", "--data.split=manifest"]
    assert main(["sweep", "vit.yaml", "--out", "runs", *flags]) == 0
    assert [command[0] for command in commands] == ["fit"]
    (run,) = read_summary(folder / "runs")["runs"]
    curves = read_curves(folder / "runs" / "vit" / "seed_0", [f"val/{name}" for name in METRICS])
    auroc = curves["val/auroc"]
    assert len(auroc) == 2
    best = max(auroc, key=lambda epoch: auroc[epoch])
    assert run["split"] == "val"
    assert run["metrics"] == {name: curves[f"val/{name}"][best] for name in METRICS}
    assert "vit         val" in capsys.readouterr().out


def test_a_broken_training_goes_on_or_begins_anew(folder: Path, commands: list[list[str]]) -> None:
    assert main(["sweep", "vit.yaml", "resnet.yaml", "--out", "runs"]) == 0
    commands.clear()
    for name in ("vit", "resnet"):
        state = folder / "runs" / name / "seed_0" / "sweep.json"
        state.write_text(state.read_text(encoding="utf-8").replace('"finished"', '"begun"'), encoding="utf-8")
    # The first was killed in its last epoch, the second before it had saved a checkpoint.
    for path in (folder / "runs" / "resnet" / "seed_0" / "checkpoints").iterdir():
        path.unlink()
    assert main(["sweep", "vit.yaml", "resnet.yaml", "--out", "runs"]) == 0
    assert [command[0] for command in commands] == ["fit", "test", "fit", "test"]
    assert commands[0][-2:] == ["--ckpt_path", "runs/vit/seed_0/checkpoints/last.ckpt"]
    assert "--ckpt_path" not in commands[2]
    assert len(read_curves(folder / "runs" / "resnet" / "seed_0", ["val/auroc"])["val/auroc"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.yaml"], "the configuration missing.yaml does not exist"),
        (["vit.yaml", "vit.yaml"], "the experiment vit is named twice"),
        (["vit.yaml", "--seeds", "3", "3"], "the seed 3 is named twice"),
        (["vit.yaml", "--out", "taken"], "taken/vit/seed_0 holds a run that no sweep began"),
        (["vit.yaml", "--out", "vit.yaml"], "the folder vit.yaml cannot be made"),
    ],
)
def test_wrong_input_is_refused_before_anything_runs(
    arguments: list[str],
    message: str,
    folder: Path,
    commands: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "taken" / "vit" / "seed_0" / "checkpoints").mkdir(parents=True)
    assert main(["sweep", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert commands == []


def test_a_changed_base_configuration_makes_another_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(folder / "vit.yaml", 0, folder / "runs")
    asked = run.asked()
    assert asked == run.asked()
    changed = folder / "base.yaml"
    changed.write_bytes(base_config().read_bytes() + b"# another one\n")
    monkeypatch.setattr("fakeface.training.sweep.base_config", lambda: changed)
    assert asked != run.asked()


def test_mean_and_spread_by_hand() -> None:
    def figures(seed: int, accuracy: float | None, error: str = "") -> RunFigures:
        metrics: dict[str, float | None] = {name: 0.5 if name == "auroc" else accuracy for name in METRICS}
        return RunFigures("one", seed, f"out/one/seed_{seed}", error, "" if error else "test", {} if error else metrics)

    (row,) = summarise_sweep([figures(0, 0.6), figures(1, 0.7), figures(2, None, "it broke"), figures(3, 0.8)])
    assert (row.runs, row.failed, row.split) == (3, 1, "test")
    assert row.mean["accuracy"] == pytest.approx(0.7)
    assert row.spread["accuracy"] == pytest.approx(0.1)
    assert "0.500 ± 0.000" in format_sweep([row])
    # Undefined in one run: no mean over the others that would pass for one over all.
    (row,) = summarise_sweep([figures(0, None), figures(1, 0.7)])
    assert (row.mean["accuracy"], row.spread["accuracy"]) == (None, None)
    (row,) = summarise_sweep([figures(0, 0.6)])
    assert (row.mean["accuracy"], row.spread["accuracy"]) == (0.6, None)


def test_the_runs_place_and_seed_cannot_be_overruled() -> None:
    arguments = Run(Path("a.yaml"), 3, Path("out"), ("--seed_everything=9",)).fit_arguments()
    assert arguments.index("--seed_everything=9") < arguments.index("--seed_everything=3")


def test_a_process_that_fails_is_reported_by_its_last_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "vit.yaml", "--out", "runs", "--data.root", "nowhere"]) == 1
    assert "FAILED: fakeface: error: the data folder nowhere does not exist" in capsys.readouterr().out


@pytest.mark.soak
def test_a_killed_sweep_continues_to_the_same_result(folder: Path, demo_root: Path) -> None:
    command = [sys.executable, "-m", "fakeface", "sweep", "vit.yaml", "--trainer.max_epochs", "40", "--out"]
    subprocess.run([*command, "whole"], check=True)
    last = folder / "killed" / "vit" / "seed_0" / "checkpoints" / "last.ckpt"
    killed = subprocess.Popen([*command, "killed"], start_new_session=True)
    while not last.is_file() and killed.poll() is None:
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (folder / "killed" / "vit" / "seed_0" / "metrics.json").exists()
    subprocess.run([*command, "killed"], check=True)
    predictions = [(folder / out / "vit" / "seed_0" / "predictions.csv").read_bytes() for out in ("whole", "killed")]
    assert predictions[0] == predictions[1]


def test_a_run_is_another_one_when_a_file_changes_that_its_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "optimizers").mkdir(parents=True)
    (tmp_path / "configs" / "own.yaml").write_text(
        "model: {optimizer: optimizers/sgd.yaml, net: {init_args: {pretrained: weights.pt}}}", encoding="utf-8"
    )
    # Included from the file that names it; a manifest and weights are named from the working folder.
    included = [tmp_path / "configs" / "optimizers" / "sgd.yaml", tmp_path / "weights.pt", tmp_path / "split.csv"]
    for path in included:
        path.write_text("first", encoding="utf-8")
    run = Run(Path("configs/own.yaml"), 0, Path("runs"), ("--data.manifest=split.csv",))
    before = run.asked()
    assert run.asked() == before
    for path in included:
        path.write_text("second", encoding="utf-8")
        assert run.asked() != before, path
        path.write_text("first", encoding="utf-8")
    assert run.asked() == before

"""The Trainer's subcommands as users call them: arguments in, files, messages and exit codes out."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from fakeface.cli import main
from fakeface.data.images import read_image
from fakeface.data.manifest import read_manifest
from fakeface.demo.data_set import write_demo
from fakeface.evaluation.calibration import Calibration, calibrate
from fakeface.evaluation.predictions import Predictions, read_predictions
from fakeface.inference.detector import Detector
from fakeface.inference.scoring import score
from fakeface.models import FaceClassifier
from fakeface.training.module import FakeFaceModule
from tests.tiny_run import BEST, LAST, RUN, load, scalars

pytestmark = pytest.mark.usefixtures("no_pictures")


def settings_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a command would run with."""
    with pytest.raises(SystemExit) as exit_:
        main([*arguments, "--print_config"])
    assert exit_.value.code == 0
    settings: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    return settings


def test_fit_writes_the_files_of_a_run(workplace: Path, demo_root: Path) -> None:
    names = {path.relative_to(RUN).as_posix() for path in RUN.rglob("*") if "tfevents" not in path.name}
    expected = {
        "checkpoints",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "config.yaml",
        "hparams.yaml",
        "split.csv",
    }
    assert names == expected
    assert len(list(RUN.glob("events.out.tfevents.*"))) == 1
    split = read_manifest(RUN / "split.csv", demo_root)
    assert len(split) == 48
    assert {record.split for record in split} == {"train", "val", "test"}


def test_a_checkpoint_holds_plain_values_and_wants_no_weights_from_elsewhere(workplace: Path) -> None:
    for path in (BEST, LAST):
        checkpoint = load(path)
        net = checkpoint["hyper_parameters"]["net"]
        assert net["class_path"] == "fakeface.models.FaceClassifier"
        assert net["init_args"]["pretrained"] is False
        assert checkpoint["datamodule_hyper_parameters"]["size"] == 32


def test_pretrained_weights_are_not_fetched_again(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # As if the run had started from weights of the hub, which nothing here can reach.
    checkpoint = load(BEST)
    module = FakeFaceModule(FaceClassifier({"ela": "custom_cnn"}, pretrained=False), torch.optim.SGD)
    checkpoint["hyper_parameters"]["net"]["init_args"]["pretrained"] = True
    module.on_save_checkpoint(checkpoint)
    assert checkpoint["hyper_parameters"]["net"]["init_args"]["pretrained"] is False
    continued = settings_of(capsys, "fit", "--ckpt_path", str(LAST), "--model.net.init_args.pretrained", "true")
    assert continued["ckpt_path"] == str(LAST)
    assert main(["test", "--ckpt_path", str(BEST), "--model.net.init_args.pretrained", "true"]) == 0


def test_test_and_validate_need_the_checkpoint_alone(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curves = scalars(RUN)
    epoch, (step, auroc) = max(enumerate(curves["val/auroc"]), key=lambda point: (point[1][1], point[0]))
    assert load(BEST)["global_step"] == step + 1
    assert main(["validate", "--ckpt_path", str(BEST), "--trainer.precision", "32-true"]) == 0
    again = scalars(RUN / "validate")
    (point,) = again["val/auroc"]
    assert point == pytest.approx((0, auroc), abs=1e-6)
    (point,) = again["val/loss"]
    assert point == pytest.approx((0, curves["val/loss"][epoch][1]), abs=1e-5)
    # The curves of the training are as they were.
    assert scalars(RUN) == curves

    assert main(["test", "--ckpt_path", str(BEST)]) == 0
    printed = capsys.readouterr().out
    metrics = json.loads((RUN / "metrics.json").read_text())
    predictions = read_predictions(RUN / "predictions.csv")
    split = {record.path: record for record in read_manifest(RUN / "split.csv", Path(settings()["data"]["root"]))}
    assert {str(path) for path, record in split.items() if record.split == "test"} == set(predictions.path.tolist())
    assert [split[Path(path)].label for path in predictions.path] == predictions.label.tolist()
    assert (predictions.label == (predictions.score > 0.5)).mean() == pytest.approx(metrics["metrics"]["accuracy"])
    (point,) = scalars(RUN)["test/auroc"]
    assert point == pytest.approx((0, metrics["metrics"]["auroc"]), abs=1e-6)
    # With rich installed, Lightning draws lines between the columns.
    shown = re.search(r"test/auroc[\s│]+([\d.]+)", printed)
    assert shown
    assert float(shown[1]) == pytest.approx(metrics["metrics"]["auroc"], abs=1e-6)


def settings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((RUN / "config.yaml").read_text())
    return loaded


def test_an_explicit_flag_wins_over_the_checkpoint(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carried = settings_of(capsys, "test", "--ckpt_path", str(BEST))
    assert carried["data"]["size"] == 32
    assert carried["data"]["batch_size"] == 8
    assert carried["model"]["net"]["init_args"]["hidden_features"] == 16
    Path("more.yaml").write_text("data: {batch_size: 5, num_workers: 1}")
    changed = settings_of(
        capsys, "test", "--config", "more.yaml", "--ckpt_path", str(BEST), "--data.size=48", "--data.num_workers", "0"
    )
    assert {name: changed["data"][name] for name in ("size", "batch_size", "num_workers")} == {
        "size": 48,
        "batch_size": 5,
        "num_workers": 0,
    }
    assert changed["data"] == carried["data"] | {"size": 48, "batch_size": 5}
    assert changed["model"] == carried["model"]


def test_a_test_has_the_precision_of_the_training(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--trainer.precision", "bf16-mixed", "--trainer.max_epochs", "1"]
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 0
    assert settings_of(capsys, "test", "--ckpt_path", "last")["trainer"]["precision"] == "bf16-mixed"
    flag = ["--trainer.precision", "32-true"]
    assert settings_of(capsys, "test", "--ckpt_path", "last", *flag)["trainer"]["precision"] == "32-true"
    assert settings_of(capsys, "test", "--ckpt_path", str(BEST))["trainer"]["precision"] == "32-true"


def test_scores_that_a_threshold_is_chosen_on_are_those_of_the_detector(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the training was done; bfloat16 would move the scores of this small network by 0.00003."""
    chosen: list[Predictions] = []

    def remember(table: Predictions) -> Calibration:
        chosen.append(table)
        return calibrate(table)

    monkeypatch.setattr("fakeface.training.callbacks.calibration.calibrate", remember)
    arguments = ["--trainer.precision", "bf16-mixed", "--trainer.max_epochs", "1"]
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 0
    (last,) = Path("lightning_logs/tiny/version_1/checkpoints").glob("last.ckpt")
    assert main(["test", "--ckpt_path", str(last)]) == 0
    detector = Detector.load(last)
    for table in (chosen[-1], read_predictions(Path("lightning_logs/tiny/version_1/predictions.csv"))):
        raw = [
            face.fake
            for one in score(
                detector.network, table.path.tolist(), lambda path: [detector.look(read_image(Path(path)))]
            )
            for face in one.scores
        ]
        assert len(raw) == len(table) > 3
        assert table.score.tolist() == pytest.approx(raw, abs=1e-6)


def test_another_data_set_is_tested_with_the_flags_alone(workplace: Path) -> None:
    write_demo(Path("others"), images=27, seed=5, size=64)
    assert main(["test", "--ckpt_path", str(BEST), "--data.root", "others"]) == 0
    assert all(path.startswith("others/") for path in read_predictions(RUN / "predictions.csv").path)


@pytest.mark.parametrize("name", ["best", "last"])
def test_best_and_last_are_those_of_the_newest_run(
    workplace: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    older = Path("lightning_logs/other/version_3")
    shutil.copytree(RUN, older)
    os.utime(older / "checkpoints" / f"{name}.ckpt", (1, 1))
    assert settings_of(capsys, "test", "--ckpt_path", name)["ckpt_path"] == str(RUN / f"checkpoints/{name}.ckpt")
    os.utime(RUN / "checkpoints" / f"{name}.ckpt", (0, 0))
    named = settings_of(capsys, "test", "--config", "tiny.yaml", "--ckpt_path", name)
    assert named["ckpt_path"] == str(RUN / f"checkpoints/{name}.ckpt")
    assert main(["test", "--ckpt_path", name]) == 0
    assert (older / "metrics.json").is_file()
    assert not (RUN / "metrics.json").exists()


def test_a_checkpoint_outside_a_run_gets_a_folder_beside_it(workplace: Path) -> None:
    shutil.copy(BEST, "mine.ckpt")
    assert main(["test", "--ckpt_path", "mine.ckpt"]) == 0
    assert (workplace / "mine" / "predictions.csv").is_file()


def test_last_continues_in_the_folder_of_its_run(workplace: Path) -> None:
    before = scalars(RUN)
    config = (RUN / "config.yaml").read_text()
    assert main(["fit", "--config", "tiny.yaml", "--ckpt_path", "last", "--trainer.max_epochs", "3"]) == 0
    assert [path.name for path in RUN.parent.iterdir()] == ["version_0"]
    assert load(LAST)["epoch"] == 2
    after = scalars(RUN)
    steps = [step for step, _ in after["val/loss"]]
    assert steps == [3, 7, 11]
    assert after["val/loss"][:2] == before["val/loss"]
    assert [step for step, _ in after["train/loss"]] == steps
    assert (RUN / "config.yaml").read_text() == config


def test_a_run_continues_from_its_checkpoint_alone(workplace: Path) -> None:
    assert main(["fit", "--ckpt_path", str(LAST), "--trainer.max_epochs", "3"]) == 0
    assert load(LAST)["epoch"] == 2
    assert len(list(Path("lightning_logs").glob("*/*"))) == 1


def test_a_second_run_gets_the_next_version_and_says_so(workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        assert main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "1"]) == 0
    best = RUN.parent / "version_1" / "checkpoints" / "best.ckpt"
    assert best.is_file()
    assert f"; the run is in {best.parents[1]}; test it: fakeface test --ckpt_path {best}" in caplog.text


def test_a_saved_configuration_replays_the_run(workplace: Path) -> None:
    replay = ["--config", str(RUN / "config.yaml"), "--trainer.logger.init_args.version", "1"]
    assert main(["fit", *replay, "--data.split", "manifest", "--data.manifest", str(RUN / "split.csv")]) == 0
    again = Path("lightning_logs/tiny/version_1")
    assert {tag: curve for tag, curve in scalars(again).items() if "loss" in tag} == {
        tag: curve for tag, curve in scalars(RUN).items() if "loss" in tag
    }
    weights, expected = (load(run / "checkpoints" / "last.ckpt")["state_dict"] for run in (again, RUN))
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights.items())


def test_bfloat16_and_one_output_train(workplace: Path) -> None:
    arguments = ["--trainer.precision", "bf16-mixed", "--model.net.init_args.outputs", "1", "--trainer.max_epochs", "1"]
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 0
    assert settings_at("version_1")["trainer"]["precision"] == "bf16-mixed"
    weights = load(RUN.parent / "version_1/checkpoints/last.ckpt")["state_dict"]
    assert weights["net.label_output.weight"].dtype == torch.float32
    assert all(tensor.isfinite().all() for tensor in weights.values())


def settings_at(version: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((RUN.parent / version / "config.yaml").read_text())
    return loaded


def test_early_stopping_can_be_added(workplace: Path) -> None:
    stopping = [
        "--trainer.callbacks+=EarlyStopping",
        "--trainer.callbacks.monitor=val/auroc",
        "--trainer.callbacks.mode=max",
        "--trainer.callbacks.min_delta=2",  # more than any AUROC can grow by
        "--trainer.callbacks.patience=1",
    ]
    assert main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "6", *stopping]) == 0
    assert load(RUN.parent / "version_1/checkpoints/last.ckpt")["epoch"] == 1
    # The other callbacks are still there.
    assert (RUN.parent / "version_1/checkpoints/best.ckpt").is_file()
    assert (RUN.parent / "version_1/split.csv").is_file()


def test_one_seed_rules_order_augmentation_and_weights(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    settings = settings_of(capsys, "fit", "--config", "tiny.yaml", "--seed_everything", "7")
    assert settings["seed_everything"] == 7
    assert main(["fit", "--config", "tiny.yaml", "--seed_everything", "7", "--trainer.max_epochs", "1"]) == 0
    assert load(RUN.parent / "version_1/checkpoints/last.ckpt")["datamodule_hyper_parameters"]["seed"] == 7
    assert scalars(RUN.parent / "version_1")["train/loss"][0] != scalars(RUN)["train/loss"][0]

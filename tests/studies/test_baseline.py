"""Deep-feature baselines, from generated faces to a run, and on features whose structure is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, roc_auc_score

from fakeface.cli import main
from fakeface.data.cache import DecodedViews
from fakeface.data.data_folder import read_records
from fakeface.data.dataset import FaceDataset
from fakeface.data.manifest import read_manifest, write_manifest
from fakeface.data.records import Record
from fakeface.data.splits import paper_split
from fakeface.errors import UserError
from fakeface.evaluation.predictions import read_predictions
from fakeface.models import FaceClassifier
from fakeface.studies.baseline import ClassifierName, extract_features, tune_classifier
from fakeface.views.view import ViewParameters

CONFIG = """
trainer: {accelerator: cpu, precision: 32-true, logger: {init_args: {save_dir: logs}}}
data: {size: 32, cache: false}
model: {net: {init_args: {branches: {original: test_vit, ela: test_resnet}, pretrained: false}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with ``tiny.yaml``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_a_run_lies_beside_the_trained_ones_and_repeats_itself(
    folder: Path, demo_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["baseline", "--config", "tiny.yaml", "--classifier", "logistic", "--data.root", str(demo_root)]
    assert main(command) == 0
    run = folder / "logs" / "tiny_logistic" / "version_0"
    records = paper_split(read_records(demo_root), seed=0)
    assert read_manifest(run / "split.csv", demo_root) == records
    predictions = read_predictions(run / "predictions.csv")
    assert predictions.path.tolist() == [str(record.path) for record in records if record.split == "test"]
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    auroc = roc_auc_score(predictions.label, predictions.score)
    assert metrics["metrics"]["auroc"] == pytest.approx(auroc, abs=1e-12)
    assert (metrics["split"], metrics["images"], metrics["checkpoint"]) == ("test", len(predictions), None)
    chosen = metrics["operating_points"]["chosen_threshold"]
    assert chosen["metrics"]["accuracy"] == accuracy_score(
        predictions.label, predictions.score > metrics["calibration"]["fitted"]["threshold"]
    )
    assert json.loads((run / "classifier.json").read_text(encoding="utf-8"))["classifier"] == "logistic"
    assert list(run.glob("events.out.tfevents*"))
    assert f"test: AUROC {auroc:.3f}" in capsys.readouterr().out

    assert main([*command, "--trainer.logger.init_args.version=version_0"]) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert main(command) == 0
    again = folder / "logs" / "tiny_logistic" / "version_1"
    assert (again / "predictions.csv").read_bytes() == (run / "predictions.csv").read_bytes()
    assert main(["baseline", "--config", str(again / "config.yaml"), "--classifier", "logistic"]) == 0
    replayed = folder / "logs" / "tiny_logistic" / "version_2"
    assert (replayed / "predictions.csv").read_bytes() == (run / "predictions.csv").read_bytes()


def test_without_test_images_validation_is_measured_on_request(
    folder: Path, demo_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = paper_split(read_records(demo_root), seed=0)
    rest = [replace(record, split="val") if record.split == "test" else record for record in records]
    write_manifest(folder / "no_test.csv", rest)
    flags = ["--data.manifest=no_test.csv", "--data.split=manifest", f"--data.root={demo_root}"]
    command = ["baseline", "--config", "tiny.yaml", "--classifier", "knn", *flags]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "no_test.csv has no test image" in error
    assert "--evaluate val" in error
    assert not (folder / "logs").exists()
    assert main([*command, "--evaluate", "val"]) == 0
    metrics = json.loads((folder / "logs" / "tiny_knn" / "version_0" / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["split"], metrics["images"]) == ("val", sum(record.split == "val" for record in rest))
    # A threshold chosen on the photographs that it is measured on would flatter.
    assert metrics["operating_points"]["chosen_threshold"] is None


def test_a_checkpoint_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "--config", "tiny.yaml", "--classifier", "svm", "--ckpt_path", "best"]) == 2
    assert "leave --ckpt_path out" in capsys.readouterr().err


def test_a_network_without_branches_is_refused(
    folder: Path, demo_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = (
        "{class_path: fakeface.models.SpliceNet, init_args: {backbone: test_resnet, pretrained: false, drop_path: 0.0}}"
    )
    (folder / "splice.yaml").write_text(
        f"{{data: {{size: 32, cache: false}}, model: {{net: {net}}}}}", encoding="utf-8"
    )
    assert main(["baseline", "--config", "splice.yaml", "--classifier", "knn", "--data.root", str(demo_root)]) == 2
    assert "reads the features of a FaceClassifier, not of a SpliceNet" in capsys.readouterr().err


def test_features_are_those_of_the_branches_in_the_records_order(demo_root: Path) -> None:
    torch.manual_seed(0)
    net = FaceClassifier({"original": "test_vit", "ela": "test_resnet"}, pretrained=False).eval()
    records = read_records(demo_root)[:5]
    source = DecodedViews(records, net.views, ViewParameters(32))
    dataset = FaceDataset(records, source)
    with torch.inference_mode():
        features = extract_features(net, source, 5, torch.device("cpu"), batch_size=2)
        sample = dataset[0, 3]
        original, ela = (net.branches[view](sample[view][None]).numpy()[0] for view in ("original", "ela"))
    assert features.shape == (5, original.size + ela.size)
    assert features[3] == pytest.approx(np.concatenate([original, ela]), abs=1e-5)


def people(groups: int, copies: int, named: bool) -> tuple[NDArray[np.float32], list[Record]]:
    """Sources whose random features tell nothing but who they are, each photographed several times."""
    generator = np.random.default_rng(0)
    source = np.repeat(np.arange(groups), copies)
    features = generator.normal(size=(groups, 8))[source] + generator.normal(scale=0.01, size=(len(source), 8))
    records = [
        Record(Path(f"{index}.jpg"), label=int(group % 2), group=f"g{group}" if named else "")
        for index, group in enumerate(source)
    ]
    return features.astype(np.float32), records


def test_cross_validation_keeps_source_groups_together() -> None:
    # Once a source is on both sides, its photographs are recognised and the features look perfect.
    assert tune_classifier("knn", *people(40, 3, named=False)).auroc > 0.99
    assert tune_classifier("knn", *people(40, 3, named=True)).auroc < 0.7


@pytest.mark.parametrize("name", ["knn", "svm", "logistic"])
def test_every_classifier_finds_a_signal_and_gives_honest_probabilities(name: ClassifierName) -> None:
    generator = np.random.default_rng(1)
    label = np.arange(400) % 2
    features = (generator.normal(size=(400, 20)) + 0.5 * label[:, None]).astype(np.float32)
    records = [Record(Path(f"{index}.jpg"), label=int(value)) for index, value in enumerate(label[:200])]
    tuned = tune_classifier(name, features[:200], records, seed=0)
    scores = tuned.scores(features[200:])
    # The best possible AUROC is Φ(0.5 √20 / √2) = 0.943.
    assert 0.85 < roc_auc_score(label[200:], scores) < 0.99
    assert 0.85 < tuned.auroc < 0.99
    # Of those called fake at about 80 %, about 80 % are fakes.
    confident = (scores > 0.6) & (scores < 0.95)
    assert label[200:][confident].mean() == pytest.approx(scores[confident].mean(), abs=0.12)
    assert np.array_equal(scores, tune_classifier(name, features[:200], records, seed=0).scores(features[200:]))


def test_a_class_with_one_source_cannot_be_tuned_on() -> None:
    records = [
        Record(Path(f"{index}.jpg"), label=int(index < 3), group="only" if index < 3 else "") for index in range(9)
    ]
    with pytest.raises(UserError, match="1 source group of fake images"):
        tune_classifier("svm", np.zeros((9, 4), np.float32), records)

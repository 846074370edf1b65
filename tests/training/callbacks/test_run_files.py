import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score

from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.manifest import read_manifest
from fakeface.data.splits import paper_split
from fakeface.evaluation.predictions import read_predictions
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule

pytestmark = pytest.mark.usefixtures("no_pictures")

RUN = Path("lightning_logs/tiny/version_0")


def load_metrics(run: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((run / "metrics.json").read_text())
    return metrics


def test_the_split_is_written_as_a_manifest(tested: Path, demo_root: Path) -> None:
    drawn = paper_split(scan_folder(demo_root), seed=0)
    assert read_manifest(tested / "split.csv", demo_root) == drawn
    # Relative to --data.root: the run can be replayed where the photographs lie elsewhere.
    assert (tested / "split.csv").read_text().splitlines()[1].startswith("training_real/")


def test_predictions_are_the_scores_of_the_checkpoint(tested: Path, demo_root: Path) -> None:
    module = FakeFaceModule.load_from_checkpoint(tested / "checkpoints" / "best.ckpt", weights_only=True).cpu().eval()
    data = FaceDataModule(root=demo_root, size=32, cache=False)
    data.setup("test")
    predictions = read_predictions(tested / "predictions.csv")
    dataset = data.datasets["test"]
    assert predictions.path.tolist() == [str(record.path) for record in dataset.records]
    assert predictions.label.tolist() == [record.label for record in dataset.records]
    assert [record.difficulty for record in predictions.records] == [record.difficulty for record in dataset.records]
    for index, score in enumerate(predictions.score):
        sample = dataset[0, index]
        with torch.inference_mode():
            output = module({view: sample[view][None] for view in ("original", "ela")})
        assert score == pytest.approx(float(output.label.softmax(dim=1)[0, 1]), abs=1e-5)


def test_predictions_name_path_label_difficulty_and_score(tested: Path) -> None:
    with (tested / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"path", "label", "difficulty", "score"} <= rows[0].keys()
    fakes = [row for row in rows if row["label"] == "fake"]
    assert {row["difficulty"] for row in rows if row["label"] == "real"} == {""}
    assert {row["difficulty"] for row in fakes} == {"easy", "mid", "hard"}


def test_metrics_are_those_of_the_predictions(tested: Path) -> None:
    content, predictions = load_metrics(tested), read_predictions(tested / "predictions.csv")
    predicted = predictions.score > 0.5
    assert content["metrics"]["accuracy"] == pytest.approx(accuracy_score(predictions.label, predicted))
    assert content["metrics"]["f1"] == pytest.approx(f1_score(predictions.label, predicted, zero_division=np.nan))
    assert content["metrics"]["auroc"] == pytest.approx(roc_auc_score(predictions.label, predictions.score))
    (tn, fp), (fn, tp) = confusion_matrix(predictions.label, predicted)
    assert content["counts"] == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    assert (content["split"], content["positive_class"], content["images"]) == ("test", "fake", 12)


def test_metrics_say_which_weights_were_tested(tested: Path) -> None:
    content = load_metrics(tested)
    assert content["checkpoint"] == str(RUN / "checkpoints" / "best.ckpt")
    assert content["epoch"] == torch.load(tested / "checkpoints" / "best.ckpt", weights_only=True)["epoch"]


def test_an_earlier_result_is_replaced_and_that_is_said(workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
    (RUN / "predictions.csv").write_text("an earlier one")
    with caplog.at_level("INFO"):
        assert main(["test", "--ckpt_path", "last"]) == 0
    assert f"Replacing the earlier {RUN / 'predictions.csv'}" in caplog.text
    assert f"Writing {RUN / 'metrics.json'}" in caplog.text
    assert len(read_predictions(RUN / "predictions.csv")) == 12

"""Robustness of a tiny network that is trained for a moment, and of scores worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from fakeface.cli import main
from fakeface.data.data_folder import read_records
from fakeface.data.images import read_image
from fakeface.evaluation.predictions import read_predictions
from fakeface.evaluation.scores import compute_scores
from fakeface.inference.detector import Detector
from fakeface.inference.scoring import stack
from fakeface.studies.corruptions import CORRUPTIONS, Corruption, all_corruptions
from fakeface.studies.robustness import (
    RobustnessRow,
    corrupt,
    format_robustness,
    measure_robustness,
    score_corrupted,
)
from fakeface.views.pictures import save_as_jpeg
from fakeface.views.view import ViewParameters, look
from tests.networks import ELA, SIZE, write_checkpoint

pytestmark = pytest.mark.usefixtures("no_pictures")

CONFIG = """
trainer:
  accelerator: cpu
  precision: 32-true
  max_epochs: 1
  enable_progress_bar: false
  enable_model_summary: false
  logger: {class_path: lightning.pytorch.loggers.CSVLogger, init_args: {save_dir: logs}}
data: {root: ROOT, size: 32, augmentation: none, cache: false}
model:
  net: {init_args: {branches: {original: test_vit, ela: custom_cnn}, pretrained: false, hidden_features: null}}
  optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.001}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, demo_root: Path) -> Path:
    """The folder of a run that was trained for one epoch and tested."""
    folder = tmp_path_factory.mktemp("robustness")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("tiny.yaml").write_text(CONFIG.replace("ROOT", str(demo_root)), encoding="utf-8")
        assert main(["fit", "--config", "tiny.yaml"]) == 0
        assert main(["test", "--ckpt_path", "logs/tiny/version_0/checkpoints/best.ckpt"]) == 0
    return folder / "logs" / "tiny" / "version_0"


def test_the_command_writes_table_json_and_plot_beside_the_checkpoint(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = run / "checkpoints" / "best.ckpt"
    assert main(["robustness", "--ckpt_path", str(checkpoint)]) == 0
    printed = capsys.readouterr().out
    content = json.loads((run / "robustness.json").read_text(encoding="utf-8"))
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    tested = read_predictions(run / "predictions.csv")
    assert content["checkpoint"] == str(checkpoint)
    assert (content["split"], content["images"]) == ("test", len(tested))
    # The threshold is the one that training chose on validation; the uncorrupted row repeats the test.
    assert content["threshold"] == metrics["operating_points"]["chosen_threshold"]["threshold"]
    expected = compute_scores(tested.label, tested.score, content["threshold"])
    assert content["rows"][0] == {
        "corruption": "none",
        "level": None,
        "auroc": pytest.approx(expected["auroc"], abs=1e-9),
        "accuracy": pytest.approx(expected["accuracy"], abs=1e-9),
        "flipped": 0.0,
    }
    named = [(row["corruption"], row["level"]) for row in content["rows"][1:]]
    assert named == [(name, level) for name, family in CORRUPTIONS.items() for level in family.levels]
    assert all(0 <= row[field] <= 1 for row in content["rows"] for field in ("auroc", "accuracy", "flipped"))
    assert any(row["auroc"] != content["rows"][0]["auroc"] for row in content["rows"])
    assert "double_jpeg" in printed
    assert (run / "robustness.png").read_bytes().startswith(b"\x89PNG")


def test_validation_can_be_measured_and_an_earlier_result_is_said_to_be_replaced(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "robustness.json").write_text("{}", encoding="utf-8")
    assert main(["robustness", "--ckpt_path", str(run), "--evaluate", "val"]) == 0
    content = json.loads((run / "robustness.json").read_text(encoding="utf-8"))
    assert content["checkpoint"] == str(run / "checkpoints" / "best.ckpt")
    validation = (run / "split.csv").read_text(encoding="utf-8").count(",val,")
    assert (content["split"], content["images"]) == ("val", validation)
    assert f"Replacing the earlier {run / 'robustness.json'}" in capsys.readouterr().out


def test_a_split_without_test_images_is_said_so(
    run: Path, demo_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "no_test.csv"
    manifest.write_text((run / "split.csv").read_text().replace(",test,", ",val,"), encoding="utf-8")
    flags = ["--data.split=manifest", f"--data.manifest={manifest}", f"--data.root={demo_root}"]
    assert main(["robustness", "--ckpt_path", str(run / "checkpoints" / "best.ckpt"), *flags]) == 2
    assert f"{manifest} has no test image: name a manifest with some" in capsys.readouterr().err


def test_photographs_are_corrupted_before_their_views_are_computed(demo_root: Path, tmp_path: Path) -> None:
    records = read_records(demo_root)[:2]
    write_checkpoint(tmp_path / "a.ckpt", {"ela": "test_resnet"})
    detector = Detector.load(tmp_path / "a.ckpt")
    corruptions = [Corruption("jpeg", 30), Corruption("noise", 10)]
    scores = score_corrupted(detector, records, corruptions, seed=3)
    assert scores.shape == (2, 3)
    image = read_image(records[1].path)
    for column, variant in enumerate((image, save_as_jpeg(image, 30))):
        (expected,) = detector.network(stack([look(variant, ["ela"], ViewParameters(SIZE, ELA))]))
        assert scores[1, column] == pytest.approx(expected.fake, abs=1e-6)
    assert scores[1, 0] != scores[1, 1]
    # Noise is the same whenever a photograph is read, and another for every photograph and seed.
    assert np.array_equal(scores, score_corrupted(detector, records, corruptions, seed=3))
    other_seed = score_corrupted(detector, records, corruptions, seed=4)
    assert np.array_equal(scores[:, :2], other_seed[:, :2])
    assert (scores[:, 2] != other_seed[:, 2]).all()
    first, second = (list(corrupt(image, corruptions, (3, position)))[2] for position in range(2))
    assert not np.array_equal(first, second)


def test_rows_by_hand() -> None:
    label = np.array([0, 0, 1, 1])
    clean, worse = [0.1, 0.4, 0.6, 0.9], [0.7, 0.4, 0.6, 0.2]
    rows = measure_robustness(label, np.array([clean, worse]).T, [Corruption("jpeg", 30)], threshold=0.5)
    assert rows == [
        RobustnessRow("none", None, auroc=1.0, accuracy=1.0, flipped=0.0),
        RobustnessRow("jpeg", 30, auroc=0.25, accuracy=0.5, flipped=0.5),
    ]
    # Above 0.65 the clean verdicts are R R R F and the corrupted ones F R R R.
    rows = measure_robustness(label, np.array([clean, worse]).T, [Corruption("jpeg", 30)], threshold=0.65)
    assert [(row.accuracy, row.flipped) for row in rows] == [(0.75, 0.0), (0.25, 0.5)]
    assert format_robustness(rows).splitlines()[2].split() == ["jpeg", "30", "0.250", "0.250", "50.0%"]


def test_all_families_are_measured() -> None:
    assert {corruption.name for corruption in all_corruptions()} == {
        *("jpeg", "double_jpeg", "webp", "downscale", "blur", "noise", "brightness")
    }

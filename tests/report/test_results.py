import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakeface.errors import UserError
from fakeface.report.results import read_result, read_results
from tests.report.run_folders import draw_scores, make_records, write_json, write_run

MOBILENET = {"original": "mobilenetv2_100"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "mobilenet_original" / "version_0", MOBILENET)


def test_a_run_is_read_from_its_folder(run: Path) -> None:
    result = read_result(run)
    assert (result.name, result.experiment, result.classifier) == ("mobilenet_original", "mobilenet_original", "")
    assert result.branches == MOBILENET
    assert (result.epoch, len(result.predictions)) == (1, 40)
    assert result.at_tested_epoch("val/accuracy") == pytest.approx(0.625)
    assert result.at_tested_epoch("val/auroc") is None
    assert result.robustness == []


def test_robustness_and_the_classifier_of_a_baseline_are_read(tmp_path: Path) -> None:
    run = write_run(tmp_path / "mobilenet_original_svm" / "version_3", MOBILENET, curves=None)
    write_json(run / "classifier.json", {"classifier": "svm", "parameters": {}})
    write_json(run / "robustness.json", {"rows": [{"corruption": "none"}]})
    result = read_result(run)
    assert (result.name, result.experiment, result.classifier) == (
        "mobilenet_original_svm",
        "mobilenet_original",
        "svm",
    )
    assert result.curves == {}
    assert result.robustness == [{"corruption": "none"}]


def test_a_checkpoint_tested_away_from_its_run_needs_no_log(tmp_path: Path) -> None:
    result = read_result(write_run(tmp_path / "released", curves=None))
    assert (result.name, result.branches, result.curves) == ("released", {}, {})


def test_runs_of_one_experiment_are_told_apart(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "mobilenet_ela" / f"version_{number}", MOBILENET) for number in (0, 1)]
    runs.append(write_run(tmp_path / "vgg16_ela" / "version_0", MOBILENET))
    names = [result.name for result in read_results(runs)]
    assert names == ["mobilenet_ela (version_0)", "mobilenet_ela (version_1)", "vgg16_ela"]


def test_photographs_are_the_same_however_their_folder_was_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = write_run(tmp_path / "a" / "version_0", MOBILENET, make_records(8, Path("photographs")))
    second = write_run(tmp_path / "b" / "version_0", MOBILENET, make_records(8, tmp_path / "x" / ".." / "photographs"))
    results = read_results([first, second])
    assert np.array_equal(results[0].predictions.path, results[1].predictions.path)


def test_other_photographs_are_refused(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"run{count}" / "version_0", MOBILENET, make_records(count)) for count in (40, 36)]
    with pytest.raises(UserError, match=r"different photographs \(4 are in one only, for example .*\): report"):
        read_results(runs)


@pytest.mark.parametrize("folders", [[], [Path()]])
def test_naming_no_run_is_refused(folders: list[Path]) -> None:
    with pytest.raises(UserError, match="no run is named"):
        read_results(folders)


def test_a_run_named_twice_is_refused(run: Path) -> None:
    with pytest.raises(UserError, match="is named twice"):
        read_results([run, run / ".." / run.name])


def remove_key(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["subsets"]
    write_json(path, content)


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("metrics.json", Path.unlink, "holds no metrics.json, so it is no tested run"),
        ("metrics.json", lambda path: path.write_text("{"), "metrics.json is damaged"),
        ("metrics.json", lambda path: path.write_text("[]"), "metrics.json is damaged"),
        ("metrics.json", remove_key, "has no 'subsets', as if another version had written it"),
        ("predictions.csv", Path.unlink, "predictions.csv do not exist"),
        ("config.yaml", lambda path: path.write_text("a: [1"), "config.yaml is damaged"),
        ("config.yaml", lambda path: path.write_text("- 1"), "config.yaml is damaged"),
        ("robustness.json", lambda path: path.write_text("{}"), "robustness.json is damaged"),
        ("localisation.json", lambda path: path.write_text("{}"), "localisation.json is damaged"),
    ],
)
def test_what_is_missing_or_damaged_is_named(
    run: Path, file: str, damage: Callable[[Path], object], message: str
) -> None:
    damage(run / file)
    with pytest.raises(UserError, match=message):
        read_result(run)


def test_figures_and_predictions_of_different_tests_are_refused(run: Path) -> None:
    lines = (run / "predictions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (run / "predictions.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(UserError, match=r"about 40 photographs and predictions.csv about 39: test the run again"):
        read_result(run)


def test_a_training_without_its_log_is_refused(run: Path) -> None:
    next(run.glob("events*")).unlink()
    with pytest.raises(UserError, match="has no TensorBoard log"):
        read_result(run)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist: pass the folder of a tested run"):
        read_result(tmp_path / "nowhere")


def test_results_are_sorted_by_auroc(tmp_path: Path) -> None:
    from fakeface.report.results import best_first

    records = make_records()
    runs = [
        write_run(tmp_path / name / "version_0", MOBILENET, records, draw_scores(records, 1, skill))
        for name, skill in (("weak", 0.1), ("strong", 3.0), ("middling", 0.7))
    ]
    assert [result.name for result in best_first(read_results(runs))] == ["strong", "middling", "weak"]

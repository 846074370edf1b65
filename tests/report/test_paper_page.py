"""The page about the paper's experiments, made again from the committed scores."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from fakeface.errors import UserError
from fakeface.evaluation.intervals import Interval, compare_mean_auroc, compare_runs, mean_auroc
from fakeface.evaluation.predictions import Predictions
from fakeface.evaluation.summary import Figures, measure
from fakeface.report.numbers import interval
from fakeface.report.paper import read_paper_tables
from paper_claims import PAIRS, unpaired_difference
from paper_page import EXTRA, STRESSES, overview_table, write_page
from paper_scores import HONEST, RANDOM, PaperRun, PaperScores, read_paper_scores
from paper_seeds import SeedComparison, answer_over_seeds, spread
from tests.documentation import REPOSITORY

SCORES = REPOSITORY / "docs" / "paper"
PAGE = REPOSITORY / "docs" / "paper.md"
ELEVEN = [row.experiment for table in read_paper_tables() for row in table.rows]
THREE_SEEDS = ("mobilenet_original", "mobilenet_ela", "custom_cnn_original", "custom_cnn_ela", "fusion_type3")
OverSeeds = dict[tuple[str, str], SeedComparison]
WITH_MOBILENET = ("fusion_type1", "fusion_type3", "fusion_pretrained")


@pytest.fixture(scope="module")
def scores() -> PaperScores:
    return read_paper_scores(SCORES)


@pytest.fixture(scope="module")
def honest(scores: PaperScores) -> dict[str, PaperRun]:
    return scores.first_seed(HONEST)


@pytest.fixture(scope="module")
def over_seeds(scores: PaperScores) -> OverSeeds:
    return {(pair.first, pair.second): pair for pair in answer_over_seeds(scores.with_seeds())}


def p_values(first: PaperRun, second: PaperRun) -> list[tuple[float, float]]:
    """Difference of the AUROCs and its p-value: on all photographs, and on those with the common JPEG table."""
    compared = [
        compare_runs(first.predictions, second.predictions),
        compare_runs(first.predictions.select(first.common), second.predictions.select(second.common)),
    ]
    return [(found.auroc.value, found.auroc.p_value) for found in compared if found.auroc is not None]


def corrupted_auroc(run: PaperRun, corruption: str) -> float:
    return float(roc_auc_score(run.predictions.label, run.robustness[corruption]))


def test_the_command_makes_the_page_that_is_committed(tmp_path: Path) -> None:
    shutil.copytree(
        SCORES, tmp_path / "paper", ignore=shutil.ignore_patterns("plots", "*.py", "*.jinja", "__pycache__")
    )
    write_page(tmp_path / "paper")
    assert (tmp_path / "paper.md").read_text() == PAGE.read_text(), "run `make paper-page` and commit what it writes"
    drawn = {path.name for path in (tmp_path / "paper" / "plots").iterdir()}
    assert drawn == {path.name for path in (SCORES / "plots").iterdir()}
    assert all(f"paper/plots/{name}" in PAGE.read_text() for name in drawn)


def right(predictions: Predictions) -> float:
    return float(np.mean((predictions.score > 0.5) == (predictions.label == 1)))


def difference_of(first: Figures, second: Figures, metric: str) -> Interval:
    value, other = first["metrics"][metric], second["metrics"][metric]
    bounds, other_bounds = first["intervals"][metric], second["intervals"][metric]
    assert value is not None
    assert other is not None
    assert bounds is not None
    assert other_bounds is not None
    return unpaired_difference(value, Interval(*bounds), other, Interval(*other_bounds))


def is_better(first: PaperRun, second: PaperRun) -> list[bool]:
    """Whether it surely is: on all photographs, and on those with the common JPEG table."""
    return [value > 0 and p < 0.05 for value, p in p_values(first, second)]


def cannot_be_told_apart(first: PaperRun, second: PaperRun) -> bool:
    return all(p > 0.05 for _, p in p_values(first, second))


def test_every_experiment_was_trained_to_its_end(scores: PaperScores) -> None:
    assert scores.runs.keys() == {
        *((HONEST, name, 0) for name in (*ELEVEN, *EXTRA)),
        *((RANDOM, name, 0) for name in (*ELEVEN, *EXTRA) if not name.startswith("vgg16")),
        *((HONEST, name, seed) for name in THREE_SEEDS for seed in (1, 2)),
    }
    for (_, name, _), run in scores.runs.items():
        epochs = 30 if name.startswith("custom_cnn") or name == "fusion_type2" else 15
        assert (run.facts["complete"], run.facts["epochs_done"], run.facts["epochs"]) == (True, epochs, epochs)
        assert len(run.curves["val/auroc"]) == epochs
        assert run.robustness or run.split == RANDOM


def test_what_the_page_concludes_of_ela_holds(honest: dict[str, PaperRun], over_seeds: OverSeeds) -> None:
    better = {first: is_better(honest[first], honest[second]) for first, second in PAIRS["ELA helps"]}
    assert [name for name, (whole, _) in better.items() if whole] == ["vgg16_ela"]
    assert not any(common for _, common in better.values())
    assert honest["vgg16_original"].figures["metrics"]["recall"] == 0  # it learned nothing
    assert p_values(honest["resnet50_ela"], honest["resnet50_original"])[0][0] < 0
    for name in ("mobilenet", "custom_cnn"):
        found = over_seeds[f"{name}_ela", f"{name}_original"]
        assert min(found.all.p_value, found.common.p_value) > 0.05
        assert 0 < found.all.value > found.common.value


def test_what_the_page_concludes_of_fusion_holds(honest: dict[str, PaperRun], over_seeds: OverSeeds) -> None:
    assert all(cannot_be_told_apart(honest[fusion], honest["mobilenet_original"]) for fusion in WITH_MOBILENET)
    assert is_better(honest["fusion_type1"], honest["resnet50_ela"]) == [True, True]
    assert is_better(honest["fusion_type3"], honest["custom_cnn_ela"]) == [False, True]
    assert is_better(honest["fusion_pretrained"], honest["efficientnet_lite0_ela"]) == [False, True]
    for single in ("custom_cnn_original", "custom_cnn_ela"):
        assert cannot_be_told_apart(honest["fusion_type2"], honest[single])
    for first, second in PAIRS["Which fusion"]:
        if second == "fusion_type2":
            assert is_better(honest[first], honest[second]) == [True, True]
        else:
            assert cannot_be_told_apart(honest[first], honest[second])
    found = over_seeds["fusion_type3", "mobilenet_original"]
    assert found.all.interval.low > 0
    assert max(found.all.p_value, found.common.p_value) < 0.05


def test_type_3_is_ahead_of_mobilenet_where_ela_is_left_to_guess(scores: PaperScores, over_seeds: OverSeeds) -> None:
    seeds = scores.with_seeds()
    whole = over_seeds["fusion_type3", "mobilenet_original"].all.value
    for corruption in STRESSES:
        fusion, single, ela = (
            [run.corrupted(corruption) for run in seeds[name]]
            for name in ("fusion_type3", "mobilenet_original", "custom_cnn_ela")
        )
        gain = compare_mean_auroc(fusion, single)
        assert gain.p_value < 0.05, corruption
        assert gain.value == pytest.approx(whole, abs=0.005), corruption
        auroc, bounds = mean_auroc(ela)
        nearly = auroc < 0.58 and corruption in ("downscale_0.5", "blur_1")
        assert nearly or bounds.low < 0.5 < bounds.high, corruption


def test_what_the_page_concludes_of_the_networks_holds(honest: dict[str, PaperRun], over_seeds: OverSeeds) -> None:
    for first, second in PAIRS["MobileNet is best"]:
        assert is_better(honest[first], honest[second]) == [True, True]
    for other in ("vgg16_ela", "resnet50_ela"):
        assert is_better(honest["mobilenet_ela"], honest[other])[0], other
    behind = over_seeds["custom_cnn_ela", "mobilenet_ela"]
    assert behind.all.interval.high < 0
    assert max(behind.all.p_value, behind.common.p_value) < 0.05


def test_what_the_page_concludes_of_robustness_holds(honest: dict[str, PaperRun], scores: PaperScores) -> None:
    for (split, name, seed), run in scores.runs.items():
        if split == HONEST and name.endswith("_ela"):
            assert corrupted_auroc(run, "jpeg_90") < 0.55, (name, seed)
    for name in ("mobilenet_original", "fusion_type3"):
        for corruption in honest[name].robustness:
            if not corruption.startswith("brightness"):
                clean = corrupted_auroc(honest[name], "none")
                assert corrupted_auroc(honest[name], corruption) > clean - 0.035, (name, corruption)
    for name in ("fusion_type1", "fusion_pretrained"):
        mobilenet, fusion = (corrupted_auroc(honest[run], "jpeg_75") for run in ("mobilenet_original", name))
        assert fusion < mobilenet, name


def test_what_the_page_concludes_of_shared_sources_holds(scores: PaperScores) -> None:
    for name, random in scores.first_seed(RANDOM).items():
        ours = scores.runs[HONEST, name, 0]
        found = difference_of(random.figures, ours.figures, "auroc")
        assert -0.2 < found.low < 0 < found.high < 0.1, name
        auroc = roc_auc_score(random.predictions.label, random.predictions.score)
        assert (random.unseen_figures["metrics"]["auroc"] or 0) > auroc, name
        if name == "mobilenet_original" or name in WITH_MOBILENET:
            misled, control = (one.predictions.select(one.relatives == "other") for one in (random, ours))
            assert difference_of(measure(misled), measure(control), "accuracy").high < 0, name
            assert right(misled) < 0.5 < right(control), name
    assert [int((random.relatives == kind).sum()) for kind in ("none", "same", "other", "both")] == [318, 28, 29, 6]
    # Counted anew, from the manifest alone.
    rows = list(csv.DictReader((SCORES / "splits" / "random.csv").open()))
    learned = {(row["group"], row["label"]) for row in rows if row["split"] == "train"}
    other = {"real": "fake", "fake": "real"}
    tested = [row for row in rows if row["split"] == "test"]
    only_other = [
        row["path"]
        for row in tested
        if (row["group"], other[row["label"]]) in learned and (row["group"], row["label"]) not in learned
    ]
    assert set(random.predictions.path[random.relatives == "other"].tolist()) == set(only_other)


def test_seeds_move_the_auroc_less_than_photographs_do(scores: PaperScores) -> None:
    for name, runs in scores.with_seeds().items():
        aurocs = [roc_auc_score(run.predictions.label, run.predictions.score) for run in runs]
        assert spread(runs) == pytest.approx(np.std(aurocs, ddof=1), abs=1e-12), name
        assert max(aurocs) - min(aurocs) < 0.045, name


def test_what_the_page_concludes_of_heads_holds(honest: dict[str, PaperRun], scores: PaperScores) -> None:
    pair, common = "original:mobilenetv2_100+ela:efficientnet_lite0", honest["fusion_type1"].common
    reference = scores.heads[pair, 256, 0]
    for (branches, width, seed), head in scores.heads.items():
        if seed or (branches, width) == (pair, 256):
            continue
        whole = compare_runs(head, reference).auroc
        without_header = compare_runs(head.select(common), reference.select(common)).auroc
        assert whole is not None
        assert without_header is not None
        assert without_header.p_value > 0.05, branches
        assert branches != pair or whole.p_value > 0.05, width
        if branches.endswith("ela:mobilenetv2_100"):
            assert whole.value > 0
            assert whole.p_value < 0.05


def test_figures_are_those_of_another_library(honest: dict[str, PaperRun]) -> None:
    rows = list(csv.DictReader((SCORES / "runs/grouped/fusion_type1/seed_0/predictions.csv").open()))
    label = [row["label"] == "fake" for row in rows]
    score = [float(row["score"]) for row in rows]
    metrics = honest["fusion_type1"].figures["metrics"]
    assert metrics["auroc"] == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(label, [value > 0.5 for value in score]), abs=1e-12)


def test_scores_under_no_corruption_are_those_of_the_test(honest: dict[str, PaperRun]) -> None:
    for name, run in honest.items():
        # Other batches, other rounding in bfloat16.
        assert corrupted_auroc(run, "none") == pytest.approx(run.figures["metrics"]["auroc"], abs=0.003), name


def test_no_source_of_the_honest_test_photographs_is_in_train(scores: PaperScores) -> None:
    runs = scores.runs.values()
    assert all(run.unseen.all() for run in runs if run.split == HONEST)
    assert {int((~run.unseen).sum()) for run in runs if run.split == RANDOM} == {63}


def test_no_photograph_is_committed() -> None:
    found = {path.suffix for path in SCORES.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert found == {".csv", ".jinja", ".json", ".py", ".svg"}


def test_the_readme_and_the_results_take_their_lines_from_the_page(scores: PaperScores, over_seeds: OverSeeds) -> None:
    page, results = PAGE.read_text(), (REPOSITORY / "docs" / "results.md").read_text()
    table = overview_table(scores)
    start = results.index(f"| {table.columns[0]}")
    lines = results[start:].split("\n\n")[0].splitlines()
    assert len(lines) == len(table.rows) + 2
    assert "\n".join(lines) in page, "copy the first table of docs/paper.md to docs/results.md"
    best = max(
        ("fusion_type1", "fusion_type2", "fusion_type3"),
        key=lambda n: scores.runs[HONEST, n, 0].figures["metrics"]["auroc"] or 0,
    )
    figures = scores.runs[HONEST, best, 0].figures
    auroc, accuracy = figures["metrics"]["auroc"], figures["metrics"]["accuracy"]
    assert auroc is not None
    assert accuracy is not None
    bounds = interval(figures["intervals"]["auroc"])
    line = f"its fusion of Type {best[-1]}, trained here | {auroc:.2f} {bounds} | {accuracy:.0%}"
    readme = " ".join((REPOSITORY / "README.md").read_text().split())
    assert line.replace("%", " %") in readme
    gain = over_seeds["fusion_type3", "mobilenet_original"].all
    assert f"by {gain.value:.3f} (p = {gain.p_value:.3f})" in " ".join(results.split())
    assert f"the fusion of Type 3 is, by {gain.value:.2f} in AUROC over three seeds" in readme


def test_a_page_is_refused_where_something_is_in_its_way(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no runs/grouped"):
        write_page(tmp_path)
    with pytest.raises(UserError, match=r"paper\.md exists already"):
        write_page(SCORES)


def test_an_unpaired_difference_joins_both_intervals() -> None:
    found = unpaired_difference(0.75, Interval(0.72, 0.83), 0.5, Interval(0.44, 0.54))
    assert found.low == pytest.approx(0.25 - 0.05)  # 0.03 below the first and 0.04 above the second
    assert found.high == pytest.approx(0.25 + 0.1)  # 0.08 above the first and 0.06 below the second

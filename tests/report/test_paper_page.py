"""The page about the paper's experiments, made again from the committed scores."""

import csv
import shutil
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from fakeface.errors import UserError
from fakeface.evaluation.intervals import Interval, compare_runs
from fakeface.report.numbers import interval
from paper_claims import PAIRS, unpaired_difference
from paper_page import overview_table, write_page
from paper_scores import HONEST, RANDOM, PaperRun, PaperScores, read_paper_scores
from tests.documentation import REPOSITORY

SCORES = REPOSITORY / "docs" / "paper"
PAGE = REPOSITORY / "docs" / "paper.md"
WITH_MOBILENET = ("fusion_type1", "fusion_type3", "fusion_pretrained")


@pytest.fixture(scope="module")
def scores() -> PaperScores:
    return read_paper_scores(SCORES)


@pytest.fixture(scope="module")
def honest(scores: PaperScores) -> dict[str, PaperRun]:
    return scores.first_seed(HONEST)


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


def test_what_the_page_concludes_in_words_holds(honest: dict[str, PaperRun], scores: PaperScores) -> None:
    for first, second in PAIRS["ELA helps"]:
        (_, _), (common, p) = p_values(honest[first], honest[second])
        assert common < 0 or p > 0.05, f"{first} is better than {second} with the common table"
    for fusion in WITH_MOBILENET:
        assert all(p > 0.05 for _, p in p_values(honest[fusion], honest["mobilenet_original"])), fusion
        assert all(p > 0.05 for _, p in p_values(honest[fusion], honest[WITH_MOBILENET[0]]) if fusion != "fusion_type1")
        (value, p), _ = p_values(honest[fusion], honest["fusion_type2"])
        assert value > 0
        assert p < 0.05
    for first, second in (
        ("fusion_type1", "resnet50_ela"),
        ("fusion_type2", "custom_cnn_original"),
        *PAIRS["MobileNet is best"],
    ):
        (value, p), _ = p_values(honest[first], honest[second])
        assert value > 0, f"{first}, {second}"
        assert p < 0.05, f"{first}, {second}"
    (_, whole), (value, common) = p_values(honest["fusion_type3"], honest["custom_cnn_ela"])
    assert value > 0
    assert common < 0.05 < whole
    (_, p), _ = p_values(honest["mobilenet_ela"], honest["custom_cnn_ela"])
    assert p > 0.05
    for name, run in honest.items():
        if name.endswith("_ela"):
            assert corrupted_auroc(run, "jpeg_90") < 0.55, name
    mobilenet = honest["mobilenet_original"]
    for corruption in mobilenet.robustness:
        if not corruption.startswith("brightness"):
            assert corrupted_auroc(mobilenet, corruption) > corrupted_auroc(mobilenet, "none") - 0.035, corruption
    finished = [name for name, run in scores.first_seed(RANDOM).items() if run.facts["complete"]]
    assert finished == ["fusion_pretrained"], "the page says which trainings on the random split were finished"


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


def test_the_readme_and_the_results_take_their_lines_from_the_page(scores: PaperScores) -> None:
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
    assert line.replace("%", " %") in (REPOSITORY / "README.md").read_text()


def test_a_page_is_refused_where_something_is_in_its_way(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no runs/grouped"):
        write_page(tmp_path)
    with pytest.raises(UserError, match=r"paper\.md exists already"):
        write_page(SCORES)


def test_an_unpaired_difference_joins_both_intervals() -> None:
    found = unpaired_difference(0.75, Interval(0.72, 0.83), 0.5, Interval(0.44, 0.54))
    assert found.low == pytest.approx(0.25 - 0.05)  # 0.03 below the first and 0.04 above the second
    assert found.high == pytest.approx(0.25 + 0.1)  # 0.08 above the first and 0.06 below the second

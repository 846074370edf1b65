from pathlib import Path

from fakeface.report.comparisons import comparison_row, fusion_pairs, pairs_with_best
from fakeface.report.results import Result, read_result
from tests.report.run_folders import draw_scores, make_records, write_json, write_run

RECORDS = make_records()


def make_result(folder: Path, branches: dict[str, str], skill: float, classifier: str = "") -> Result:
    run = write_run(folder / "version_0", branches, RECORDS, draw_scores(RECORDS, seed=5, skill=skill))
    if classifier:
        write_json(run / "classifier.json", {"classifier": classifier})
    return read_result(run)


def test_a_fusion_meets_the_better_of_its_own_branches(tmp_path: Path) -> None:
    fusion = make_result(tmp_path / "fusion", {"original": "mobilenetv2_100", "ela": "resnet50"}, skill=0.5)
    mobilenet = make_result(tmp_path / "mobilenet", {"original": "mobilenetv2_100"}, skill=0.6)
    resnet = make_result(tmp_path / "resnet", {"ela": "resnet50"}, skill=0.2)
    # Neither reads the right view with the right backbone, though both are better.
    other_view = make_result(tmp_path / "other_view", {"original": "resnet50"}, skill=3)
    other_backbone = make_result(tmp_path / "other_backbone", {"ela": "vgg16"}, skill=3)
    assert fusion_pairs([resnet, other_view, fusion, other_backbone, mobilenet]) == [(fusion, mobilenet)]


def test_a_baseline_meets_baselines_of_its_kind_alone(tmp_path: Path) -> None:
    fusion = make_result(tmp_path / "fusion_svm", {"original": "a", "ela": "b"}, 0.5, classifier="svm")
    network = make_result(tmp_path / "network", {"original": "a"}, 1)
    single = make_result(tmp_path / "single_svm", {"ela": "b"}, 0.1, classifier="svm")
    assert fusion_pairs([network, single, fusion]) == [(fusion, single)]


def test_a_fusion_without_its_branches_has_no_pair(tmp_path: Path) -> None:
    assert fusion_pairs([make_result(tmp_path / "fusion", {"original": "a", "ela": "b"}, 1)]) == []


def test_the_best_run_meets_every_other(tmp_path: Path) -> None:
    weak, best, middling = (make_result(tmp_path / str(skill), {"ela": "a"}, skill) for skill in (0.1, 2, 0.5))
    assert pairs_with_best([weak, best, middling]) == [(best, middling), (best, weak)]


def test_a_row_holds_the_differences_and_the_disagreements(tmp_path: Path) -> None:
    truth = [float(record.label) for record in RECORDS]
    inverted = [1 - score if number < 10 else score for number, score in enumerate(truth)]
    right = read_result(write_run(tmp_path / "right", {"ela": "a"}, RECORDS, truth))
    partly = read_result(write_run(tmp_path / "partly", {"ela": "b"}, RECORDS, inverted))
    row = comparison_row(right, partly)
    # 10 of 40 verdicts are wrong in the second run alone: accuracy 1 and 0.75, McNemar 2 · 0.5¹⁰ = 0.002. Of the pairs,
    # 15 · 15 are in order, 2 · 15 · 5 tied and 5 · 5 inverted: AUROC (225 + 75) / 400 = 0.75.
    first, second, auroc, _, accuracy, _, mcnemar, only_first, only_second = row
    assert (first, second) == ("right", "partly")
    assert (auroc[0], accuracy[0]) == ("+0.250", "+0.250")
    assert (mcnemar, only_first, only_second) == ("0.002", "10", "0")

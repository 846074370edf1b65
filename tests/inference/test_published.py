import csv
from pathlib import Path

import pytest

from fakeface.inference.published import (
    FIGURES_FILE,
    RELEASE_FOLDER,
    SCORES_FILE,
    OtherOrigins,
    Published,
    PublishedScore,
    Shares,
    digest_of,
    publish,
    read_published,
    read_published_scores,
)
from tests.documentation import REPOSITORY

CARD = (REPOSITORY / "docs" / "model_card.md").read_text("utf-8")
RESULTS = (REPOSITORY / "docs" / "results.md").read_text("utf-8")


def test_published_figures_are_those_of_the_released_weights() -> None:
    weights = read_published().weights
    assert digest_of(RELEASE_FOLDER / weights["file"]) == weights["sha256"]


def test_published_figures_are_those_of_the_model_card_and_the_results() -> None:
    others = read_published().other_origins
    assert f"generated {others.auroc['generated']:.3f}" in CARD
    assert f"reals called fake {100 * others.reals_called_fake:.1f} %" in CARD
    assert f"right among the decided {100 * others.right_among_decided:.0f} %" in CARD
    assert f"{100 * others.decided:.0f} %, **{100 * others.right_among_decided:.0f} %**" in RESULTS
    for kind, value in others.auroc.items():
        row = next(line for line in RESULTS.splitlines() if line.startswith(f"| {kind} |"))
        assert f"{value:.3f}" in row


def test_published_scores_give_the_published_figures() -> None:
    scores, figures = read_published_scores(), read_published().trained_on
    assert len({one.sha256 for one in scores}) == len(scores) == 1530
    assert sum(one.label == "fake" for one in scores) == 749
    decided = [one for one in scores if one.verdict in {"real", "fake"}]
    assert len(decided) / len(scores) == pytest.approx(figures.decided)
    assert sum(one.verdict == one.label for one in decided) / len(decided) == pytest.approx(figures.right_among_decided)
    reals = [one for one in scores if one.label == "real"]
    assert sum(one.verdict == "fake" for one in reals) / len(reals) == pytest.approx(figures.reals_called_fake)


def test_published_scores_are_of_the_photographs_of_the_folds() -> None:
    with (REPOSITORY / "docs" / "folds" / "fold1.csv").open(encoding="utf-8", newline="") as file:
        paths = {row["path"] for row in csv.DictReader(file)}
    assert {one.path for one in read_published_scores()} == paths


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    published = Published(
        {"file": "a.onnx", "sha256": "ab"},
        Shares(0.9, 0.1, 0.5, None),
        OtherOrigins("some", 0.1, 0.5, 0.8, {"swapped": 0.5}),
    )
    scores = [
        PublishedScore("a.jpg", "01", "fake", "unsure", 0.5),
        PublishedScore("b.jpg", "02", "real", "no face", None),
    ]
    publish(published, scores, tmp_path)
    assert read_published(tmp_path) == published
    assert read_published_scores(tmp_path) == scores
    assert sorted(path.name for path in tmp_path.iterdir()) == [FIGURES_FILE, SCORES_FILE]

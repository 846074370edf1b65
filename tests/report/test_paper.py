"""The reconstruction of the paper's confusion counts, done again by trying every possible one."""

from pathlib import Path

import pytest

from fakeface.evaluation.scores import compute_scores
from fakeface.report.paper import PaperRow, PositiveClass, read_paper_tables

REALS, FAKES = 300, 211
PRINTED = ("accuracy", "precision", "recall", "f1", "au_roc")
TOLERANCE = 2e-4
ROWS = [row for table in read_paper_tables() for row in table.rows]


def fitting_counts(row: PaperRow, positive_class: PositiveClass) -> list[tuple[int, int]]:
    """All (true positives, false positives) whose five metrics are the printed ones."""
    positives, negatives = (FAKES, REALS) if positive_class == "fake" else (REALS, FAKES)
    found = []
    for tp in range(1, positives + 1):
        for fp in range(negatives + 1):
            recall, specificity = tp / positives, 1 - fp / negatives
            values = (
                (tp + negatives - fp) / (REALS + FAKES),
                tp / (tp + fp),
                recall,
                2 * tp / (positives + tp + fp),
                (recall + specificity) / 2,
            )
            if all(abs(value - row.printed[name]) < TOLERANCE for value, name in zip(values, PRINTED, strict=True)):
                found.append((tp, fp))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.experiment)
def test_one_positive_class_and_one_set_of_counts_fit_the_printed_figures(row: PaperRow) -> None:
    positive: PositiveClass = row.positive_class
    other: PositiveClass = "real" if positive == "fake" else "fake"
    tp, fp = row.counts[f"{positive}s_called_{positive}"], row.counts[f"{other}s_called_{positive}"]
    assert fitting_counts(row, positive) == [(tp, fp)]
    assert fitting_counts(row, other) == []
    assert row.counts["reals_called_real"] + row.counts["reals_called_fake"] == REALS
    assert row.counts["fakes_called_real"] + row.counts["fakes_called_fake"] == FAKES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.experiment)
def test_the_metrics_of_the_counts_are_the_printed_ones(row: PaperRow) -> None:
    verdicts = row.verdicts()
    # With real as the positive class, labels and scores change sides.
    if row.positive_class == "real":
        metrics = compute_scores(1 - verdicts.label, 1 - verdicts.score)
    else:
        metrics = compute_scores(verdicts.label, verdicts.score)
    assert metrics["balanced_accuracy"] == pytest.approx(row.printed["au_roc"], abs=1e-5)
    for name in ("accuracy", "precision", "recall", "f1"):
        assert metrics[name] == pytest.approx(row.printed[name], abs=TOLERANCE)


def test_type_1_beats_mobilenet_by_two_images() -> None:
    right = {row.experiment: row.counts["reals_called_real"] + row.counts["fakes_called_fake"] for row in ROWS}
    assert right["fusion_type1"] - right["mobilenet_original"] == 2


def test_the_positive_class_differs_between_rows() -> None:
    real = {row.experiment for row in ROWS if row.positive_class == "real"}
    assert real == {"custom_cnn_original", "custom_cnn_ela", "vgg16_original"}


def test_each_row_has_a_configuration() -> None:
    configs = Path(__file__).parents[2] / "configs"
    assert len(ROWS) == 11
    assert all((configs / f"{row.experiment}.yaml").is_file() for row in ROWS)

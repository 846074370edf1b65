import numpy as np
import pytest
from sklearn import metrics as reference

from fakeface.evaluation.scores import METRICS, compute_scores, weighted_metrics
from tests.evaluation.tables import draw_scores


@pytest.mark.parametrize("decimals", [12, 1])  # without and with ties
@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_the_metrics_are_those_of_scikit_learn(decimals: int, threshold: float) -> None:
    label, score = draw_scores(311, seed=1, decimals=decimals)
    called = score > threshold
    found = compute_scores(label, score, threshold)
    expected = {
        "accuracy": reference.accuracy_score(label, called),
        "balanced_accuracy": reference.balanced_accuracy_score(label, called),
        "precision": reference.precision_score(label, called),
        "recall": reference.recall_score(label, called),
        "f1": reference.f1_score(label, called),
        "auroc": reference.roc_auc_score(label, score),
    }
    assert found == pytest.approx(expected, abs=1e-14)


def test_the_mobilenet_row_of_the_report() -> None:
    """TP 136, FP 68, FN 75, TN 232: accuracy 72.02 %, precision 0.66670, recall 0.64454, "AU-ROC" 0.7089."""
    label = np.repeat([1, 0, 1, 0], [136, 68, 75, 232])
    score = np.repeat([0.9, 0.9, 0.1, 0.1], [136, 68, 75, 232])
    found = compute_scores(label, score)
    assert found["accuracy"] == 368 / 511
    assert found["precision"] == 136 / 204
    assert found["recall"] == 136 / 211
    assert found["balanced_accuracy"] == (136 / 211 + 232 / 300) / 2
    assert found["auroc"] == pytest.approx(found["balanced_accuracy"])  # of hard labels, they are the same


def test_a_score_at_the_threshold_is_called_real() -> None:
    assert compute_scores(np.array([1]), np.array([0.5]), 0.5)["recall"] == 0.0


def test_auroc_counts_ties_half() -> None:
    # Pairs: 0.5 against 0.5 ties, 0.5 above 0.2, 0.1 below both: 1.5 of 4.
    assert compute_scores(np.array([1, 1, 0, 0]), np.array([0.5, 0.1, 0.5, 0.2]))["auroc"] == 1.5 / 4


@pytest.mark.parametrize(
    ("label", "score", "expected"),
    [
        ([1, 1], [0.9, 0.1], (0.5, None, 1.0, 0.5, 2 / 3, None)),
        ([0, 0], [0.9, 0.1], (0.5, None, 0.0, None, 0.0, None)),
        ([0, 0], [0.1, 0.1], (1.0, None, None, None, None, None)),
        ([0, 1], [0.1, 0.2], (0.5, 0.5, None, 0.0, 0.0, 1.0)),
        ([], [], (None, None, None, None, None, None)),
    ],
)
def test_what_is_undefined_is_none(label: list[int], score: list[float], expected: tuple[float | None, ...]) -> None:
    found = compute_scores(np.array(label, dtype=np.int64), np.array(score, dtype=np.float64))
    assert found == dict(zip(METRICS, expected, strict=True))


def test_weights_count_like_repeated_photographs() -> None:
    label, score = draw_scores(60, seed=3, decimals=1)
    weights = np.random.default_rng(4).integers(0, 4, (5, 60)).astype(np.float64)
    weighted = weighted_metrics(label, score, 0.4, weights)
    for row, times in enumerate(weights.astype(int)):
        repeated = compute_scores(np.repeat(label, times), np.repeat(score, times), 0.4)
        for name in METRICS:
            assert weighted[name][row] == pytest.approx(repeated[name], abs=1e-14)

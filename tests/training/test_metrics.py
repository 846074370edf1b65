import math
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics
from torch import Tensor

from fakeface.data.sampler import EpochSampler
from fakeface.training.metrics import FaceMetrics, compute_metrics


def make_samples(kind: str, count: int = 201) -> tuple[Tensor, Tensor]:
    """Log odds of fake and labels; the scores know something of the label."""
    generator = torch.Generator().manual_seed(1)
    label = (torch.rand(count, generator=generator) < 0.4).long()
    logit = torch.randn(count, generator=generator) + label
    if kind == "tied":
        logit = (logit * 2).round() / 2
    if kind == "saturated":
        # In float32 every probability above 17 is 1.
        logit = logit + 22
    if kind == "wrong":
        logit = -logit
    return logit, label


def expected(logit: Tensor, label: Tensor) -> dict[str, float]:
    scores, labels = logit.double().numpy(), label.numpy()
    predicted: NDArray[np.bool_] = scores > 0
    probabilities = 1 / (1 + np.exp(-scores))
    return {
        "loss": sklearn_metrics.log_loss(labels, probabilities, labels=[0, 1]),
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "precision": sklearn_metrics.precision_score(labels, predicted, zero_division=0),
        "recall": sklearn_metrics.recall_score(labels, predicted, zero_division=0),
        "f1": sklearn_metrics.f1_score(labels, predicted, zero_division=0),
        "auroc": sklearn_metrics.roc_auc_score(labels, scores),
        "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(labels, predicted),
    }


def measure(logit: Tensor, label: Tensor, batch: int = 16) -> dict[str, float]:
    metrics = FaceMetrics()
    for index in torch.arange(len(label)).split(batch):
        metrics.update(index, logit[index], label[index].float())
    return {name: float(value) for name, value in metrics.compute().items()}


@pytest.mark.parametrize("kind", ["random", "tied", "saturated", "wrong"])
def test_figures_agree_with_scikit_learn(kind: str) -> None:
    logit, label = make_samples(kind)
    assert measure(logit, label) == pytest.approx(expected(logit, label), abs=1e-6)


def test_figures_by_hand() -> None:
    # Fake is positive: 2 of 3 fakes found, 1 of 2 reals called fake; 4 of 6 pairs in order.
    logit, label = torch.tensor([2.0, 1.0, -2.0, -1.0, 1.5]), torch.tensor([1, 1, 1, 0, 0])
    figures = measure(logit, label)
    assert figures["accuracy"] == pytest.approx(3 / 5)
    assert figures["precision"] == pytest.approx(2 / 3)
    assert figures["recall"] == pytest.approx(2 / 3)
    assert figures["f1"] == pytest.approx(2 / 3)
    assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert figures["auroc"] == pytest.approx(3 / 6)


def test_scores_keep_the_order_that_float32_probabilities_lose() -> None:
    logit, label = make_samples("saturated")
    single = sklearn_metrics.roc_auc_score(label.numpy(), logit.sigmoid().numpy())
    exact = sklearn_metrics.roc_auc_score(label.numpy(), logit.numpy())
    assert abs(single - exact) > 0.05
    assert measure(logit, label)["auroc"] == pytest.approx(exact)


def test_a_repeated_sample_is_counted_once() -> None:
    logit, label = make_samples("random", count=31)
    index = torch.tensor([*range(31), 0, 1, 2, 30])
    metrics = FaceMetrics()
    metrics.update(index, logit[index], label[index])
    assert {name: float(value) for name, value in metrics.compute().items()} == measure(logit, label)
    kept, scores, labels = metrics.samples()
    assert kept.tolist() == list(range(31))
    assert torch.equal(scores, logit.double())
    assert torch.equal(labels, label)


def test_the_order_of_samples_does_not_matter() -> None:
    logit, label = make_samples("tied")
    metrics = FaceMetrics()
    for index in torch.randperm(len(label), generator=torch.Generator().manual_seed(0)).split(7):
        metrics.update(index, logit[index], label[index])
    assert {name: float(value) for name, value in metrics.compute().items()} == measure(logit, label)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_has_no_auroc(label: int) -> None:
    figures = measure(torch.tensor([1.0, -1.0, 2.0]), torch.full((3,), label))
    assert math.isnan(figures["auroc"])
    assert math.isnan(figures["balanced_accuracy"])
    assert figures["accuracy"] == pytest.approx(2 / 3 if label else 1 / 3)


def test_half_precision_scores_are_taken_as_they_are() -> None:
    logit, label = make_samples("random")
    assert measure(logit.bfloat16(), label) == pytest.approx(expected(logit.bfloat16().float(), label), abs=1e-6)


def test_a_network_that_diverged_has_no_figures() -> None:
    figures = compute_metrics(torch.tensor([math.nan, 1.0, -1.0]), torch.tensor([1, 1, 0]))
    assert all(math.isnan(figure) for figure in figures.values())


def test_reset_forgets_the_samples() -> None:
    logit, label = make_samples("random")
    metrics = FaceMetrics()
    metrics.update(torch.arange(len(label)), -logit, label)
    metrics.reset()
    metrics.update(torch.arange(len(label)), logit, label)
    assert {name: float(value) for name, value in metrics.compute().items()} == measure(logit, label)


def measure_my_share(rank: int, processes: int, folder: Path) -> None:
    """Run in a process of its own: measure the samples that the sampler gives it, and save what all of them say."""
    torch.set_num_threads(1)  # a forked process has lost the threads of its parent
    torch.distributed.init_process_group(
        "gloo", init_method=(folder / "rendezvous").as_uri(), rank=rank, world_size=processes
    )
    logit, label = make_samples("tied")
    metrics = FaceMetrics()
    share = torch.tensor([index for _, index in EpochSampler(len(label), 0, rank, processes)])
    for index in share.split(16):
        metrics.update(index, logit[index], label[index])
    figures = {name: float(value) for name, value in metrics.compute().items()}
    torch.save({"figures": figures, "samples": metrics.samples(), "share": share}, folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_give_the_numbers_of_one(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=measure_my_share, args=(rank, 2, tmp_path)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
    assert [process.exitcode for process in processes] == [0, 0]
    logit, label = make_samples("tied")
    results = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    # 201 samples: each process has seen 101 of them, so that one was repeated.
    assert [len(result["share"]) for result in results] == [101, 101]
    for result in results:
        assert result["figures"] == measure(logit, label)
        index, scores, labels = result["samples"]
        assert index.tolist() == list(range(201))
        assert torch.equal(scores, logit.double())
        assert torch.equal(labels, label)

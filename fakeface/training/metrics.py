"""Metrics over all samples of a stage, each counted once, with fake as the positive class."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchmetrics import Metric
from torchmetrics.functional import classification as functional
from torchmetrics.utilities import dim_zero_cat


class FaceMetrics(Metric):
    """Loss, accuracy, precision, recall, F1, AUROC and balanced accuracy of a stage.

    The samples themselves are kept and every figure is computed once over all of them: distributed samplers repeat
    samples, so each index is counted once, which makes the result the same for any number of processes. Figures are
    computed on the CPU in float64: float32 probabilities near 1 tie, which changes the AUROC, and not every device has
    float64.

    Balanced accuracy is what the report prints as "AU-ROC": the area under the curve of hard labels.
    """

    full_state_update = False
    index: list[Tensor]
    logit: list[Tensor]
    label: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("index", "logit", "label"):
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(self, index: Tensor, logit: Tensor, label: Tensor) -> None:
        """Add a batch.

        Args:
            index: Number of each sample in its dataset, ``(B,)``.
            logit: Log odds of fake, ``(B,)``.
            label: 1 for fake and 0 for real, ``(B,)``.
        """
        self.index.append(index.detach())
        self.logit.append(logit.detach())
        self.label.append(label.detach())

    def samples(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return ``(index, logit, label)`` of all processes, sorted by index, each index once, on the CPU."""
        with self.sync_context():
            return self._counted_once()

    def _counted_once(self) -> tuple[Tensor, Tensor, Tensor]:
        index, logit, label = (dim_zero_cat(state).cpu() for state in (self.index, self.logit, self.label))
        index, order = index.sort(stable=True)
        keep = order[torch.diff(index, prepend=index[:1] - 1) != 0]  # the first of each
        return index.unique(), logit[keep].double(), label[keep].long()

    def compute(self) -> dict[str, Tensor]:
        """Return every figure by name; AUROC and balanced accuracy are NaN where a class is missing."""
        _, logit, label = self._counted_once()
        return compute_metrics(logit, label)


def compute_metrics(logit: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Compute the figures of ``FaceMetrics`` from log odds of fake ``(N,)`` and labels ``(N,)`` (fake = 1).

    All are NaN where a score is, so that a network that diverged is never the best one.
    """
    logit, probability = logit.double(), logit.double().sigmoid()
    undefined = torch.tensor(torch.nan, dtype=torch.float64)
    metrics = {
        "loss": binary_cross_entropy_with_logits(logit, label.double()),
        "accuracy": functional.binary_accuracy(probability, label),
        "precision": functional.binary_precision(probability, label),
        "recall": functional.binary_recall(probability, label),
        "f1": functional.binary_f1_score(probability, label),
    }
    if label.unique().numel() == 2:
        specificity = functional.binary_specificity(probability, label)
        metrics["auroc"] = functional.binary_auroc(probability, label)
        metrics["balanced_accuracy"] = (metrics["recall"] + specificity) / 2
    else:
        metrics["auroc"] = metrics["balanced_accuracy"] = undefined
    return dict.fromkeys(metrics, undefined) if logit.isnan().any() else metrics

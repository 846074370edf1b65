"""Metrics over all samples of a stage, each counted once, with fake as the positive class."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from fakeface.evaluation.scores import METRICS, compute_scores


class FaceMetrics(Metric):
    """Loss and ``evaluation.scores.METRICS`` of a stage.

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
        order = torch.argsort(index, stable=True)
        index = index[order]
        first = torch.ones_like(index, dtype=torch.bool)
        first[1:] = index[1:] != index[:-1]
        keep = order[first]
        return index[first], logit[keep].double(), label[keep].long()

    def compute(self) -> dict[str, Tensor]:
        """Return every figure by name, as ``compute_metrics`` does."""
        _, logit, label = self._counted_once()
        return compute_metrics(logit, label)


def compute_metrics(logit: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Compute the loss and ``evaluation.scores.METRICS`` from log odds of fake ``(N,)`` and labels ``(N,)`` (fake = 1).

    All are NaN where a score is, so that a network that diverged is never the best one. Precision is 0 where nothing is
    called fake; what is undefined for want of a class is NaN.
    """
    names, undefined = ("loss", *METRICS), 0.0 if label.unique().numel() == 2 else math.nan
    if logit.isnan().any():
        return {name: torch.tensor(math.nan, dtype=torch.float64) for name in names}
    logit = logit.double()
    loss = binary_cross_entropy_with_logits(logit, label.double()).item()
    figures = {"loss": loss, **compute_scores(label.numpy(), logit.sigmoid().numpy())}
    values = (undefined if figures[name] is None else figures[name] for name in names)
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in zip(names, values, strict=True)}

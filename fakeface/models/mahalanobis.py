"""How far features lie from those of the photographs that a network was shown (https://arxiv.org/abs/1807.03888)."""

import torch
from torch import Tensor, nn

SHRINKAGE = 0.5
"""Share of the correlations that is taken for chance: features are many, and origins of photographs few."""


class MahalanobisDistance(nn.Module):
    """The Mahalanobis distance from what it was fitted to, in units in which the like of it is about 1 away.

    Args:
        features: How many there are.
    """

    center: Tensor
    whitening: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(features))
        self.register_buffer("whitening", torch.eye(features))

    def forward(self, features: Tensor) -> Tensor:
        """Return the distances ``(B,)`` of features ``(B, F)``."""
        return ((features - self.center) @ self.whitening).square().mean(dim=1).sqrt()

    @torch.no_grad()
    def fit(self, features: Tensor, weights: Tensor) -> None:
        """Measure from now on how far features lie from these.

        Args:
            features: ``(N, F)``.
            weights: How much each of them counts, ``(N,)``, in any unit.
        """
        features, shares = features.double(), (weights / weights.sum()).double()
        center = shares @ features
        deviations = features - center
        scale = (shares @ deviations.square()).sqrt().clamp(min=1e-6)
        standard = deviations / scale
        correlation = standard.T @ (standard * shares[:, None])
        shrunk = correlation.lerp(torch.eye(len(center), dtype=torch.double), SHRINKAGE)
        values, vectors = torch.linalg.eigh(shrunk)
        self.center.copy_(center)
        self.whitening.copy_(vectors / values.sqrt() / scale[:, None])

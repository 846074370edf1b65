import numpy as np
import torch
from sklearn.covariance import EmpiricalCovariance

from fakeface.models.mahalanobis import SHRINKAGE, MahalanobisDistance


def test_it_is_the_distance_from_the_middle_by_what_is_usual() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 4)) * [1, 10, 0.1, 3] + [5, -2, 0, 1]
    new = generator.normal(size=(7, 4)) * 8
    distance = MahalanobisDistance(4)
    distance.fit(torch.tensor(features), torch.ones(300))

    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    known = EmpiricalCovariance(assume_centered=True).fit(standard)
    shrunk = (1 - SHRINKAGE) * known.covariance_ + SHRINKAGE * np.eye(4)
    away = (new - features.mean(axis=0)) / features.std(axis=0)
    squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(shrunk), away)
    assert np.allclose(distance(torch.tensor(new, dtype=torch.float32)), np.sqrt(squares / 4), rtol=1e-4)


def test_a_weight_of_two_counts_like_two_and_what_never_differs_does_no_harm() -> None:
    features = torch.tensor([[0.0, 1.0, 7.0], [1.0, 5.0, 7.0], [4.0, 2.0, 7.0]])
    weighted, repeated = MahalanobisDistance(3), MahalanobisDistance(3)
    weighted.fit(features, torch.tensor([2.0, 2.0, 4.0]))
    repeated.fit(features[[0, 1, 2, 2]], torch.ones(4))
    new = torch.tensor([[3.0, 3.0, 7.0], [3.0, 3.0, 8.0]])
    assert torch.allclose(weighted(new), repeated(new))
    assert weighted(new)[0] < 2
    assert weighted(new)[1] > 1e5

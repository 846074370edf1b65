import numpy as np
import pytest
import torch

from fakeface.inference.distances import left_out_distances
from fakeface.models.mahalanobis import MahalanobisDistance


def test_each_source_is_measured_from_the_others_of_which_each_counts_by_the_root_of_its_size() -> None:
    styles = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    sources = np.array(list("aabbbbccc"))
    distance = MahalanobisDistance(3)
    distance.fit(styles[:6], torch.tensor([2**-0.5] * 2 + [0.5] * 4))
    assert left_out_distances(styles, sources)[6:] == pytest.approx(distance(styles[6:]).numpy())


def test_a_new_source_is_farther_away_than_a_known_one() -> None:
    styles = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    styles[150:] += 6
    sources = np.array(["a"] * 50 + ["b"] * 50 + ["c"] * 50 + ["d"] * 50)
    distances = left_out_distances(styles, sources)
    assert distances[:150].mean() < 1.5
    assert distances[150:].mean() > 4

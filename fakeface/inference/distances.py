"""How far faces lie from those that a network was shown, and from where on it does not judge."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fakeface.data.images import read_image
from fakeface.data.records import REAL, Record
from fakeface.evaluation.operating_points import lowest_threshold
from fakeface.inference.detector import Detector
from fakeface.inference.network import Settings
from fakeface.inference.scoring import Batch, Seen, score
from fakeface.inference.torch_network import TorchNetwork, to_tensors
from fakeface.models import SpliceNet
from fakeface.models.mahalanobis import MahalanobisDistance

TOO_FAR = 0.02
"""Share of the real photographs of a source that was left out, on average over sources, that may go unjudged."""

MOST_FITS = 30
"""Sources beyond that are left out together with others."""


def measure_distances(network: TorchNetwork, photographs: Sequence[Record]) -> Settings:
    """Have a network say how far a face lies from these photographs, and choose from where on it is not judged.

    For that, each source of photographs is left out in turn: a new source is farther away than those that are known.

    Args:
        network: Is changed, in its first ``SpliceNet``; another one is left as it is.
        photographs: Like those that it was trained on, of both classes, of two sources or more.

    Returns:
        The network's settings, with the distance; as they were where sources or a ``SpliceNet`` are missing.
    """
    member = next((module for module in network.net.modules() if isinstance(module, SpliceNet)), None)
    if member is None or len({record.source for record in photographs}) < 2:
        return network.settings
    detector = Detector(network, network.file)

    def look(record: Record) -> Sequence[Seen]:
        return detector.look_at_faces(read_image(record.path)).seen

    def run(views: Batch) -> Iterable[Tensor]:
        with torch.inference_mode():
            return member.style(to_tensors(views, network.device)).cpu()

    found = [(style, scored.item) for scored in score(run, photographs, look) for style in scored.scores]
    styles = torch.stack([style for style, _ in found])
    sources = np.array([record.source or "" for _, record in found])
    real = np.array([record.label == REAL for _, record in found])
    member.measure_distance(styles, _weights(sources))
    distances = left_out_distances(styles, sources)
    reals = [np.sort(distances[real & (sources == source)]) for source in np.unique(sources[real])]
    return replace(network.settings, farthest=lowest_threshold(reals, TOO_FAR * len(reals)))


def left_out_distances(styles: Tensor, sources: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return how far each face ``(N,)`` lies from those of other sources, given what ``SpliceNet.style`` says of it."""
    _, numbers = np.unique(sources, return_inverse=True)
    distances = np.zeros(len(sources))
    for fit in range(min(MOST_FITS, numbers.max() + 1)):
        left_out = numbers % MOST_FITS == fit
        distance = MahalanobisDistance(styles.shape[1])
        distance.fit(styles[~left_out], _weights(sources[~left_out]))
        distances[left_out] = distance(styles[left_out]).numpy()
    return distances


def _weights(sources: NDArray[np.str_]) -> Tensor:
    """Return weights ``(N,)`` by which each source counts by the root of its size, as in training."""
    _, numbers, counts = np.unique(sources, return_inverse=True, return_counts=True)
    return torch.tensor(1 / np.sqrt(counts[numbers]))

"""Source groups: photographs that share content, found by local features and confirmed by geometry.

A fake shares most of its pixels with the real that it was made from, and often with other fakes. When one of them
trains and another tests, the score says too much.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from fakeface.data.images import read_image
from fakeface.data.records import Record
from fakeface.data.threads import map_in_order

SIDE = 400
"""Photographs are scaled to this many pixels on the longer side before features are taken."""

MIN_INLIERS = 9
"""Matches that must agree on one affine transform for two photographs to be linked."""

_MAX_ERROR = 0.7
"""Of a match that agrees, in pixels at ``SIDE``.

A copied region agrees to a fifth of a pixel at the median, however it was scaled, turned, stretched or coloured. Two
faces that merely resemble each other agree to one pixel or two: with a tolerance of 3.5, half of CIPLAB's pairs with 8
to 11 inliers were chance; with this one, nearly all with 9 or 10 are copies."""

_FEATURES = 400
_NEIGHBOURS = 12
_MIN_VOTES = 4
_CHECKED_LEAVES = 64
_SCALES = (0.3, 3.0)
_MAX_STRETCH = 1.6
"""Ratio of the scales along and across: editors stretch what they paste to fit, but not more."""


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """SIFT features of one photograph (Lowe 2004, https://doi.org/10.1023/B:VISI.0000029664.99615.94).

    Attributes:
        points: x and y in pixels at ``SIDE``, ``(N, 2)``.
        descriptors: ``(N, 128)``.
    """

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Link:
    """Two photographs that share content.

    Attributes:
        first: Index of one photograph.
        second: Index of the other, which is larger.
        inliers: How many matches agree.
    """

    first: int
    second: int
    inliers: int


def with_source_groups(records: Sequence[Record]) -> list[Record]:
    """Read the photographs, and return the records with their ``group``, those of one photograph included.

    Raises:
        ImageError: When a file cannot be read.
    """
    read = map_in_order(lambda record: local_features(read_image(record.path)), records)
    features = list(tqdm(read, "reading", len(records), unit="image", disable=None, leave=False))
    digests = [hashlib.sha256(record.path.read_bytes()).hexdigest() for record in records]
    names = group_names(digests, find_links(features))
    return [replace(record, group=name) for record, name in zip(records, names, strict=True)]


def local_features(image: NDArray[np.uint8]) -> LocalFeatures:
    """Take the strongest features of a photograph, RGB ``(H, W, 3)``."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    # A low contrast threshold: smooth portraits would otherwise have too few features to be linked at all.
    sift = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=0.02)
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    if not keypoints:
        return LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    # The limit is exceeded when the last features are equally strong.
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
    return LocalFeatures(points[:_FEATURES], descriptors[:_FEATURES].astype(np.uint8))


def find_links(features: Sequence[LocalFeatures]) -> list[Link]:
    """Find all pairs of photographs that share content, in order.

    All descriptors stand in one index. Each votes for the photographs of its nearest neighbours, if they are clearly
    nearer than the last neighbour asked for, so that what many faces have in common has no vote. Pairs with votes are
    matched fully and keep the matches that one affine transform explains.
    """
    sizes = [len(one.points) for one in features]
    if sum(size > 0 for size in sizes) < 2:
        return []
    rooted = _root(np.concatenate([one.descriptors for one in features]))
    descriptors = np.split(rooted, np.cumsum(sizes)[:-1])
    pairs = _candidates(rooted, descriptors, np.repeat(np.arange(len(features)), sizes))

    def inliers(pair: tuple[int, int]) -> int:
        first, second = pair
        return _count_inliers(features[first].points, descriptors[first], features[second].points, descriptors[second])

    counts = tqdm(map_in_order(inliers, pairs), "checking pairs", len(pairs), unit="pair", disable=None, leave=False)
    found = [Link(*pair, count) for pair, count in zip(pairs, counts, strict=True)]
    return [link for link in found if link.inliers >= MIN_INLIERS]


def group_names(digests: Sequence[str], links: Sequence[Link]) -> list[str]:
    """Name the group of each photograph: those joined by links, directly or not, share a name.

    Args:
        digests: SHA-256 of each photograph's file, in hexadecimal digits.
        links: What joins them.

    Returns:
        Names such as ``source-x3fa94c21ab``, after the least digest of a group: numbers would be those of other groups
        in another data set, and names of two data sets are compared.
    """
    ends = ([link.first for link in links], [link.second for link in links])
    joined = coo_array((np.ones(len(links)), ends), shape=(len(digests), len(digests)))
    _, groups = connected_components(joined, directed=False)
    least: dict[int, str] = {}
    for group, digest in zip(groups.tolist(), digests, strict=True):
        least[group] = min(least.get(group, digest), digest)
    return [f"source-x{least[group][:10]}" for group in groups.tolist()]


def _root(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Square roots of descriptors that sum to 1: Euclidean distances become Hellinger distances.

    Arandjelović and Zisserman 2012, https://doi.org/10.1109/CVPR.2012.6248018: fewer wrong matches at no cost.
    """
    rooted = descriptors.astype(np.float32)
    rooted /= np.maximum(rooted.sum(axis=1, keepdims=True), 1)
    return np.sqrt(rooted, out=rooted)


def _candidates(
    rooted: NDArray[np.float32], descriptors: Sequence[NDArray[np.float32]], owners: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Pairs of photographs with enough votes."""
    cv2.setRNGSeed(0)  # The index is built of randomised trees.
    index = cv2.flann.Index(rooted, {"algorithm": 1, "trees": 4})
    neighbours = min(_NEIGHBOURS, len(rooted))

    def vote(photograph: int) -> NDArray[np.int64]:
        queries = descriptors[photograph]
        if not len(queries):
            return np.zeros(0, np.int64)
        found, squared = index.knnSearch(queries, neighbours, params={"checks": _CHECKED_LEAVES})
        distances = np.sqrt(np.maximum(squared, 0))
        near = (distances < 0.8 * distances[:, -1:]) | (distances < 0.2)
        others = owners[found[near]]
        others = others[others != photograph]
        return np.asarray(np.minimum(others, photograph) * len(descriptors) + np.maximum(others, photograph))

    photographs = range(len(descriptors))
    votes = tqdm(
        map_in_order(vote, photographs), "comparing features", len(photographs), unit="image", disable=None, leave=False
    )
    pairs, counts = np.unique(np.concatenate(list(votes)), return_counts=True)
    return [(int(pair) // len(descriptors), int(pair) % len(descriptors)) for pair in pairs[counts >= _MIN_VOTES]]


def _count_inliers(
    points: NDArray[np.float32],
    descriptors: NDArray[np.float32],
    other_points: NDArray[np.float32],
    other_descriptors: NDArray[np.float32],
) -> int:
    """Matches that agree on one affine transform, each place counted once."""
    similarity = descriptors @ other_descriptors.T
    if min(similarity.shape) < 2:
        return 0
    best = similarity.argmax(axis=1)
    nearest, second = -np.partition(-similarity, 1, axis=1)[:, :2].T
    # Lowe's ratio test on the distances of unit vectors, and the match must be the best one both ways.
    clear = np.maximum(2 - 2 * nearest, 0) < 0.8**2 * np.maximum(2 - 2 * second, 0)
    mutual = similarity.argmax(axis=0)[best] == np.arange(len(points))
    source, target = points[clear & mutual], other_points[best[clear & mutual]]
    if len(source) < MIN_INLIERS:
        return 0
    transform, agrees = cv2.estimateAffine2D(
        source, target, ransacReprojThreshold=_MAX_ERROR, maxIters=5000, confidence=0.999
    )
    if transform is None:
        return 0
    larger, smaller = np.linalg.svd(transform[:, :2], compute_uv=False)
    if not (_SCALES[0] < smaller and larger < min(_SCALES[1], _MAX_STRETCH * smaller)):
        return 0
    inlying = agrees.ravel() == 1
    # One place yields several features when it has several orientations.
    return min(len(np.unique(places[inlying].round(), axis=0)) for places in (source, target))

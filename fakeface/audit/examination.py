"""One pass over the files: everything that the audit needs of a photograph, so that each is read once; and counts."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.audit.source_groups import LocalFeatures, local_features
from fakeface.data.images import ImageError, decode_image, no_opencv_error
from fakeface.data.jpeg_headers import Header, read_header
from fakeface.data.records import LABEL_NAMES, REGIONS, Record
from fakeface.data.threads import map_in_order
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.pictures import shrink

_PLAIN_ELA = ElaParameters(alpha=1, beta=0)
_PERCENTILES = (50, 90, 95, 99)
ELA_STATISTICS = 3 * (5 + len(_PERCENTILES))
"""Number of global statistics of the error levels: nine for each channel."""
_THUMBNAIL = 160


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What one file holds.

    Attributes:
        record: The photograph.
        size: Bytes of the file.
        digest: SHA-256 of the file, to find copies.
        header: What the file says before its pixels, or ``None``.
        error: Why the pixels cannot be read, or ""; then there are no features and no thumbnail.
        ela: Global statistics of the error levels, ``(ELA_STATISTICS,)``; NaN where the pixels cannot be read.
        features: Local features, for source groups.
        thumbnail: RGB, at most 160 pixels wide and high.
    """

    record: Record
    size: int
    digest: str
    header: Header | None
    error: str
    ela: NDArray[np.float64]
    features: LocalFeatures
    thumbnail: NDArray[np.uint8]


def examine(records: Sequence[Record]) -> list[Examined]:
    """Read every file once, on all cores, with a progress bar."""
    return list(
        tqdm(map_in_order(_examine_one, records), "reading", len(records), unit="image", disable=None, leave=False)
    )


def _examine_one(record: Record) -> Examined:
    try:
        data, error = record.path.read_bytes(), ""
    except OSError as failure:
        data, error = b"", failure.strerror or type(failure).__name__
    unreadable = Examined(
        record=record,
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        header=read_header(data),
        error=error,
        ela=np.full(ELA_STATISTICS, np.nan),
        features=LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)),
        thumbnail=np.zeros((0, 0, 3), np.uint8),
    )
    if error:
        return unreadable
    try:
        image = decode_image(data, record.path)
        with no_opencv_error(record.path):
            ela, features = ela_statistics(image), local_features(image)
    except ImageError as failure:
        return replace(unreadable, error=failure.reason)
    return replace(unreadable, ela=ela, features=features, thumbnail=shrink(image, _THUMBNAIL))


def ela_statistics(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return, for each channel, the error levels' mean, deviation, maximum, shares of 0 and of 4 or more, percentiles.

    Args:
        image: RGB, ``(H, W, 3)``.

    Returns:
        ``(ELA_STATISTICS,)``, in grey levels and shares.
    """
    levels = error_level_analysis(image, _PLAIN_ELA).reshape(-1, 3).astype(np.float64)
    statistics = [
        levels.mean(0),
        levels.std(0),
        levels.max(0),
        (levels == 0).mean(0),
        (levels >= 4).mean(0),
        *np.percentile(levels, _PERCENTILES, axis=0),
    ]
    return np.concatenate(statistics)


def inventory(examined: Sequence[Examined]) -> dict[str, Any]:
    """Count a data set's files.

    Returns:
        ``images``; ``counts``: for each property its values, each with the number of reals and fakes; ``broken``: path
        and reason; ``duplicates``: lists of paths with the same bytes.
    """
    properties: dict[str, Callable[[Examined], Sequence[str]]] = {
        "class": lambda one: [LABEL_NAMES[one.record.label]],
        "difficulty": lambda one: [one.record.difficulty or "none"],
        "edited region": _edited_regions,
        "format": lambda one: [one.header.format if one.header else "unknown"],
        "pixels": lambda one: [f"{one.header.width}×{one.header.height}" if one.header else "unknown"],
        "mode": lambda one: [one.header.mode if one.header else "unknown"],
        "quantisation table": lambda one: [(one.header.table if one.header else "") or "none"],
        "chroma subsampling": lambda one: [(one.header.subsampling if one.header else "") or "none"],
        "progressive": lambda one: ["yes" if one.header and one.header.progressive else "no"],
        "metadata": lambda one: (one.header.metadata if one.header else ()) or ["none"],
    }
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for name, values in properties.items():
        counter: Counter[tuple[str, int]] = Counter()
        for one in examined:
            counter.update((value, one.record.label) for value in values(one))
        totals = Counter[str]()
        for (value, _), number in counter.items():
            totals[value] += number
        counts[name] = {
            value: {label: counter[value, index] for index, label in enumerate(LABEL_NAMES)}
            for value, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        }
    copies: dict[str, list[str]] = defaultdict(list)
    for one in examined:
        if one.size:
            copies[one.digest].append(str(one.record.path))
    return {
        "images": len(examined),
        "counts": counts,
        "broken": [{"path": str(one.record.path), "reason": one.error} for one in examined if one.error],
        "duplicates": [paths for paths in copies.values() if len(paths) > 1],
    }


def _edited_regions(one: Examined) -> list[str]:
    if not one.record.regions:
        return ["unknown"]
    edited = [region.replace("_", " ") for region, bit in zip(REGIONS, one.record.regions, strict=True) if bit == "1"]
    return edited or ["none"]

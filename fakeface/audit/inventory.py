"""What a data set holds: counts by class, and files that are broken or stand there twice."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from fakeface.audit.examination import Examined
from fakeface.data.records import LABEL_NAMES, REGIONS


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

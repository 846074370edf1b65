"""What an audit says: everything that its template, ``report/templates/audit.jinja``, shows."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakeface.audit.examination import Examined
from fakeface.audit.probes import Probe
from fakeface.data.records import LABEL_NAMES
from fakeface.report.numbers import decimal
from fakeface.report.pages import Cell, Photograph, Table
from fakeface.views.pictures import data_url

BELOW_GUESSING = 0.45
"""An AUROC below it needs a word; what is nearer to 0.5 may be chance."""

SHOWN_GROUPS, SHOWN_VALUES, SHOWN_FILES = 12, 12, 20


def audit_content(sources: Sequence[Path], content: dict[str, Any], probes: Sequence[Probe]) -> dict[str, Any]:
    """Return the audit without its pictures.

    Args:
        sources: The folders and manifests.
        content: What ``inventory`` returned, and ``groups``: how many photographs share a source with another, in how
            many groups, and how many of them are fakes that share one with a real.
        probes: What ``run_probes`` returned.
    """
    broken = [f"`{file['path']}` cannot be read: {file['reason']}" for file in content["broken"]]
    duplicates = ["the same bytes: " + ", ".join(f"`{path}`" for path in paths) for paths in content["duplicates"]]
    return {
        "name": ", ".join(source.resolve().name for source in sources),
        "source": ", ".join(map(str, sources)),
        "images": content["images"],
        "groups": content["groups"],
        "probes": _probe_table(probes),
        "knows_sources": any(probe.accuracy_of_source is not None for probe in probes),
        "reversed": [
            probe.name
            for probe in probes
            for value in (probe.auroc, probe.auroc_of_new_sources)
            if value is not None and value < BELOW_GUESSING
        ],
        "contents": [_counts(name, values) for name, values in content["counts"].items()],
        "files": [
            *_first(broken, "broken file", "broken files"),
            *_first(duplicates, "set of duplicates", "sets of duplicates"),
        ]
        or ["None."],
        "galleries": [],
    }


def group_galleries(examined: Sequence[Examined], groups: Sequence[str]) -> list[tuple[str, list[Photograph]]]:
    """Return pictures of the largest source groups, whose photographs are for whoever has the data alone."""
    members: dict[str, list[Photograph]] = defaultdict(list)
    for one, group in zip(examined, groups, strict=True):
        if one.thumbnail.size:
            label = LABEL_NAMES[one.record.label]
            members[group].append(Photograph(one.record.path.name, label, data_url(one.thumbnail)))
    largest = sorted((group for group in members.items() if len(group[1]) > 1), key=lambda group: -len(group[1]))
    return largest[:SHOWN_GROUPS]


def _probe_table(probes: Sequence[Probe]) -> Table:
    """A row a probe; two columns about sources where they are known."""
    columns = ["probe", "accuracy", "AUROC", "recall without a false positive"]
    rows: list[list[Cell]] = [
        [
            (probe.name, probe.reason and f"not measurable: {probe.reason}"),
            *map(decimal, (probe.accuracy, probe.auroc, probe.recall_without_false_positive)),
        ]
        for probe in probes
    ]
    if any(probe.accuracy_of_source is not None for probe in probes):
        columns += ["AUROC, whole sources left out", "tells the source"]
        for row, probe in zip(rows, probes, strict=True):
            row += [decimal(probe.auroc_of_new_sources), decimal(probe.accuracy_of_source)]
    return Table("How well labels can be told without looking for a fake", columns, rows)


def _counts(name: str, values: dict[str, dict[str, int]]) -> tuple[Table, int]:
    """The commonest values of a property, and how many more there are."""
    rows = [[value, *(str(counts[label]) for label in LABEL_NAMES)] for value, counts in values.items()]
    return Table(f"Photographs by {name}", [name, *LABEL_NAMES], rows[:SHOWN_VALUES]), max(0, len(rows) - SHOWN_VALUES)


def _first(points: list[str], one: str, many: str) -> list[str]:
    rest = len(points) - SHOWN_FILES
    more = [f"and {rest} more {one if rest == 1 else many}; audit.json lists all"] if rest > 0 else []
    return points[:SHOWN_FILES] + more

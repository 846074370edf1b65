"""The audit as a document: what the data set holds, what gives its labels away, what shares a source."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from fakeface.audit.examination import Examined
from fakeface.audit.probes import Probe
from fakeface.data.records import LABEL_NAMES
from fakeface.report.document import Block, Bullets, Cell, Gallery, Heading, Paragraph, Photograph, Row, Table

SHOWN_GROUPS, SHOWN_VALUES, SHOWN_FILES = 12, 12, 20


def audit_blocks(source: Path, content: dict[str, Any], probes: Sequence[Probe]) -> list[Block]:
    """Return the audit without its pictures.

    Args:
        source: The folder or manifest.
        content: What ``inventory`` returned, and ``groups``: how many photographs share a source with another, in how
            many groups, and how many of them are fakes that share one with a real.
        probes: What ``run_probes`` returned.
    """
    return [
        Heading(f"Audit of {source.resolve().name}", 1),
        Paragraph(f"{content['images']} photographs of `{source}`."),
        Heading("Shortcut probes"),
        Paragraph(
            "How well the labels can be told without looking for a fake. A network may learn the same: a result means "
            "little unless it is well above these, and unless it holds where the shortcut is absent."
        ),
        _probe_table(probes),
        Heading("Source groups"),
        Bullets(_source_points(content["groups"])),
        Heading("Contents"),
        *[_count_table(name, values) for name, values in content["counts"].items()],
        Heading("Broken and duplicate files"),
        Bullets([*_broken(content["broken"]), *_duplicates(content["duplicates"])] or ["None."]),
    ]


def _source_points(groups: dict[str, int]) -> list[str]:
    if not groups["groups"]:
        return ["No two photographs share a source."]
    number = "1 group" if groups["groups"] == 1 else f"{groups['groups']} groups"
    return [
        f"{groups['images']} photographs share their source with another, in {number}; {groups['fakes_of_reals']} of "
        f"them are fakes that share it with a real.",
        "A random split puts such photographs on both sides: draw one with `fakeface data index --split grouped`.",
    ]


def group_gallery(examined: Sequence[Examined], groups: Sequence[str]) -> list[Block]:
    """Return pictures of the largest source groups, whose photographs are for whoever has the data alone."""
    members: dict[str, list[Examined]] = defaultdict(list)
    for one, group in zip(examined, groups, strict=True):
        if one.thumbnail.size:
            members[group].append(one)
    largest = sorted((group for group in members.items() if len(group[1]) > 1), key=lambda group: -len(group[1]))
    galleries = [
        Gallery(
            name,
            [Photograph(one.record.path.name, LABEL_NAMES[one.record.label], _jpeg(one.thumbnail)) for one in group],
        )
        for name, group in largest[:SHOWN_GROUPS]
    ]
    return [Heading("The largest source groups"), *galleries] if galleries else []


def _probe_table(probes: Sequence[Probe]) -> Table:
    rows = []
    for probe in probes:
        values = (probe.accuracy, probe.auroc, probe.recall_without_false_positive)
        cells = [f"{value:.3f}" if value is not None else "–" for value in values]
        rows.append(Row([Cell(probe.name, probe.reason and f"not measurable: {probe.reason}"), *cells]))
    return Table(
        ["probe", "accuracy", "AUROC", "recall without a false positive"],
        rows,
        notes=[
            "Cross-validated, whole source groups on one side. The header rule calls fake what has a set of "
            "quantisation tables that no real of the training folds has."
        ],
    )


def _count_table(name: str, values: dict[str, dict[str, int]]) -> Table:
    shown = list(values.items())[:SHOWN_VALUES]
    rows = [Row([value, *[str(counts[label]) for label in LABEL_NAMES]]) for value, counts in shown]
    rest = len(values) - len(shown)
    return Table([name, *LABEL_NAMES], rows, notes=[f"and {rest} rarer values"] if rest else [])


def _broken(broken: Sequence[dict[str, str]]) -> list[str]:
    points = [f"`{file['path']}` cannot be read: {file['reason']}" for file in broken[:SHOWN_FILES]]
    return [*points, *_rest(len(broken), "broken file")]


def _duplicates(duplicates: Sequence[Sequence[str]]) -> list[str]:
    points = ["the same bytes: " + ", ".join(f"`{path}`" for path in paths) for paths in duplicates[:SHOWN_FILES]]
    return [*points, *_rest(len(duplicates), "set of duplicates", "sets of duplicates")]


def _rest(number: int, one: str, many: str = "") -> list[str]:
    rest = number - SHOWN_FILES
    return [f"and {rest} more {one if rest == 1 else many or one + 's'}; audit.json lists all"] if rest > 0 else []


def _jpeg(image: NDArray[Any]) -> bytes:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return bytes(data)

"""Audit a data set: what it holds, which shortcuts give its labels away, which photographs share a source."""

import argparse
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fakeface.audit.examination import Examined, examine, inventory
from fakeface.audit.page import audit_content, group_galleries
from fakeface.audit.probes import run_probes
from fakeface.audit.source_groups import find_links, group_names
from fakeface.commands.labelled_source import add_source, read_source
from fakeface.data.manifest import write_manifest
from fakeface.data.records import FAKE, REAL
from fakeface.folders import new_folder, write_json
from fakeface.report.pages import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("--out", type=Path, help="new folder for audit.json, audit.html and manifest.csv with groups")
    parser.add_argument("--seed", type=int, default=0, help="seed of the probes' folds (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    records = read_source(arguments)
    with nullcontext() if arguments.out is None else new_folder(arguments.out):
        examined = examine(records)
        groups = source_groups(examined)
        probes = run_probes(examined, groups, arguments.seed)
        content: dict[str, Any] = inventory(examined) | {"groups": _summarise(examined, groups)}
        shown = audit_content(arguments.source, content, probes)
        print(render("audit", "markdown", **shown))
        if arguments.out is not None:
            content["probes"] = [asdict(probe) for probe in probes]
            write_json(arguments.out / "audit.json", content)
            page = render("audit", "html", **shown | {"galleries": group_galleries(examined, groups)})
            (arguments.out / "audit.html").write_text(page, encoding="utf-8")
            grouped = [replace(record, group=group) for record, group in zip(records, groups, strict=True)]
            write_manifest(arguments.out / "manifest.csv", grouped)
            for name in ("audit.json", "audit.html", "manifest.csv"):
                print(arguments.out / name)
    return 0


def source_groups(examined: Sequence[Examined]) -> list[str]:
    """Return the source group of each photograph: the manifest's where it names all, else found by local features."""
    named = [one.record.group for one in examined]
    if all(named):
        return named
    return group_names([one.digest for one in examined], find_links([one.features for one in examined]))


def _summarise(examined: Sequence[Examined], groups: Sequence[str]) -> dict[str, int]:
    sizes = Counter(groups)
    of_reals = {group for one, group in zip(examined, groups, strict=True) if one.record.label == REAL}
    fakes = [group for one, group in zip(examined, groups, strict=True) if one.record.label == FAKE]
    return {
        "images": sum(size for size in sizes.values() if size > 1),
        "groups": sum(size > 1 for size in sizes.values()),
        "fakes_of_reals": sum(group in of_reals for group in fakes),
    }

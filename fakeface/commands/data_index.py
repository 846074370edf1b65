"""Choose which photographs train, validate and test, and write it down as a manifest.

paper draws the counts of the report's Table 1, whatever the photographs show. grouped holds the same proportions and
keeps photographs that share content on one side. sources leaves whole origins out, as the column source names them.
folds writes one manifest per fold, named NAME_fold1.csv and so on: the fold itself is tested, the next one validates,
the others train; so does sources with --folds. Several folders and manifests become one. Train on a manifest with
`--data.manifest FILE --data.split manifest`.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fakeface.commands.labelled_source import add_source, read_source
from fakeface.data.manifest import write_manifest
from fakeface.data.records import SPLITS, Record
from fakeface.data.source_splits import source_folds, source_split
from fakeface.data.splits import folds, grouped_split, paper_split, split_counts
from fakeface.errors import UserError
from fakeface.folders import make_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("--split", choices=("paper", "grouped", "sources", "folds"), required=True)
    parser.add_argument("--folds", type=int, help="how many, for --split folds (default: 5) or --split sources")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws another split (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the manifest to write, a new file")


def run(arguments: argparse.Namespace) -> int:
    if arguments.seed < 0:
        raise UserError(f"the seed is {arguments.seed}: choose 0 or a positive number")
    number = 5 if arguments.folds is None and arguments.split == "folds" else arguments.folds
    if number is not None and arguments.split not in ("folds", "sources"):
        raise UserError(f"--split {arguments.split} has no folds: drop --folds, or choose folds or sources")
    out: Path = arguments.out
    targets = [out]
    if number is not None:
        targets = [out.with_name(f"{out.stem}_fold{fold}{out.suffix}") for fold in range(1, number + 1)]
    existing = [target for target in targets if target.exists()]
    if existing:
        raise UserError(f"{existing[0]} exists already: remove it, or name another file with --out")
    records = read_source(arguments)
    if arguments.split == "paper":
        divided = [paper_split(records, arguments.seed)]
    elif arguments.split == "sources":
        divided = [source_split(records, arguments.seed)]
        if number is not None:
            divided = source_folds(records, number, arguments.seed)
    else:
        records = _with_groups(records)
        if arguments.split == "grouped":
            divided = [grouped_split(records, arguments.seed)]
        else:
            divided = folds(records, number, arguments.seed)
    make_folder(arguments.out.parent)
    for target, chosen in zip(targets, divided, strict=True):
        # Relative to the manifest where possible, so that both can be moved together.
        write_manifest(target, chosen, root=target.parent)
        print(f"{target}\n{_table(chosen, compare=arguments.split == 'grouped')}")
        if arguments.split == "sources":
            print("\n".join(_source_lines(chosen)))
    return 0


def _source_lines(records: Sequence[Record]) -> list[str]:
    """Which sources, with how many photographs, are in each split."""
    lines = []
    for split in SPLITS:
        counts = sorted(Counter(record.source for record in records if record.split == split).items())
        lines.append(f"  {split}: {', '.join(f'{source} ({number})' for source, number in counts)}")
    return lines


def _with_groups(records: list[Record]) -> list[Record]:
    """Return the records with their source groups: the manifest's, or those found in the photographs."""
    if any(record.group for record in records):
        return records
    from fakeface.audit.source_groups import with_source_groups  # Only this needs OpenCV.

    return with_source_groups(records)


def _table(records: Sequence[Record], compare: bool) -> str:
    """Counts of each stratum and split, and those of Table 1's proportions where they differ."""
    counts = Counter((record.stratum, record.split) for record in records)
    lines = ["  " + "".join(f"{word:>8}" for word in SPLITS)]
    for stratum in sorted({record.stratum for record in records}):
        found = [counts[stratum, split] for split in SPLITS]
        wanted = list(split_counts(stratum, sum(found)))
        differs = f"   Table 1's proportions: {', '.join(map(str, wanted))}" if compare and found != wanted else ""
        lines.append("  " + "".join(f"{number:8}" for number in found) + f"  {stratum}{differs}")
    return "\n".join(lines)

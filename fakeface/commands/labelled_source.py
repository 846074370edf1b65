"""The arguments ``ROOT_OR_MANIFEST`` that subcommands on labelled photographs share."""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

from fakeface.data.data_folder import scan_folder
from fakeface.data.manifest import read_manifest
from fakeface.data.records import Record, is_numbered
from fakeface.errors import UserError


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the sources and the folder that a manifest's paths start from."""
    parser.add_argument(
        "source",
        type=Path,
        nargs="+",
        metavar="ROOT_OR_MANIFEST",
        help="folders in CIPLAB's layout and CSVs, which become one data set",
    )
    parser.add_argument(
        "--root", type=Path, help="folder that a manifest's paths start from (default: the manifest's own)"
    )


def read_source(arguments: argparse.Namespace) -> list[Record]:
    """Read the records of the folders and manifests.

    Of several, each gives its photographs the name of its folder as their source where they have none, and numbered
    source groups that of their source, for they are numbered within one data set.

    Raises:
        UserError: When there is none, one cannot be read, or a photograph is in two.
    """
    if len(arguments.source) == 1:
        return _read_one(arguments.source[0], arguments.root)
    read = {source: _read_one(source, arguments.root) for source in arguments.source}
    names = {source: (source if source.is_dir() else source.parent).resolve().name for source in read}
    records = [
        replace(
            record,
            source=record.source or names[source],
            group=f"{names[source]}/{record.group}" if is_numbered(record.group) else record.group,
        )
        for source, own in read.items()
        for record in own
    ]
    times = Counter(record.path.resolve() for record in records)
    repeated = [record.path for record in records if times[record.path.resolve()] > 1]
    if repeated:
        raise UserError(f"{repeated[0]} is in two of the sources: take it out of one")
    shared = [name for name, count in Counter(names.values()).items() if count > 1]
    if shared and not all(record.source for own in read.values() for record in own):
        raise UserError(f"two sources are called {shared[0]}: fill the column 'source' of a manifest for each")
    return records


def _read_one(source: Path, root: Path | None) -> list[Record]:
    if not source.exists():
        raise UserError(
            f"{source} does not exist: name a folder with training_real/ and training_fake/, or a manifest; "
            f"`fakeface data demo --out {source}` draws a demo set there"
        )
    return scan_folder(source) if source.is_dir() else read_manifest(source, root)

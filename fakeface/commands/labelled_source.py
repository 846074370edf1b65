"""The argument ``ROOT_OR_MANIFEST`` that subcommands on labelled photographs share."""

import argparse
from pathlib import Path

from fakeface.data.records import Record, read_manifest, scan_folder
from fakeface.errors import UserError


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the source and the folder that a manifest's paths start from."""
    parser.add_argument("source", type=Path, metavar="ROOT_OR_MANIFEST", help="a folder in CIPLAB's layout, or a CSV")
    parser.add_argument(
        "--root", type=Path, help="folder that the manifest's paths start from (default: the manifest's own)"
    )


def read_source(arguments: argparse.Namespace) -> list[Record]:
    """Read the records of the folder or manifest.

    Raises:
        UserError: When there is none, or it cannot be read.
    """
    if not arguments.source.exists():
        raise UserError(
            f"{arguments.source} does not exist: name a folder with training_real/ and training_fake/, or a manifest; "
            f"`fakeface data demo --out {arguments.source}` draws a demo set there"
        )
    if arguments.source.is_dir():
        return scan_folder(arguments.source)
    return read_manifest(arguments.source, arguments.root)

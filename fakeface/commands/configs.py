"""List the configurations that come with fakeface, or copy one, to change it.

`fakeface fit --config NAME` takes each of them by its name, in any folder. With --out the configuration and what it
includes are copied; what it does not say is in base.yaml, which fakeface reads before every other one.
"""

import argparse
import shutil
from pathlib import Path

from fakeface.errors import UserError
from fakeface.folders import make_folder
from fakeface.training.configurations import base_config, find_config, named_files, read_config, shipped_configs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this one instead of the list")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="copy it into this folder instead of printing it")


def run(arguments: argparse.Namespace) -> int:
    shipped = shipped_configs() | {"base": base_config()}
    if arguments.name is None:
        if arguments.out is not None:
            raise UserError("--out needs the name of a configuration: fakeface configs NAME --out FOLDER")
        width = max(map(len, shipped))
        for name, path in shipped.items():
            print(f"{name:<{width}}  {path.read_text(encoding='utf-8').splitlines()[0].removeprefix('# ')}")
        print("\nTrain: fakeface fit --config NAME. Copy: fakeface configs NAME --out FOLDER.")
        return 0
    source = shipped["base"] if arguments.name == "base" else Path(find_config(arguments.name))
    if arguments.out is None:
        print(source.read_text(encoding="utf-8"), end="")
        return 0
    files = [source, *named_files(read_config(source), source.parent).values()]
    included = {
        path: arguments.out / path.relative_to(source.parent) for path in files if path.is_relative_to(source.parent)
    }
    existing = [target for target in included.values() if target.exists()]
    if existing:
        raise UserError(f"{existing[0]} exists already: remove it, or name another folder with --out")
    for path, target in included.items():
        make_folder(target.parent)
        shutil.copyfile(path, target)
        print(target)
    return 0

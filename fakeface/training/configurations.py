"""The configurations that come with fakeface: in the package when installed, else in the repository's ``configs``."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fakeface.errors import UserError, did_you_mean

_FLAGS = ("--config", "-c")


def base_config() -> Path:
    """Return the absolute path of ``base.yaml``, which is read before every other configuration.

    Raises:
        UserError: When it is missing; jsonargparse would go on without it in silence.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = [package / "configs" / "base.yaml", package.parent / "configs" / "base.yaml"]
    for path in candidates:
        if path.is_file():
            return path
    raise UserError(f"the base configuration {candidates[-1]} is missing: restore it or install fakeface again")


def shipped_configs() -> dict[str, Path]:
    """Return the configurations that come with fakeface, by name, without ``base``."""
    base = base_config()
    return {path.stem: path for path in sorted(base.parent.glob("*.yaml")) if path != base}


def find_config(name: str) -> str:
    """Return the file of a configuration that is given as a file or as the name of one that comes with fakeface.

    Raises:
        UserError: When a name, such as ``fusion_type1``, is neither. A missing path is left to its reader.
    """
    if Path(name).is_file() or not re.fullmatch(r"(configs/)?\w+(\.yaml)?", name):
        return name
    shipped, stem = shipped_configs(), Path(name).stem
    if name in shipped:
        return str(shipped[name])
    if stem in shipped:
        raise UserError(
            f"the file {name} does not exist: --config {stem} takes the one that comes with fakeface, wherever you are"
        )
    if Path(name).suffix:
        return name
    hint = did_you_mean(stem, shipped) or "name a file, or one that `fakeface configs` lists"
    raise UserError(f"there is no configuration {name}: {hint}")


def find_configs(arguments: Iterable[str]) -> list[str]:
    """Return the arguments of ``fakeface fit`` with the file of each configuration in place of its name."""
    found: list[str] = []
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        if found and found[-1] in _FLAGS:
            found.append(find_config(argument))
        else:
            found.append(f"{flag}={find_config(value)}" if flag in _FLAGS and equals else argument)
    return found


def named_files(value: Any, folder: Path) -> dict[str, Path]:
    """Return the files that the strings of a configuration name, and those that these name, as they are named.

    Args:
        value: What the configuration holds, or a part of it.
        folder: Where it lies; files are looked for there and in the current folder.
    """
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return {name: path for part in parts for name, path in named_files(part, folder).items()}
    found: dict[str, Path] = {}
    for path in (folder / value, Path(value)) if isinstance(value, str) else ():
        if path.suffix and path.is_file():
            found |= {str(path): path} | named_files(read_config(path), path.parent)
    return found


def read_config(path: Path) -> Any:
    """Return what a configuration holds, nothing where a file is none; `fakeface fit` says what is wrong with it."""
    try:
        return yaml.safe_load(path.read_bytes()) if path.suffix in (".yaml", ".yml") else None
    except (yaml.YAMLError, UnicodeDecodeError):
        return None

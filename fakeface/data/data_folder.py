"""The photographs of a folder in CIPLAB's layout, or of a manifest, as records."""

import re
import warnings
from collections import Counter
from pathlib import Path

from fakeface.data.manifest import check_source, read_manifest
from fakeface.data.photograph_names import IMAGE_SUFFIXES, describe_left_out, is_photograph_name
from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError

_FAKE_NAME = re.compile(r"(easy|mid|hard)_(\d+)_([01]{3,4})")


def read_records(root: Path | None, manifest: Path | None = None) -> list[Record]:
    """Read the records of a folder in CIPLAB's layout, or of a manifest whose paths are relative to ``root``.

    Raises:
        UserError: When neither is given, something is missing, or a row is wrong.
    """
    if manifest is not None:
        return read_manifest(manifest, root)
    if root is not None:
        return scan_folder(root)
    raise UserError("no data is named: pass --data.root FOLDER, --data.manifest FILE, or both")


def scan_folder(root: Path) -> list[Record]:
    """Read the records of a folder with ``training_real/`` and ``training_fake/``, sorted by path.

    Raises:
        UserError: When the folders are missing or hold no image, or a fake's name does not follow
            ``DIFFICULTY_NUMBER_BITS``.
    """
    check_source(root, None)
    records = []
    for label, name in enumerate(("training_real", "training_fake")):
        folder = root / name
        if not folder.is_dir():
            raise UserError(
                f"{root} has no folder {name}/: --data.root needs training_real/ and training_fake/; "
                f"list other layouts in a manifest and pass --data.manifest"
            )
        left_out = Counter[str]()
        names = ((path, None if path.is_dir() else left_out) for path in folder.iterdir())
        paths = sorted(path for path, others in names if is_photograph_name(path.name, others))
        told = describe_left_out(left_out)
        if not paths:
            others = f"; {told}" if told else ""
            raise UserError(f"{folder} holds no image ({', '.join(IMAGE_SUFFIXES)}): put the photographs there{others}")
        if told:
            warnings.warn(f"{folder}: {told}", stacklevel=2)
        records += [_record_from_name(path, label) for path in paths]
    return records


def _record_from_name(path: Path, label: int) -> Record:
    if label == REAL:
        return Record(path, REAL, regions="0000")
    match = _FAKE_NAME.fullmatch(path.stem)
    if match is None:
        raise UserError(
            f"{path} is not named like a fake of CIPLAB (easy_12_0011.jpg: difficulty, number, one bit for left eye, "
            f"right eye, nose, mouth): rename it, or list the images in a manifest and pass --data.manifest"
        )
    difficulty, _, bits = match.groups()
    # One name of the published data set, easy_116_111.jpg, has lost its leading zero.
    return Record(path, FAKE, difficulty=difficulty, regions=bits.zfill(4))

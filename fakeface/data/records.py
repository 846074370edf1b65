"""Which photographs there are and what is known of each: CIPLAB's folders or a manifest become records."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path

from fakeface.data.file_kinds import HEIC_MEND, HEIC_SUFFIXES, reads_heic
from fakeface.data.tables import read_table, write_table
from fakeface.errors import UserError

REAL, FAKE = 0, 1
"""Labels. Fake is the positive class everywhere."""

LABEL_NAMES = ("real", "fake")
DIFFICULTIES = ("easy", "mid", "hard")
REGIONS = ("left_eye", "right_eye", "nose", "mouth")
"""Facial regions in the order of the four bits in CIPLAB's file names."""

KIND_CLASSES = {"edited": 1, "retouched": 1, "swapped": 2, "generated": 3}
"""Kinds of fakes that are understood, each with its class for networks that tell kinds, where 0 is real."""

UNKNOWN_KIND = -1
"""The class of a fake of any other kind."""

SPLITS = ("train", "val", "test")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff")

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")

_OF_A_MAC = "._"
"""Beginning of the names of files in which macOS keeps what another file system cannot; they are no pictures."""

_NUMBERED = re.compile(r"[^\W\d]*[\W_]?\d+")

_OF_A_SYSTEM = ("thumbs.db", "desktop.ini", ".ds_store", "icon\r")
"""Files that Windows and macOS put beside pictures."""

_FAKE_NAME = re.compile(r"(easy|mid|hard)_(\d+)_([01]{3,4})")


def is_photograph_name(name: str, left_out: Counter[str] | None = None, suffixes: Sequence[str] = ()) -> bool:
    """Say whether a file in a folder counts as a photograph, by its name.

    Args:
        name: Its name.
        left_out: Counts those that do not, by ending; files that the system put there are not counted.
        suffixes: Endings that count beside ``IMAGE_SUFFIXES`` and, where its package is installed, HEIC's.
    """
    if name.startswith(_OF_A_MAC) or name.lower() in _OF_A_SYSTEM:
        return False
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (a million names)
    if suffix in IMAGE_SUFFIXES or suffix in suffixes or (suffix in HEIC_SUFFIXES and reads_heic()):
        return True
    if left_out is not None:
        left_out[suffix] += 1
    return False


def describe_left_out(left_out: Mapping[str, int]) -> str:
    """Return a sentence such as "9 .heic left out: pip install 'fakeface[heic]'"; "" where nothing was left out."""
    heic = " and ".join(f"{left_out[suffix]} {suffix}" for suffix in HEIC_SUFFIXES if suffix in left_out)
    others = [(number, suffix) for suffix, number in left_out.items() if suffix not in HEIC_SUFFIXES]
    named = ", ".join(f"{number} {suffix or 'without ending'}" for number, suffix in sorted(others, reverse=True))
    sentences = [f"{heic} left out: {HEIC_MEND}"] if heic else []
    return "; ".join(sentences + ([f"{named} left out: no photographs by their names"] if named else []))


def is_numbered(group: str) -> bool:
    """Say whether a source group is named by a number alone, such as ``source_17``, which each data set has its own."""
    return _NUMBERED.fullmatch(group) is not None


@dataclass(frozen=True, slots=True)
class Record:
    """One photograph and what is known of it before it is opened.

    Attributes:
        path: Where the file is.
        label: ``REAL`` (0) or ``FAKE`` (1).
        difficulty: One of ``DIFFICULTIES`` for a graded fake, else "".
        regions: Whether each of ``REGIONS`` was replaced, e.g. "0011" for nose and mouth; "" when unknown. Reals have
            "0000".
        split: One of ``SPLITS``, or "" when not chosen yet.
        group: Name of the source group (photographs that share content), or "" when not known.
        source: The origin: the collection or generator that the photograph comes from, or "" when not known.
        kind: How a fake was made, or what a real photograph is, in any words; "" when not known. Those of
            ``KIND_CLASSES`` are understood.
        others: Columns of somebody else's, each with its name, which are carried along as they are.
    """

    path: Path
    label: int
    difficulty: str = ""
    regions: str = ""
    split: str = ""
    group: str = ""
    source: str = ""
    kind: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def stratum(self) -> str:
        """The class of Table 1 of the report: "real", "fake-easy", "fake-mid", "fake-hard" or "fake"."""
        return "-".join(part for part in (LABEL_NAMES[self.label], self.difficulty) if part)

    @property
    def kind_class(self) -> int:
        """0 for real, the class of the kind of a fake, or ``UNKNOWN_KIND``; what has regions or a grade is edited."""
        if self.label == REAL:
            return 0
        return KIND_CLASSES.get(
            self.kind.lower() or ("edited" if self.difficulty or self.regions else ""), UNKNOWN_KIND
        )

    @property
    def cluster(self) -> str:
        """What photographs that are not independent share: the source group, or where none is known the file."""
        return f"group {self.group}" if self.group else f"path {self.path}"


MANIFEST_COLUMNS = tuple(field.name for field in fields(Record) if field.name != "others")

SCORE_COLUMN = "score"
"""What a table of predictions has beside the columns of a manifest, none of which may have its name."""


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


def check_source(root: Path | None, manifest: Path | None) -> None:
    """Check that the folder or the manifest is there, which is cheap, before anything slow starts.

    Raises:
        UserError: When one is given and missing.
    """
    if manifest is not None and manifest.suffix.lower() in ARCHIVE_SUFFIXES and manifest.is_file():
        raise UserError(f"{manifest} is an archive: unpack it, and name the folder")
    if manifest is not None and not manifest.is_file():
        raise UserError(f"the manifest {manifest} does not exist: write one with `fakeface data index`")
    if root is not None and root.is_file():
        raise UserError(f"{root} is a file, not a folder: {file_in_place_of_a_folder(root)}")
    if root is not None and not root.is_dir():
        raise UserError(
            f"the data folder {root} does not exist: make a demo set with `fakeface data demo --out {root}`, "
            f"or bring the real one with `fakeface data download`"
        )


def file_in_place_of_a_folder(path: Path) -> str:
    """Return how to go on where a folder is wanted and a file was named."""
    if path.suffix.lower() in ARCHIVE_SUFFIXES:
        return "unpack the archive, and name the folder"
    return "name the folder, or pass a list of photographs as --data.manifest"


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


def read_manifest(manifest: Path, root: Path | None = None) -> list[Record]:
    """Read a manifest: a CSV with ``path,label``, optionally others of ``MANIFEST_COLUMNS``, and any of one's own.

    A real photograph has no difficulty: its field is empty or says ``real``, and no region of it is edited.

    Args:
        manifest: The file.
        root: The folder that relative paths start from; by default the manifest's own.

    Raises:
        UserError: Names the file, the row (counted from 1 at the header, as editors do) and the mend.
    """
    check_source(root, manifest)
    base = manifest.parent if root is None else root
    rows = {
        number: record_from_row(f"{manifest}, row {number}", row, base)
        for number, row in read_table(manifest, lambda names: check_columns(manifest, names), base)
    }
    if not rows:
        raise UserError(f"{manifest} lists no image: add one row per photograph below the header")
    check_repeats(manifest, rows)
    missing = [row for row, record in rows.items() if not os.path.exists(record.path)]  # noqa: PTH110 (never raises)
    if missing:
        first = rows[missing[0]].path
        strokes = ", and write / instead of \\" if "\\" in str(first) else ""
        raise UserError(
            f"{manifest}, row {missing[0]}: {first} does not exist ({len(missing)} of {len(rows)} files are missing): "
            f"pass the folder that the paths start from as --data.root, or correct the paths{strokes}"
        )
    return list(rows.values())


def check_columns(table: Path, names: Sequence[str], extra: Sequence[str] = ()) -> list[str]:
    """Check the header of a table of photographs: ``path`` and ``label`` are there, and no column is misspelt.

    Args:
        table: The file, for errors.
        names: Its columns.
        extra: Those that it must have beside a manifest's.

    Returns:
        The columns that are meant: ours may be written in capitals.

    Raises:
        UserError: When one is missing, seems to be misspelt, or is there twice.
    """
    ours = (*MANIFEST_COLUMNS, *extra)
    names = [name.lower() if name.lower() in ours else name for name in names]
    for required in ("path", "label", *extra):
        if required not in names:
            raise UserError(f"{table}, row 1: the column {required!r} is missing: the header must name it")
    for name in names:
        # Columns of somebody else's do no harm; one that is meant to be ours and is not read does.
        meant = [] if "_" in name else get_close_matches(name.strip().lower(), MANIFEST_COLUMNS, n=1, cutoff=0.8)
        if meant and name not in MANIFEST_COLUMNS:
            raise UserError(f"{table}, row 1: unknown column {name!r}: rename it to {meant[0]}, or else remove it")
        if name == SCORE_COLUMN and name not in extra:
            raise UserError(f"{table}, row 1: the column {name!r} is one of predictions: rename it, or remove it")
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise UserError(f"{table}, row 1: the column {repeated[0]!r} stands twice: remove one of them")
    return names


def record_from_row(where: str, row: Mapping[str, str], base: Path) -> Record:
    """Return the photograph that a row of a table describes.

    Args:
        where: Names the row, for errors.
        row: Its fields by column; ``path`` and ``label`` are among them.
        base: The folder that relative paths start from.

    Raises:
        UserError: When a field is wrong.
    """
    values = {name: value.strip() for name, value in row.items()}
    values |= {name: values[name].lower() for name in ("label", "difficulty", "split") if name in values}
    real = values["label"] == LABEL_NAMES[REAL]
    allowed: dict[str, Iterable[str]] = {
        "label": LABEL_NAMES,
        "difficulty": ("", LABEL_NAMES[REAL]) if real else ("", *DIFFICULTIES),
        "split": ("", *SPLITS),
    }
    for column, choices in allowed.items():
        if column in values and values[column] not in choices:
            named = ", ".join(choice or "nothing" for choice in choices)
            raise UserError(f"{where}: {column} is {row[column].strip()!r}: write one of {named}")
    regions = values.get("regions", "")
    if regions and not re.fullmatch("[01]{1,4}", regions):
        raise UserError(
            f"{where}: regions is {regions!r}: write four bits for left eye, right eye, nose and mouth, such as 0011"
        )
    return Record(
        path=base / values["path"],
        label=REAL if real else FAKE,
        difficulty="" if real else values.get("difficulty", ""),
        # A spreadsheet takes 0011 for a number, and writes 11.
        regions=regions.zfill(len(REGIONS)) if regions else "0000" if real else "",
        split=values.get("split", ""),
        group=values.get("group", ""),
        source=values.get("source", ""),
        kind=values.get("kind", ""),
        others=tuple((name, row[name]) for name in row if name not in (*MANIFEST_COLUMNS, SCORE_COLUMN)),
    )


def check_repeats(table: Path, records: Mapping[int, Record]) -> None:
    """Check that no two rows, given by their numbers, name one file.

    Raises:
        UserError: When two do.
    """
    rows: dict[Path, int] = {}
    for row, record in records.items():
        first = rows.setdefault(record.path, row)
        if first != row:
            raise UserError(f"{table}, row {row}: {record.path} is already in row {first}: remove one of them")


def write_manifest(manifest: Path, records: Iterable[Record], root: Path | None = None) -> None:
    """Write records as a manifest that ``read_manifest`` reads back.

    Args:
        manifest: The file to write; its folder is made.
        records: The rows, in order.
        root: Paths below this folder are written relative to it, others as absolute paths; by default all are absolute.
    """
    rows = [row_from_record(replace(record, path=_below(root, record.path))) for record in records]
    columns = columns_of(rows)
    write_table(manifest, columns, ([row.get(name, "") for name in columns] for row in rows), "w")


def _below(root: Path | None, path: Path) -> Path:
    path = path.absolute()
    return path if root is None or not path.is_relative_to(root.absolute()) else path.relative_to(root.absolute())


def row_from_record(record: Record) -> dict[str, str]:
    """Return what ``record_from_row`` reads, by column."""
    fields = {name: str(getattr(record, name)) for name in MANIFEST_COLUMNS}
    return fields | {"path": record.path.as_posix(), "label": LABEL_NAMES[record.label]} | dict(record.others)


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns of ``MANIFEST_COLUMNS`` and all others of rows, which need not have the same."""
    return list(dict.fromkeys([*MANIFEST_COLUMNS, *(name for row in rows for name in row)]))


def with_splits(records: Sequence[Record], splits: Sequence[str]) -> list[Record]:
    """Return the records with their ``split`` replaced, one for one."""
    return [replace(record, split=split) for record, split in zip(records, splits, strict=True)]

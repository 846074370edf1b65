"""Which photographs there are and what is known of each: CIPLAB's folders or a manifest become records."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

REAL, FAKE = 0, 1
"""Labels. Fake is the positive class everywhere."""

LABEL_NAMES = ("real", "fake")
DIFFICULTIES = ("easy", "mid", "hard")
REGIONS = ("left_eye", "right_eye", "nose", "mouth")
"""Facial regions in the order of the four bits in CIPLAB's file names."""

MIRRORED_REGIONS = [1, 0, 2, 3]
"""Which of ``REGIONS`` stands in the place of each in a mirror."""

KIND_CLASSES = {"edited": 1, "retouched": 1, "swapped": 2, "generated": 3}
"""Kinds of fakes that are understood, each with its class for networks that tell kinds, where 0 is real."""

UNKNOWN_KIND = -1
"""The class of a fake of any other kind."""

SPLITS = ("train", "val", "test")

_NUMBERED = re.compile(r"[^\W\d]*[\W_]?\d+")


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


def with_splits(records: Sequence[Record], splits: Sequence[str]) -> list[Record]:
    """Return the records with their ``split`` replaced, one for one."""
    return [replace(record, split=split) for record, split in zip(records, splits, strict=True)]

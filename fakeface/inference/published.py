"""What is published of the released detector, in the one place where programs can read it.

``figures.json`` names the weights and holds the figures; ``scores.csv`` says what these weights say of each photograph
of the data set that they were trained on. Both are for checking: figures on photographs that a network was trained on
are no measure of what it is worth.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from fakeface.data.tables import write_table
from fakeface.folders import write_json

RELEASE_FOLDER = Path(__file__).resolve().parent.parent / "release"
FIGURES_FILE, SCORES_FILE = "figures.json", "scores.csv"


@dataclass(frozen=True, slots=True)
class Shares:
    """How a detector did on some photographs.

    Attributes:
        auroc: Of all fakes against all reals; ``None`` where a class is missing.
        reals_called_fake: Share of the reals: the false alarms; ``None`` where there is none.
        decided: Share of the photographs whose verdict is real or fake.
        right_among_decided: Share of right verdicts among them; ``None`` where there is none.
    """

    auroc: float | None
    reals_called_fake: float | None
    decided: float
    right_among_decided: float | None


@dataclass(frozen=True, slots=True)
class OtherOrigins:
    """How detectors of the released kind did on photographs of origins that they had not seen.

    Attributes:
        photographs: Which they are, in words.
        reals_called_fake: Share of these reals: the false alarms.
        decided: Share of these photographs whose verdict is real or fake.
        right_among_decided: Share of right verdicts among them.
        auroc: Of each kind of fake against all reals.
    """

    photographs: str
    reals_called_fake: float
    decided: float
    right_among_decided: float
    auroc: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of the released detector.

    Attributes:
        weights: Name of the file with the weights, and its SHA-256: what all of this holds for.
        trained_on: Figures on the photographs of ``scores.csv``.
        other_origins: Figures on photographs of elsewhere.
    """

    weights: Mapping[str, str]
    trained_on: Shares
    other_origins: OtherOrigins


class PublishedScore(NamedTuple):
    """What the released detector says of a photograph.

    Attributes:
        path: Below the folder of the data set.
        sha256: Of the file, the first 16 digits.
        label: "real" or "fake".
        verdict: The verdict.
        probability: That of fake, or ``None`` where there is no face.
    """

    path: str
    sha256: str
    label: str
    verdict: str
    probability: float | None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as ``sha256sum`` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_published(folder: Path = RELEASE_FOLDER) -> Published:
    """Return the published figures."""
    content = json.loads((folder / FIGURES_FILE).read_text("utf-8"))
    return Published(content["weights"], Shares(**content["trained_on"]), OtherOrigins(**content["other_origins"]))


def read_published_scores(folder: Path = RELEASE_FOLDER) -> list[PublishedScore]:
    """Return the published scores."""
    with (folder / SCORES_FILE).open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [
        PublishedScore(path, digest, label, verdict, float(probability) if probability else None)
        for path, digest, label, verdict, probability in rows
    ]


def publish(published: Published, scores: Iterable[PublishedScore], folder: Path = RELEASE_FOLDER) -> None:
    """Write figures and scores in the place of those before."""
    write_json(folder / FIGURES_FILE, asdict(published))
    rows = ([*one[:-1], "" if one.probability is None else f"{one.probability:.4f}"] for one in scores)
    write_table(folder / SCORES_FILE, PublishedScore._fields, rows, "w")

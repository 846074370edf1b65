"""What a detector asks of a network, whatever runs it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration
from fakeface.evaluation.predictions import probabilities
from fakeface.inference.scoring import Batch
from fakeface.inference.verdicts import KINDS, Kind
from fakeface.views.ela import ElaParameters
from fakeface.views.view import ViewParameters

RELEASE_FILE = Path(__file__).resolve().parent.parent / "release" / "release.onnx"
"""The released network, which ONNX Runtime runs and ``TorchNetwork.from_release`` reads."""

METADATA_KEY = "fakeface"
"""Under which a file in another format holds, in JSON, all that its use needs."""

UNCALIBRATED = Calibration(temperature=1.0, threshold=0.5, unsure_low=0.5, unsure_high=0.5, error_rate=1.0, decided=1.0)
"""For a network without a calibration: its own scores, fake above 0.5, nothing unsure, nothing promised."""


@dataclass(frozen=True)
class Settings:
    """What travels with the weights: how the network wants its input, and how its scores are to be read.

    Attributes:
        views: Names of the views that the network reads.
        parameters: How they are computed.
        calibration: Temperature, threshold and unsure band.
        farthest: Distance from the photographs that the network was shown, above which it does not judge; None where it
            was not measured.
    """

    views: tuple[str, ...]
    parameters: ViewParameters
    calibration: Calibration
    farthest: float | None = None

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], calibration: Mapping[str, float] | None, farthest: float | None = None
    ) -> "Settings":
        """Read the settings from the hyper-parameters of a data module and a stored calibration, if there is one.

        Raises:
            UserError: When something is missing.
        """
        try:
            values = {field.name: data[field.name] for field in fields(ViewParameters)}
            parameters = ViewParameters(**values | {"ela": ElaParameters(**data["ela"])})
            stored = Calibration.from_dict(calibration) if calibration is not None else UNCALIBRATED
            return cls(tuple(data["views"]), parameters, stored, farthest)
        except (KeyError, TypeError) as error:
            raise UserError(
                f"the settings of the network lack something or hold something unknown ({error}): "
                f"pass a network that this version of fakeface wrote"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"data": …, "calibration": …, "farthest": …}`` of plain values, for ``from_dict``."""
        data = {"views": list(self.views), **asdict(self.parameters)}
        return {"data": data, "calibration": self.calibration.to_dict(), "farthest": self.farthest}


def find_release(file: Path = RELEASE_FILE) -> Path:
    """Return the file of the released network.

    Raises:
        UserError: When this installation has none.
    """
    if not file.is_file():
        raise UserError(
            f"this installation has no released network {file}: pass --ckpt_path CHECKPOINT, or install a release of "
            f"fakeface"
        )
    return file


class FaceScore(NamedTuple):
    """What a network says of a face.

    Attributes:
        fake: Probability of fake before any calibration.
        regions: Probability of an edit at each of ``REGIONS``, or None.
        kind: What is suspected most, or None where the network does not tell kinds.
        distance: From the faces that the network was shown, or None where it does not measure it.
    """

    fake: float
    regions: tuple[float, ...] | None = None
    kind: Kind | None = None
    distance: float | None = None


def face_scores(
    fake: ArrayLike,
    regions: ArrayLike | None = None,
    kinds: ArrayLike | None = None,
    distances: ArrayLike | None = None,
) -> list[FaceScore]:
    """Return the scores of a batch.

    Args:
        fake: Log odds of fake, ``(B,)``.
        regions: Log odds of an edit there, ``(B, 4)``.
        kinds: Log odds of each kind, ``(B, 3)``.
        distances: ``(B, 1)``.
    """
    values = probabilities(fake).tolist()
    by_region = [None] * len(values) if regions is None else map(tuple, probabilities(regions).tolist())
    names = [None] * len(values) if kinds is None else [KINDS[n] for n in np.argmax(np.asarray(kinds), axis=1)]
    measured = [None] * len(values) if distances is None else np.asarray(distances)[:, 0].tolist()
    return [FaceScore(*row) for row in zip(values, by_region, names, measured, strict=True)]


class Network(Protocol):
    """A trained network and its settings."""

    @property
    def settings(self) -> Settings:
        """How to feed it and how to read its scores."""

    @property
    def has_regions(self) -> bool:
        """Whether it scores the four regions."""

    @property
    def file(self) -> Path:
        """The file with its weights."""

    def edit_maps(self, views: Batch) -> NDArray[np.float32] | None:
        """Return the probability of an edit at each place ``(B, H, W)``, or None where the network has no map."""

    def __call__(self, views: Batch) -> list[FaceScore]:
        """Score a batch of faces."""

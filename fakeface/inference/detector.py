"""A trained network as a detector: photographs in, verdicts out.

from fakeface import Detector

detector = Detector.load("release")
for verdict in detector.predict(["anna.jpg", "ben.png"]):
    print(verdict.path, verdict.verdict, verdict.probability)
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import read_image
from fakeface.data.records import REGIONS
from fakeface.errors import UserError
from fakeface.faces.finder import find_faces
from fakeface.inference.network import FaceScore, Network
from fakeface.inference.scoring import BATCH_SIZE, Scored, score
from fakeface.training.runs import CHECKPOINTS, find_checkpoint
from fakeface.views import Viewed
from fakeface.views.view import find_view, look

RELEASE = "release"

ImageInput = Path | str | NDArray[np.uint8]
VerdictName = Literal["real", "fake", "unsure", "no face"]

LEAST_FACE = 32
"""Sides of a face in pixels below which it is not judged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the network says of one photograph. It is never proof about a person.

    Attributes:
        path: The file, or None for pixels.
        verdict: ``real``, ``fake``, ``unsure``, or ``no face`` where the network judges faces and none of 32 pixels or
            more was found; None where the file could not be read.
        probability: Calibrated probability of fake, of the most suspicious face; None where there is none.
        regions: Probability of an edit by name of the region, or None where the network has no region head.
        error: Why the file could not be read, or None.
        faces: How many faces were judged, or None where the network judges the photograph as a whole.
    """

    path: Path | None
    verdict: VerdictName | None
    probability: float | None
    regions: dict[str, float] | None = None
    error: str | None = None
    faces: int | None = None


class Detector:
    """A network with what is needed to use it; make one with ``Detector.load``.

    It can be pickled: the copy loads the same file again, and refuses another one that has taken its place.

    Attributes:
        network: What scores the views.
        settings: Views, size, ELA and calibration.
    """

    def __init__(self, network: Network, source: str | Path) -> None:
        self.network = network
        self.settings = network.settings
        self._source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (self._source, self.fingerprint)

    @classmethod
    def load(cls, source: str | Path) -> "Detector":
        """Load a detector.

        Args:
            source: A checkpoint, the folder of a run (its ``best.ckpt``), ``best`` or ``last`` for the newest run in
                ``lightning_logs``, an exported ``.onnx`` file (then torch is not needed), or ``release`` for the
                weights that come with the package.

        Raises:
            UserError: When there is no such thing or it is not fakeface's.
        """
        network = _load_network(source)
        detector = cls(network, RELEASE if str(source) == RELEASE else network.file.absolute())
        detector.fingerprint  # noqa: B018 (taken now, while the file is the one that was loaded)
        return detector

    def predict(self, images: Sequence[ImageInput]) -> list[Verdict]:
        """Judge photographs, given as files or as pixels (RGB, uint8, ``(H, W, 3)``).

        A file that cannot be read gets a verdict with ``error``.

        Raises:
            UserError: When pixels have another shape or type.
        """
        return list(self.stream(images))

    def stream(self, images: Iterable[ImageInput], batch_size: int = BATCH_SIZE) -> Iterator[Verdict]:
        """Judge photographs one after the other, in order, with memory for a few batches only; see ``predict``."""
        for scored in score(self.network, images, lambda image: self.look_at_faces(read_pixels(image)), batch_size):
            yield self.judge(scored)

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Judge a batch of columns, as a callable for ``map_batches`` of Ray Data.

        Args:
            batch: Pixels in a column ``image``, or files in a column ``path``.

        Returns:
            The other columns of the batch, ``verdict``, ``probability`` (NaN where a file could not be read), one
            column per region where the network has them, and ``error``; text is "" where there is none.

        Raises:
            UserError: When both columns are missing.
        """
        column = next((name for name in ("image", "path") if name in batch), None)
        if column is None:
            raise UserError(f"the batch has the columns {sorted(batch)}: it needs image (pixels) or path (files)")
        verdicts = self.predict(list(batch[column]))
        columns = {name: values for name, values in batch.items() if name != "image"}
        columns["verdict"] = np.array([verdict.verdict or "" for verdict in verdicts])
        columns["probability"] = np.array([verdict.probability for verdict in verdicts], dtype=np.float64)
        for region in self.regions:
            scores = [verdict.regions[region] if verdict.regions else None for verdict in verdicts]
            columns[region] = np.array(scores, dtype=np.float64)
        columns["error"] = np.array([verdict.error or "" for verdict in verdicts])
        return columns

    def look(self, image: NDArray[np.uint8], points: NDArray[np.float64] | None = None) -> dict[str, Viewed]:
        """Return what the network sees of a photograph ``(H, W, 3)``, or of the face with these points: its views."""
        return look(image, self.settings.views, self.settings.parameters, points)

    def look_at_faces(self, image: NDArray[np.uint8]) -> list[dict[str, Viewed]]:
        """Return what the network sees of each face of a photograph ``(H, W, 3)``, or once of the whole photograph."""
        if not self._judges_faces:
            return [self.look(image)]
        return [self.look(image, face.points) for face in find_faces(image) if face.side >= LEAST_FACE]

    def judge(self, scored: Scored[ImageInput, FaceScore]) -> Verdict:
        """Return the verdict on a photograph, which is that on its most suspicious face."""
        path = None if isinstance(scored.item, np.ndarray) else Path(scored.item)
        if scored.error is not None:
            return Verdict(path, None, None, error=scored.error.reason)
        faces = len(scored.scores) if self._judges_faces else None
        if not scored.scores:
            return Verdict(path, "no face", None, faces=faces)
        worst = max(scored.scores, key=lambda face: face.fake)
        fake, calibration = np.array([worst.fake]), self.settings.calibration
        regions = None if worst.regions is None else dict(zip(REGIONS, worst.regions, strict=True))
        name = cast(VerdictName, calibration.verdicts(fake)[0])
        return Verdict(path, name, float(calibration.probabilities(fake)[0]), regions, faces=faces)

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions that the network scores; none where it has no region head."""
        return REGIONS if self.network.has_regions else ()

    @cached_property
    def fingerprint(self) -> str:
        """A digest of weights and settings: detectors that share it give the same verdicts."""
        with self.network.file.open("rb") as file:
            digest = hashlib.file_digest(file, "blake2b")
        digest.update(repr(self.settings).encode())
        return digest.hexdigest()

    @cached_property
    def _judges_faces(self) -> bool:
        return any(find_view(view).of_a_face for view in self.settings.views)


def read_pixels(image: ImageInput) -> NDArray[np.uint8]:
    """Return the pixels of a photograph that is given as a file or as pixels, ``(H, W, 3)``.

    Raises:
        ImageError: When the file cannot be read.
        UserError: When pixels have another shape or type.
    """
    if not isinstance(image, np.ndarray):
        return read_image(Path(image))
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UserError(f"pixels of type {image.dtype} and shape {image.shape}: pass RGB as uint8 (height, width, 3)")
    return np.ascontiguousarray(image)


def _load_again(source: str | Path, fingerprint: str) -> Detector:
    detector = Detector.load(source)
    if detector.fingerprint != fingerprint:
        raise UserError(f"{source} is no longer what this detector was loaded from: load it again and send that one")
    return detector


def _load_network(source: str | Path) -> Network:
    if str(source) == RELEASE:
        from fakeface.inference.torch_network import TorchNetwork

        return TorchNetwork.from_release()
    path = Path(source)
    if path.suffix == ".onnx":
        from fakeface.inference.onnx_network import OnnxNetwork

        return OnnxNetwork(path)
    if path.is_dir():
        path = path / CHECKPOINTS / "best.ckpt"
        if not path.is_file():
            raise UserError(f"{source} is not the folder of a run, for it has no {CHECKPOINTS}/best.ckpt: name one")
    else:
        path = find_checkpoint(str(source), Path("lightning_logs"))
    from fakeface.inference.torch_network import TorchNetwork

    return TorchNetwork.from_checkpoint(path)

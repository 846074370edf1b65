"""A trained network as a detector: photographs in, verdicts out.

from fakeface import Detector

detector = Detector.load("release")
for verdict in detector.predict(["anna.jpg", "ben.png"]):
    print(verdict.path, verdict.verdict, verdict.probability)
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import ImageInput, no_opencv_error, read_pixels
from fakeface.data.records import REGIONS
from fakeface.errors import UserError
from fakeface.faces.alignment import LEAST_EYE_DISTANCE
from fakeface.faces.blur import MEASURED_AT, MOST_BLUR, blur_of
from fakeface.faces.finder import Face, find_faces
from fakeface.inference.looked import LEAST_FACE, Looked
from fakeface.inference.network import FaceScore, Network, find_release
from fakeface.inference.scoring import BATCH_SIZE, Seen, score
from fakeface.inference.verdicts import FaceVerdict, Kind, Reason, Verdict, VerdictName
from fakeface.training.runs import find_checkpoint
from fakeface.views import Viewed
from fakeface.views.view import find_view, look

RELEASE = "release"

_Judged = Literal["real", "fake", "unsure"]
_FACE = "face"  # the view whose blur is measured


class Detector:
    """A network with what is needed to use it; make one with ``Detector.load``.

    It can be pickled: the copy loads the same file again, and refuses another one that has taken its place.

    Attributes:
        network: What scores the views.
        settings: Views, size, ELA and calibration.
    """

    def __init__(self, network: Network, source: str | Path, false_alarms: float | None = None) -> None:
        self.network = network
        self.settings = network.settings
        if false_alarms is not None:
            strict = network.settings.calibration.with_false_alarms(false_alarms)
            self.settings = replace(network.settings, calibration=strict)
        self._source = source
        self._false_alarms = false_alarms

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (self._source, self._false_alarms, self.fingerprint)

    @classmethod
    def load(cls, source: str | Path, false_alarms: float | None = None) -> "Detector":
        """Load a detector.

        Args:
            source: A checkpoint, the folder of a run (its ``best.ckpt``), ``best`` or ``last`` for the newest run in
                ``lightning_logs``, an exported ``.onnx`` file (then torch is not needed), or ``release`` for the
                weights that come with the package.
            false_alarms: The share of the real photographs of a source that nobody has seen that the verdict fake may
                be wrong about, on average over such sources; by default the threshold is the network's own.

        Raises:
            UserError: When there is no such thing or it is not fakeface's, or too few sources are known to it for that
                share of false alarms.
        """
        network = _load_network(source)
        detector = cls(network, RELEASE if str(source) == RELEASE else network.file.absolute(), false_alarms)
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
        asked = (_Asked(image) for image in images)
        for scored in score(self.network, asked, self._look_at, batch_size):
            path = None if isinstance(scored.item.image, np.ndarray) else Path(scored.item.image)
            if scored.error is not None:
                yield Verdict(path, None, None, error=scored.error.reason)
            else:
                yield self.judge(path, scored.item.looked, scored.scores)

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Judge a batch of columns, as a callable for ``map_batches`` of Ray Data.

        Args:
            batch: Pixels in a column ``image``, or files in a column ``path``.

        Returns:
            The other columns of the batch, ``verdict``, ``probability`` (NaN where a file could not be read),
            ``suspected_kind``, ``reason``, one column per region where the network has them, and ``error``; text is ""
            where there is none.

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
        columns["suspected_kind"] = np.array([verdict.kind or "" for verdict in verdicts])
        columns["reason"] = np.array([verdict.reason or "" for verdict in verdicts])
        for region in self.regions:
            scores = [verdict.regions[region] if verdict.regions else None for verdict in verdicts]
            columns[region] = np.array(scores, dtype=np.float64)
        columns["error"] = np.array([verdict.error or "" for verdict in verdicts])
        return columns

    def look(self, image: NDArray[np.uint8], points: NDArray[np.float64] | None = None) -> dict[str, Viewed]:
        """Return what the network sees of a photograph ``(H, W, 3)``, or of the face with these points: its views."""
        return look(image, self.settings.views, self.settings.parameters, points)

    def look_at_faces(self, image: NDArray[np.uint8]) -> Looked:
        """Return what the network sees of each face of a photograph ``(H, W, 3)``, or once of the whole photograph."""
        height, width = image.shape[:2]
        faces = find_faces(image)
        if not self.judges_faces:
            return Looked([self.look(image)], faces, (height, width), whole=True)
        seen, blurred = [], set()
        for place, face in enumerate(faces):
            if face.side >= LEAST_FACE:
                views = self.look(image, face.points)
                if self._is_too_blurred(image, face, views):
                    blurred.add(place)
                else:
                    seen.append(views)
        return Looked(seen, faces, (height, width), blurred=frozenset(blurred))

    def examine(self, image: NDArray[np.uint8]) -> tuple[Verdict, Looked]:
        """Judge a photograph ``(H, W, 3)``; return what was seen of it too."""
        looked = self.look_at_faces(image)
        (scored,) = score(self.network, [looked], lambda looked: looked.seen)
        return self.judge(None, looked, scored.scores), looked

    def judge(self, path: Path | None, looked: Looked, scores: Sequence[FaceScore]) -> Verdict:
        """Return the verdict on a photograph, which is that on its most suspicious face."""
        subjects = [None] if looked.whole else [looked.faces[place] for place in looked.judged]
        judged = [self._judge_face(score, face) for score, face in zip(scores, subjects, strict=True)]
        worst = max(judged, key=lambda face: face.probability, default=None)
        faces, count = None, len(looked.faces)
        if not looked.whole:
            rest = iter(judged)
            faces = tuple(
                FaceVerdict(_box(face, *looked.shape), face.confidence, *((why_not,) if why_not else next(rest)))
                for face, why_not in ((face, looked.why_not(place)) for place, face in enumerate(looked.faces))
            )
        if worst is None:
            none: VerdictName = "too blurred" if looked.blurred else "no face"
            return Verdict(path, none, None, faces=faces, face_count=count)
        name, probability, regions, kind, reason = worst
        if looked.whole and not looked.judged:
            reason = "no face"
        return Verdict(path, name, probability, regions, faces=faces, face_count=count, kind=kind, reason=reason)

    @property
    def name(self) -> str:
        """``release``, or the name of the file that it was loaded from."""
        return RELEASE if self._source == RELEASE else Path(self._source).name

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
    def judges_faces(self) -> bool:
        """Whether it judges each face of a photograph, and not the photograph as a whole."""
        return any(find_view(view).of_a_face for view in self.settings.views)

    def _is_too_blurred(self, image: NDArray[np.uint8], face: Face, views: Seen) -> bool:
        """Say so by the aligned face at one size, whatever the network sees."""
        parameters = replace(self.settings.parameters, size=MEASURED_AT)
        if parameters != self.settings.parameters or _FACE not in views:
            views = look(image, [_FACE], parameters, face.points)
        return blur_of(views[_FACE].pixels) > MOST_BLUR

    def _look_at(self, asked: "_Asked") -> Sequence[Seen]:
        pixels = read_pixels(asked.image)
        with no_opencv_error(Path("the pixels") if isinstance(asked.image, np.ndarray) else Path(asked.image)):
            asked.looked = self.look_at_faces(pixels)
        return asked.looked.seen

    def _judge_face(self, score: FaceScore, face: Face | None) -> "_Judgement":
        fake, calibration = np.array([score.fake]), self.settings.calibration
        name = cast(_Judged, calibration.verdicts(fake)[0])
        small = face is not None and np.linalg.norm(face.points[1] - face.points[0]) < LEAST_EYE_DISTANCE
        reason: Reason = "small face" if small else "too close"
        farthest = self.settings.farthest
        if farthest is not None and score.distance is not None and score.distance > farthest:
            name, reason = "unsure", "unlike its training"
        return _Judgement(
            name,
            float(calibration.probabilities(fake)[0]),
            None if score.regions is None else dict(zip(REGIONS, score.regions, strict=True)),
            None if name == "real" or reason == "unlike its training" else score.kind,
            reason if name == "unsure" else None,
        )


class _Judgement(NamedTuple):
    verdict: _Judged
    probability: float
    regions: dict[str, float] | None
    kind: Kind | None
    reason: Reason | None


@dataclass(slots=True)
class _Asked:
    """A photograph, and what there is to judge in it, once it was looked at."""

    image: ImageInput
    looked: Looked = field(init=False)


def _box(face: Face, height: int, width: int) -> tuple[int, int, int, int]:
    """Return the box of a face in whole pixels within its photograph."""
    left, top, right, bottom = np.round(face.box).astype(int).clip(0, [width, height] * 2).tolist()
    return left, top, right, bottom


def _load_again(source: str | Path, false_alarms: float | None, fingerprint: str) -> Detector:
    detector = Detector.load(source, false_alarms)
    if detector.fingerprint != fingerprint:
        raise UserError(f"{source} is no longer what this detector was loaded from: load it again and send that one")
    return detector


def _load_network(source: str | Path) -> Network:
    path = find_release() if str(source) == RELEASE else Path(source)
    if path.suffix == ".onnx":
        from fakeface.inference.onnx_network import OnnxNetwork

        return OnnxNetwork(path)
    path = find_checkpoint(str(source), Path("lightning_logs"))
    from fakeface.inference.torch_network import TorchNetwork

    return TorchNetwork.from_checkpoint(path)

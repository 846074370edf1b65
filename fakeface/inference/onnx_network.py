"""Exported networks in ONNX Runtime, without torch: the release too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fakeface.data.threads import cores
from fakeface.errors import UserError
from fakeface.evaluation.predictions import probabilities
from fakeface.inference.network import METADATA_KEY, FaceScore, Settings, face_scores
from fakeface.inference.scoring import Batch

FAKE_LOGIT, REGION_LOGITS, KIND_LOGITS, MAP_LOGITS = "fake_logit", "region_logits", "kind_logits", "map_logits"
DISTANCE = "distance"
"""Names of the outputs: ``(B,)`` and, where the network has them, ``(B, 4)``, ``(B, 3)``, ``(B, H, W)``, ``(B, 1)``."""

FACES_AT_ONCE = 4
"""More are not faster, but take more memory."""


class OnnxNetwork:
    """A network that ``fakeface export`` or ``fakeface release`` wrote.

    Attributes:
        settings: How to feed it and how to read its scores, from the file's metadata.
        has_regions: Whether it scores the four regions.
        file: The file with its weights.

    Raises:
        UserError: When the file is missing, damaged or not fakeface's.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise UserError(f"the network {path} does not exist: write one with `fakeface export --out {path}`")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores()
        # Threads that wait busily would take the cores from those that read photographs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_mem_pattern = False  # it would keep the memory of the largest batch
        try:
            providers = onnxruntime.get_available_providers()
            self._session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # ONNX Runtime's exceptions have no common base of their own
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{path} cannot be loaded as an ONNX network ({reason}): export it again") from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise UserError(f"{path} has no metadata of fakeface: pass a network that `fakeface export` wrote")
        stored: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        self.settings = Settings.from_dict(stored["data"], stored["calibration"], stored.get("farthest"))
        self.file = path
        outputs = {output.name for output in self._session.get_outputs()}
        self.has_regions = REGION_LOGITS in outputs
        self._has_map = MAP_LOGITS in outputs
        self._scores = [name for name in (FAKE_LOGIT, REGION_LOGITS, KIND_LOGITS, DISTANCE) if name in outputs]

    def __call__(self, views: Batch) -> list[FaceScore]:
        """Score a batch of faces."""
        found = dict(zip(self._scores, self._run(self._scores, views), strict=True))
        return face_scores(found[FAKE_LOGIT], *(found.get(name) for name in (REGION_LOGITS, KIND_LOGITS, DISTANCE)))

    def edit_maps(self, views: Batch) -> NDArray[np.float32] | None:
        """Return the probability of an edit at each place ``(B, H, W)``, or None where the network has no map."""
        if not self._has_map:
            return None
        return probabilities(self._run([MAP_LOGITS], views)[0]).astype(np.float32)

    def _run(self, outputs: list[str], views: Batch) -> list[NDArray[np.float32]]:
        inputs = {view: np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) for view, pixels in views.items()}
        faces = len(next(iter(inputs.values())))
        parts = [
            self._session.run(outputs, {view: pixels[start : start + FACES_AT_ONCE] for view, pixels in inputs.items()})
            for start in range(0, faces, FACES_AT_ONCE)
        ]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

"""Exported networks in ONNX Runtime, without torch."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from fakeface.errors import UserError
from fakeface.inference.network import FaceScore, Settings, face_scores
from fakeface.inference.scoring import Batch

METADATA_KEY = "fakeface"
FAKE_LOGIT, REGION_LOGITS = "fake_logit", "region_logits"
"""Names of the outputs: ``(B,)`` and, where the network has a region head, ``(B, 4)``."""


class OnnxNetwork:
    """A network that ``fakeface export`` wrote.

    Attributes:
        settings: How to feed it and how to read its scores, from the file's metadata.
        has_regions: Whether it scores the four regions.
        file: The file with its weights.

    Raises:
        UserError: When ONNX Runtime is not installed, or the file is missing, damaged or not fakeface's.
    """

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise UserError("ONNX Runtime is not installed: pip install 'fakeface[onnx]'") from error
        if not path.is_file():
            raise UserError(f"the network {path} does not exist: write one with `fakeface export --out {path}`")
        try:
            self._session = onnxruntime.InferenceSession(path, providers=onnxruntime.get_available_providers())
        except Exception as error:  # ONNX Runtime's exceptions have no common base of their own
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{path} cannot be loaded as an ONNX network ({reason}): export it again") from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise UserError(f"{path} has no metadata of fakeface: pass a network that `fakeface export` wrote")
        stored: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        self.settings = Settings.from_dict(stored["data"], stored["calibration"])
        self.file = path
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.has_regions = REGION_LOGITS in self._outputs

    def __call__(self, views: Batch) -> list[FaceScore]:
        """Score a batch of faces."""
        inputs = {view: np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) for view, pixels in views.items()}
        outputs = dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))
        return face_scores(outputs[FAKE_LOGIT], outputs.get(REGION_LOGITS))

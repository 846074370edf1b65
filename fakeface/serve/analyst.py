"""From an upload to what the page shows of it."""

import numpy as np
from numpy.typing import NDArray

from fakeface.data.ela import error_level_analysis
from fakeface.detector import Detector
from fakeface.serve.decoder import Decoder
from fakeface.serve.messages import Evidence, HeatMap, Prediction
from fakeface.serve.pictures import data_url


class Analyst:
    """Judges uploads; it serves one thread.

    Attributes:
        detector: What judges.
        decoder: What reads uploads.
    """

    def __init__(self, detector: Detector, decoder: Decoder) -> None:
        self.detector = detector
        self.decoder = decoder

    def judge(self, data: bytes, evidence: bool) -> Prediction:
        """Judge an upload, with the pictures for the page if asked.

        Raises:
            ImageError: When the upload cannot be decoded.
        """
        image = self.decoder(data)
        (verdict,) = self.detector.predict([image])
        height, width = image.shape[:2]
        return Prediction.model_validate(
            {
                "verdict": verdict.verdict,
                "probability": verdict.probability,
                "regions": verdict.regions,
                "width": width,
                "height": height,
                "evidence": self._evidence(image) if evidence else None,
            }
        )

    def _evidence(self, image: NDArray[np.uint8]) -> Evidence:
        ela = error_level_analysis(image, self.detector.settings.parameters.ela)
        return Evidence(original=data_url(image), ela=data_url(ela), heat_maps=self._heat_maps(image))

    def _heat_maps(self, image: NDArray[np.uint8]) -> list[HeatMap]:
        return []

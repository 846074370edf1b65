"""From an upload to what the page shows of it."""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer, Explanation, overlay
from fakeface.inference.verdicts import Verdict
from fakeface.serve.decoder import Decoder
from fakeface.serve.messages import Evidence, HeatMap, Prediction
from fakeface.views.ela import error_level_analysis
from fakeface.views.pictures import data_url, shrink
from fakeface.views.view import find_view


class Analyst:
    """Judges uploads; it serves one thread.

    Attributes:
        detector: What judges.
        explainer: What draws heat maps, or None where the network cannot be asked for them.
        decoder: What reads uploads.
    """

    def __init__(self, detector: Detector, explainer: Explainer | None, decoder: Decoder) -> None:
        self.detector = detector
        self.explainer = explainer
        self.decoder = decoder

    def judge(self, data: bytes, evidence: bool) -> Prediction:
        """Judge an upload, with the pictures for the page if asked.

        Raises:
            ImageError: When the upload cannot be decoded.
        """
        image = self.decoder(data)
        if not evidence:
            return _prediction(image, self.detector.predict([image])[0], None)
        explanation = self._explain(image)
        return _prediction(image, explanation.verdict, _evidence(explanation))

    def _explain(self, image: NDArray[np.uint8]) -> Explanation:
        if self.explainer is not None:
            return self.explainer.explain(image)
        (verdict,) = self.detector.predict([image])
        return Explanation(
            verdict, image, error_level_analysis(image, self.detector.settings.parameters.ela), {}, {}, ()
        )


def _prediction(image: NDArray[np.uint8], verdict: Verdict, evidence: Evidence | None) -> Prediction:
    height, width = image.shape[:2]
    judged = asdict(verdict) | {"width": width, "height": height, "evidence": evidence}
    return Prediction.model_validate(judged)


def _evidence(explanation: Explanation) -> Evidence:
    maps = [
        HeatMap(
            view=view,
            title=find_view(view).title or view,
            picture=data_url(overlay(shrink(explanation.pictures[view]), shrink(heat))),
        )
        for view, heat in explanation.heat_maps.items()
    ]
    return Evidence(original=data_url(explanation.photograph), ela=data_url(explanation.error_levels), heat_maps=maps)

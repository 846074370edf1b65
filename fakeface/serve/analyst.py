"""From an upload to what the page shows of it."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeface.evidence.examination import examine
from fakeface.evidence.page import render_page
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer, most_suspicious, overlay
from fakeface.inference.looked import Looked
from fakeface.inference.scoring import Seen
from fakeface.inference.verdicts import Verdict
from fakeface.serve.decoder import Decoder
from fakeface.serve.messages import Evidence, HeatMap, Prediction
from fakeface.views.ela import error_level_analysis
from fakeface.views.pictures import data_url, shrink
from fakeface.views.view import make_view


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
        verdict, looked = self.detector.examine(image)
        height, width = image.shape[:2]
        pictures = self._evidence(image, verdict, looked) if evidence else None
        return Prediction.model_validate(asdict(verdict) | {"width": width, "height": height, "evidence": pictures})

    def inspect(self, data: bytes, name: Path) -> str:
        """Return the evidence page of an upload of this name; where it was taken is left out.

        Raises:
            ImageError: When the upload cannot be decoded.
        """
        pixels = self.decoder(data)
        date = datetime.now(UTC)
        return render_page(examine(data, name, self.detector, self.explainer, date, photograph=pixels))

    def _evidence(self, image: NDArray[np.uint8], verdict: Verdict, looked: Looked) -> Evidence:
        error_levels = error_level_analysis(image, self.detector.settings.parameters.ela)
        heat_maps = []
        if self.explainer is not None:
            for place in most_suspicious(verdict, looked):
                heat_maps += self._draw(self.explainer, image, place, looked.views[place])
        return Evidence(original=data_url(image), ela=data_url(error_levels), heat_maps=heat_maps)

    def _draw(self, explainer: Explainer, image: NDArray[np.uint8], face: int | None, views: Seen) -> list[HeatMap]:
        heat_maps = []
        for name, heat in explainer.draw({name: view.pixels for name, view in views.items()}).items():
            view = make_view(name, self.detector.settings.parameters)
            if view.of_a_face:
                picture = overlay(views[name].pixels, heat)
            else:
                below = shrink(view.picture(image))
                picture = overlay(below, shrink(views[name].place(heat, *image.shape[:2])))
            heat_maps.append(HeatMap(face=face, view=name, title=view.title or name, picture=data_url(picture)))
        return heat_maps

"""The endpoint that judges photographs, and what the page asks before."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from fakeface import __version__
from fakeface.data.images import FORMATS
from fakeface.data.records import DIFFICULTIES, LABEL_NAMES, REAL
from fakeface.inference.network import UNCALIBRATED
from fakeface.serve.analyst import Analyst
from fakeface.serve.faces import KnownFace
from fakeface.serve.limits import Limits
from fakeface.serve.messages import ErrorLevels, EvidencePage, Example, NetworkFacts, Prediction, Problem
from fakeface.serve.waiting_line import Result, WaitingLine
from fakeface.views.view import find_view

_UNNAMED = "the upload"
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "description": f"The file itself ({', '.join(FORMATS)}), not a form.",
        "required": True,
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    408: {"model": Problem, "description": "The upload took too long."},
    413: {"model": Problem, "description": "The upload is too large."},
    415: {"model": Problem, "description": "The upload is a form."},
    422: {"model": Problem, "description": "The upload is no photograph that can be read."},
    503: {
        "model": Problem,
        "description": "Too many photographs are waiting.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    },
}


def prediction_router(analyst: Analyst, line: WaitingLine, limits: Limits, faces: Sequence[KnownFace]) -> APIRouter:
    """Return the routes ``/api/predict``, ``/api/inspect``, ``/api/network`` and ``/api/examples``."""
    router = APIRouter(prefix="/api")
    examples = _choose_examples(faces)

    @router.post("/predict", openapi_extra=_UPLOAD, responses=_PROBLEMS)
    async def predict(
        request: Request, evidence: Annotated[bool, Query(description="Whether to send pictures too.")] = False
    ) -> Prediction:
        """Judge one photograph, which is forgotten with the answer."""
        async with line.place():
            data = await _read_upload(request, limits)
            return await _while_there(request, line.run(lambda: analyst.judge(data, evidence)))

    @router.post("/inspect", openapi_extra=_UPLOAD, responses=_PROBLEMS)
    async def inspect(
        request: Request,
        name: Annotated[str, Query(max_length=255, description="Of the file, for the page's title.")] = _UNNAMED,
    ) -> EvidencePage:
        """Write the evidence page of one photograph, which is forgotten with the answer."""
        async with line.place():
            data = await _read_upload(request, limits)
            path = FilePath(FilePath(name).name or _UNNAMED)
            return EvidencePage(page=await _while_there(request, line.run(lambda: analyst.inspect(data, path))))

    @router.get("/network")
    async def network() -> NetworkFacts:
        """Describe the network and the limits."""
        detector = analyst.detector
        calibration = detector.settings.calibration
        scores = np.array([calibration.threshold, calibration.unsure_low, calibration.unsure_high])
        threshold, low, high = calibration.probabilities(scores).tolist()
        return NetworkFacts(
            version=__version__,
            name=detector.name,
            judges_faces=detector.judges_faces,
            views={view: find_view(view).title or view for view in detector.settings.views},
            ela=ErrorLevels(**asdict(detector.settings.parameters.ela)),
            regions=list(detector.regions),
            calibrated=calibration != UNCALIBRATED,
            threshold=threshold,
            unsure_low=low,
            unsure_high=high,
            error_rate=calibration.error_rate,
            upload_bytes=limits.upload_bytes,
            pixels=limits.pixels,
        )

    @router.get("/examples")
    async def list_examples() -> list[Example]:
        """List drawn faces to try the page with."""
        return [
            Example.model_validate({"number": number, "label": LABEL_NAMES[face.label], "regions": list(face.regions)})
            for number, face in enumerate(examples)
        ]

    @router.get("/examples/{number}.jpg", response_class=Response)
    async def example(number: Annotated[int, Path(ge=0, lt=len(examples))]) -> Response:
        """Send a drawn face."""
        return Response(examples[number].data, media_type="image/jpeg")

    return router


async def _read_upload(request: Request, limits: Limits) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "the upload is a form: send the file itself, as `curl --data-binary @photo.jpg` does")
    too_large = HTTPException(413, f"the upload is larger than {limits.upload_bytes / 1e6:g} MB: send a smaller one")
    if int(request.headers.get("content-length", 0)) > limits.upload_bytes:
        raise too_large
    data = bytearray()
    try:
        async with asyncio.timeout(limits.upload_seconds):
            async for chunk in request.stream():
                data += chunk
                if len(data) > limits.upload_bytes:
                    raise too_large
    except TimeoutError as error:
        raise HTTPException(408, f"the upload took longer than {limits.upload_seconds:g} seconds") from error
    return bytes(data)


async def _while_there(request: Request, answer: Coroutine[Any, Any, Result]) -> Result:
    """Wait for an answer, but give up the place in the line when the visitor leaves: ``ClientDisconnect``."""
    answering = asyncio.create_task(answer)
    leaving = asyncio.ensure_future(request.receive())  # all that comes after the upload
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise ClientDisconnect
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()


def _choose_examples(faces: Sequence[KnownFace]) -> list[KnownFace]:
    """Return a fake of each difficulty, each after a real face."""
    fakes = [next(face for face in faces if face.difficulty == difficulty) for difficulty in DIFFICULTIES]
    reals = [face for face in faces if face.label == REAL]
    return [face for pair in zip(reals, fakes, strict=False) for face in pair]

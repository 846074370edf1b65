"""The web application: the page, its pictures, and what the routers add; every error is a sentence in JSON."""

import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from fakeface import __version__
from fakeface.data.images import ImageError
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from fakeface.serve.analyst import Analyst
from fakeface.serve.decoder import Decoder
from fakeface.serve.faces import KnownFace, make_pairs
from fakeface.serve.game import game_router
from fakeface.serve.guard import Guard
from fakeface.serve.limits import Limits
from fakeface.serve.prediction import prediction_router
from fakeface.serve.story import draw_story
from fakeface.serve.waiting_line import Busy, WaitingLine

_PAGE = "page.html"
_SCRIPTS = ("page", "requests", "evidence", "check", "bring", "queue", "result", "save", "levels", "game")
_PAGE_FILES = (_PAGE, "icon.svg", "page.css", *(f"{name}.js" for name in _SCRIPTS))


def create_app(
    detector: Detector,
    explainer: Explainer | None,
    faces: Sequence[KnownFace],
    game_faces: Sequence[KnownFace] | None = None,
    limits: Limits | None = None,
    names: Sequence[str] = (),
) -> ASGIApp:
    """Make the application.

    Args:
        detector: What judges.
        explainer: What draws heat maps, if the network can be asked for them.
        faces: Drawn faces, for the examples, the explanations and, by default, the game.
        game_faces: Photographs for the game.
        limits: What a visitor may ask.
        names: Host names that it answers to; any by default.
    """
    limits = limits or Limits()
    decoder = Decoder(limits.pixels, limits.decode_seconds)
    line = WaitingLine(limits.places, limits.answer_seconds)
    analyst = Analyst(detector, explainer, decoder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await line.run(decoder.start)
        yield
        line.close()
        decoder.close()

    app = FastAPI(
        title="fakeface",
        version=__version__,
        description="Judges photographs of faces: real, fake (edited by hand) or unsure. Never proof about a person.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # their scripts come from other servers
        redoc_url=None,
        lifespan=lifespan,
    )
    for kind in (StarletteHTTPException, RequestValidationError, ImageError, Busy, ClientDisconnect, Exception):
        app.add_exception_handler(kind, _answer_error)
    app.include_router(prediction_router(analyst, line, limits, faces))
    app.include_router(game_router(analyst, line, make_pairs(game_faces or faces), drawn=game_faces is None))
    _add_files(app, draw_story(faces, detector.settings.parameters.ela))
    return Guard(app, names)


def _add_files(app: FastAPI, story: Mapping[str, bytes]) -> None:
    """Serve the page and its pictures from memory: a name that is not in the mapping does not exist."""
    folder = files("fakeface.serve")
    contents = {name: folder.joinpath(name).read_bytes() for name in _PAGE_FILES} | dict(story)

    @app.get("/", include_in_schema=False)
    @app.get("/{name}", include_in_schema=False)
    async def file(name: str = _PAGE) -> Response:
        if name not in contents:
            raise HTTPException(404, "there is no such page")
        return Response(contents[name], media_type=mimetypes.guess_type(name)[0])


async def _answer_error(request: Request, error: Exception) -> Response:
    status, headers = 422, None
    match error:
        case StarletteHTTPException():
            sentence, status, headers = error.detail, error.status_code, error.headers
        case RequestValidationError():
            first = error.errors()[0]
            sentence = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        case ImageError():
            sentence = f"this photograph is refused, for it is {error.reason}: send another one"
        case Busy():
            sentence = f"many photographs are waiting: please try again in {error.wait} seconds"
            status, headers = 503, {"Retry-After": str(error.wait)}
        case ClientDisconnect():
            sentence, status = "the visitor has left", 400
        case _:  # a bug of ours, whose traceback uvicorn prints for the operator
            sentence, status = "something went wrong in the server: its operator can see what", 500
    return JSONResponse({"error": sentence}, status, headers)

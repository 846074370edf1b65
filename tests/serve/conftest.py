"""A tiny detector, drawn faces, and an application to ask without a network."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from fakeface.serve.app import create_app
from fakeface.serve.faces import KnownFace, draw_faces
from fakeface.serve.limits import Limits
from tests.networks import write_checkpoint

MakeApp = Callable[[Limits], ASGIApp]


@pytest.fixture(scope="package")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serve") / "a.ckpt"
    write_checkpoint(path, region_head=True)
    return path


@pytest.fixture(scope="package")
def detector(checkpoint: Path) -> Detector:
    return Detector.load(checkpoint)


@pytest.fixture(scope="package")
def faces() -> list[KnownFace]:
    return draw_faces(images=16, size=96)


@pytest.fixture(scope="package")
def make_app(detector: Detector, faces: list[KnownFace]) -> MakeApp:
    explainer = Explainer(detector)
    return lambda limits: create_app(detector, explainer, faces, limits=limits)


@pytest.fixture(scope="package")
def client(make_app: MakeApp) -> Iterator[TestClient]:
    with TestClient(make_app(Limits()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def photograph(faces: list[KnownFace]) -> bytes:
    return faces[0].data


@pytest.fixture(scope="package")
def address(make_app: MakeApp) -> Iterator[str]:
    """The address of a real server."""
    yield from serve(make_app(Limits()))


def serve(app: ASGIApp) -> Iterator[str]:
    """Run a server in a thread, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def encode(kind: str, size: tuple[int, int] = (80, 70)) -> bytes:
    """Return a picture of noise in one of Pillow's formats."""
    buffer = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()

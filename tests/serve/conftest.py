"""A tiny detector, drawn faces, and an application to ask without a network."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from fakeface.data.images import decode_image
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from fakeface.serve.app import create_app
from fakeface.serve.faces import KnownFace, draw_faces
from fakeface.serve.limits import Limits
from fakeface.views.pictures import encode_jpeg
from tests import chromium
from tests.networks import write_checkpoint
from tests.serve.browsing import DESKTOP, FLAGS, complaints, open_page

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
def face_detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A tiny detector that judges each face."""
    path = tmp_path_factory.mktemp("serve") / "faces.ckpt"
    write_checkpoint(path, {"face": "test_efficientnet"}, region_head=True)
    return Detector.load(path)


@pytest.fixture(scope="package")
def group(faces: list[KnownFace]) -> bytes:
    """Six drawn faces in two rows, and a seventh one that is too small to be judged."""
    pixels = [cv2.resize(decode_image(face.data, Path("face")), (192, 192)) for face in faces[:7]]
    small = np.full((100, 576, 3), 120, dtype=np.uint8)
    small[24:76, 262:314] = cv2.resize(pixels[6], (52, 52), interpolation=cv2.INTER_AREA)
    return encode_jpeg(np.vstack([np.hstack(pixels[:3]), np.hstack(pixels[3:6]), small]), 90)


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


@pytest.fixture(scope="package")
def face_address(face_detector: Detector, faces: list[KnownFace]) -> Iterator[str]:
    """The address of a server whose network judges each face."""
    yield from serve(create_app(face_detector, Explainer(face_detector), faces))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = open_page(browser, address, **DESKTOP)
    yield page
    assert complaints(page) == []
    page.context.close()


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

"""What visitors must not be able to do."""

import os
import socket
import sys
import zlib
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from fakeface.serve.faces import KnownFace
from fakeface.serve.limits import Limits
from tests.serve.conftest import MakeApp, encode


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that promises many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


UPLOADS = {
    "nothing": (b"", "it is empty"),
    "text": (b"hello", "not a readable image"),
    "a page called .jpg": (b"<html><script>alert(1)</script></html>", "not a readable image"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a readable image"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", "not a readable image"),
    "half a JPEG": (encode("JPEG", (200, 200))[:2000], "truncated"),
    "half a PNG": (encode("PNG", (200, 200))[:2000], "truncated"),
    "bomb": (png_header(50_000, 50_000), "larger than 50 megapixels"),
    "just too many pixels": (png_header(50_001, 1000), "larger than 50 megapixels"),
    "too small": (encode("PNG", (63, 200)), "too small to judge (63×200 pixels, and 64 on each side are the least)"),
    "too long": (png_header(6_500, 70), "too long to judge (6500×70 pixels, and 20 times as long as wide is the most)"),
    "thin": (png_header(32_000, 3), "too small to judge"),
    "JPEG header alone": (b"\xff\xd8\xff\xe0", "not a readable image"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_what_is_no_photograph_gets_a_sentence(client: TestClient, name: str) -> None:
    data, reason = UPLOADS[name]
    response = client.post("/api/predict?evidence=true", content=data, headers={"Content-Type": "image/jpeg"})
    assert response.status_code == 422
    assert list(response.json()) == ["error"]
    assert reason in response.json()["error"]
    assert "Traceback" not in response.text
    assert "/" not in response.json()["error"]


def test_a_page_hidden_behind_a_picture_comes_back_as_pixels_only(client: TestClient) -> None:
    data = encode("JPEG") + b"<script>alert(1)</script>"
    response = client.post("/api/predict?evidence=true", content=data)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "script" not in response.text


def test_uploads_over_the_limit_are_refused_by_their_header_or_while_they_arrive(make_app: MakeApp) -> None:
    with TestClient(make_app(Limits(upload_bytes=1000))) as client:
        declared = client.post("/api/predict", content=bytes(1001))
        undeclared = client.post("/api/predict", content=iter([bytes(600), bytes(600)]))
        allowed = client.post("/api/predict", content=bytes(1000))
    for response in (declared, undeclared):
        assert response.status_code == 413
        assert response.json() == {"error": "the upload is larger than 0.001 MB: send a smaller one"}
    assert allowed.status_code == 422


def test_forms_are_refused_with_the_mend(client: TestClient, photograph: bytes) -> None:
    response = client.post("/api/predict", files={"file": photograph})
    assert response.status_code == 415
    assert "curl --data-binary" in response.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/....//etc/passwd",
        "/app.py",
        "/__init__.py",
        "/page.html%00.css",
        "/page.css/../app.py",
        "/api/examples/..%2f..%2fapp.jpg",
        "/api/game/../../app.py",
        "/file:///etc/passwd",
        "/C:/Windows/win.ini",
        "/.git/config",
    ],
)
def test_no_file_of_the_server_can_be_read(address: str, path: str) -> None:
    # Over a socket, for clients tidy paths up.
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status = int(answer.split()[1])
    assert status in {404, 422}
    assert b"root:" not in answer
    assert b"import" not in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/predict", 405),
        ("PUT", "/api/predict", 405),
        ("DELETE", "/api/predict", 405),
        ("POST", "/", 405),
        ("POST", "/api/game/0", 405),
        ("TRACE", "/", 405),
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", "/api/game/1000", 422),
        ("GET", "/api/game/-1", 422),
        ("GET", "/api/game/x/answer", 422),
        ("GET", "/api/examples/6.jpg", 422),
        ("POST", "/api/predict?evidence=perhaps", 422),
    ],
)
def test_wrong_requests_get_a_sentence(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert list(response.json()) == ["error"]


def test_bugs_are_not_shown(client: TestClient, photograph: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("secret of /home/operator")

    monkeypatch.setattr("fakeface.inference.detector.Detector.examine", fail)
    response = client.post("/api/predict", content=photograph)
    assert response.status_code == 500
    assert response.json() == {"error": "something went wrong in the server: its operator can see what"}
    assert response.headers["x-content-type-options"] == "nosniff"


def test_nothing_is_stored(client: TestClient, photograph: bytes) -> None:
    written: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            written.append(str(arguments[0]))

    sys.addaudithook(watch)
    try:
        for data in (photograph, encode("PNG", (1200, 1200)), b"broken"):
            client.post("/api/predict?evidence=true", content=data)
        assert written == []
        with Path(os.devnull).open("w"):  # the watch is awake
            assert written == [os.devnull]
    finally:
        watching = False


def test_the_game_keeps_its_secret(client: TestClient, faces: list[KnownFace]) -> None:
    """Neither the names nor the bytes of the files reach the visitor before the guess."""
    pair = client.get("/api/game/0")
    assert set(pair.json()) == {"left", "right"}
    assert all(url.startswith("data:image/jpeg;base64,") for url in pair.json().values())
    assert "easy" not in pair.text

import builtins
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from fakeface.evidence.content_credentials import read_content_credentials
from tests.evidence.files import SCRIPT, jpeg, portrait, sign


@pytest.fixture(scope="module")
def photograph() -> bytes:
    return jpeg(portrait())


@pytest.fixture(scope="module")
def signed(photograph: bytes) -> bytes:
    return sign(photograph, SCRIPT)


def test_file_without_any_has_none(photograph: bytes) -> None:
    assert read_content_credentials(photograph, "image/jpeg").state == "none"


def test_signature_that_fits_says_what_was_done_and_by_what(signed: bytes) -> None:
    found = read_content_credentials(signed, "image/jpeg")
    assert found.state == "fits"
    assert found.program == f"{SCRIPT} 1"
    assert found.signer == "Anybody <b>Ltd"
    assert found.actions == ("c2pa.created (trainedAlgorithmicMedia)", f"c2pa.edited ({SCRIPT})")
    assert found.problems == ("signingCredential.untrusted",)  # for no signer is trusted


def test_changed_pixels_do_not_fit_the_signature(signed: bytes) -> None:
    changed = bytearray(signed)
    changed[-500] ^= 1
    found = read_content_credentials(bytes(changed), "image/jpeg")
    assert found.state == "does not fit"
    assert "assertion.dataHash.mismatch" in found.problems


def test_broken_credentials_are_broken(signed: bytes) -> None:
    changed = bytearray(signed)
    place = changed.index(b"c2pa.claim")
    changed[place + 60 : place + 90] = b"\xff" * 30
    found = read_content_credentials(bytes(changed), "image/jpeg")
    assert found.state in {"broken", "does not fit"}
    assert found.problems


def test_credentials_elsewhere_are_not_fetched(photograph: bytes) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    remote = sign(photograph, "GIMP", f"http://127.0.0.1:{server.server_port}/manifest.c2pa")
    found = read_content_credentials(remote, "image/jpeg")
    server.shutdown()
    assert found.state == "elsewhere"
    assert asked == []


def test_format_without_credentials_is_not_read(photograph: bytes) -> None:
    assert read_content_credentials(photograph, "image/bmp").state == "not read"


def test_missing_library_is_named(photograph: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without(name: str, *arguments: Any, **settings: Any) -> Any:
        if name == "c2pa":
            raise ImportError(name)
        return real_import(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", without)
    found = read_content_credentials(photograph, "image/jpeg")
    assert found.state == "not read"
    assert found.problems == ("pip install 'fakeface[c2pa]'",)

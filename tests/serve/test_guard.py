from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from fakeface.inference.detector import Detector
from fakeface.serve.app import create_app
from fakeface.serve.faces import KnownFace
from fakeface.serve.guard import LOOPBACK_NAMES


@pytest.fixture(scope="module")
def local(detector: Detector, faces: list[KnownFace]) -> Iterator[TestClient]:
    with TestClient(create_app(detector, None, faces, names=LOOPBACK_NAMES), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/page.css", "/api/network", "/nothing", "/real.jpg"])
def test_every_response_tells_browsers_to_be_strict(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]", "[::1]:8000"])
def test_local_server_answers_to_its_names(local: TestClient, host: str) -> None:
    assert local.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::2]", "1.2.3.4"]
)
def test_local_server_refuses_names_that_point_to_it(local: TestClient, host: str) -> None:
    response = local.get("/api/network", headers={"Host": host})
    assert response.status_code == 403
    assert "--host" in response.json()["error"]


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
def test_other_sites_cannot_use_it(client: TestClient, photograph: bytes, site: str, status: int) -> None:
    response = client.post("/api/predict", content=photograph, headers={"Sec-Fetch-Site": site})
    assert response.status_code == status


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    for name in ("", "page.css", "page.js", "check.js", "game.js", "evidence.js", "requests.js"):
        text = client.get(f"/{name}").text.replace("http://www.w3.org/", "").replace("http://127.0.0.1:8000", "")
        assert "http:" not in text
        assert "https:" not in text

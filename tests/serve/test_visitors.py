"""Fifty visitors at once, on a real server."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from fakeface.serve.analyst import Analyst
from fakeface.serve.faces import KnownFace
from fakeface.serve.limits import Limits
from fakeface.serve.messages import Prediction
from tests.serve.conftest import MakeApp, serve

VISITORS = 50
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here is encrypted, and reading the certificates for each request takes longer than its answer."""


@pytest.fixture
def narrow(make_app: MakeApp) -> Iterator[str]:
    yield from serve(make_app(Limits(places=25)))


def visit(address: str, data: bytes, patience: float) -> tuple[Counter[int], dict[str, object]]:
    """Ask like the page does: come back when told to wait."""
    answers: Counter[int] = Counter()
    until = time.monotonic() + patience
    while True:
        response = httpx2.post(
            f"{address}api/predict", content=data, timeout=30, trust_env=False, verify=NO_CERTIFICATES
        )
        answers[response.status_code] += 1
        if response.status_code != 503 or time.monotonic() > until:
            return answers, response.json()
        assert "please try again in" in response.json()["error"]
        time.sleep(int(response.headers["Retry-After"]))


def test_all_get_their_own_answer(address: str, faces: list[KnownFace]) -> None:
    data = [faces[number % len(faces)].data for number in range(VISITORS)]
    alone = {item: visit(address, item, 30)[1]["probability"] for item in set(data)}
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = list(pool.map(lambda item: visit(address, item, 30), data))
    assert [answer["probability"] for _, answer in visits] == [alone[item] for item in data]
    assert {status for answers, _ in visits for status in answers} <= {200, 503}


def test_a_short_line_asks_most_to_wait_and_serves_all(narrow: str, photograph: bytes) -> None:
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = list(pool.map(lambda _: visit(narrow, photograph, 60), range(VISITORS)))
    assert all("probability" in answer for _, answer in visits)
    total = sum((answers for answers, _ in visits), Counter[int]())
    assert total[200] == VISITORS
    assert total[503] > 0
    assert set(total) == {200, 503}


def test_a_slow_upload_keeps_nobody_waiting_for_long(make_app: MakeApp, photograph: bytes) -> None:
    def trickle() -> Iterator[bytes]:
        for position in range(8):
            yield photograph[position : position + 1]
            time.sleep(0.1)

    for address in serve(make_app(Limits(upload_seconds=0.3, places=2))):
        response = httpx2.post(f"{address}api/predict", content=trickle(), timeout=30, trust_env=False)
        assert response.status_code == 408
        assert visit(address, photograph, 0)[0] == {200: 1}


def test_visitors_who_leave_do_not_disturb(address: str, photograph: bytes) -> None:
    for _ in range(5):
        with pytest.raises(httpx2.TimeoutException):
            httpx2.post(f"{address}api/predict?evidence=true", content=photograph, timeout=0.001, trust_env=False)
    assert visit(address, photograph, 30)[1]["width"] == 96


def test_nothing_is_judged_for_those_who_have_left(
    address: str, faces: list[KnownFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[bytes] = []
    go_on = threading.Event()
    judge = Analyst.judge

    def wait_and_judge(self: Analyst, data: bytes, evidence: bool) -> Prediction:
        judged.append(data)
        assert go_on.wait(30)
        return judge(self, data, evidence)

    monkeypatch.setattr(Analyst, "judge", wait_and_judge)
    first, left, last = (face.data for face in faces[:3])
    with ThreadPoolExecutor() as pool:
        patient = pool.submit(visit, address, first, 0)
        while not judged:
            time.sleep(0.01)
        for _ in range(2):
            with pytest.raises(httpx2.TimeoutException):
                httpx2.post(f"{address}api/predict", content=left, timeout=0.3, trust_env=False)
        time.sleep(1)  # until the server has seen that they left
        go_on.set()
        assert visit(address, last, 0)[0] == patient.result()[0] == {200: 1}
    assert judged == [first, last]

import base64
import json
import shutil
import subprocess
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from fakeface.data.images import decode_image
from fakeface.data.records import REGIONS
from fakeface.inference import explain
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer, overlay
from fakeface.inference.torch_network import TorchNetwork
from fakeface.models import Ensemble, FaceNetwork
from fakeface.serve.app import create_app
from fakeface.serve.faces import KnownFace
from fakeface.views.ela import error_level_analysis
from tests.networks import CALIBRATION, ELA, build_network
from tests.serve.conftest import encode


def picture(url: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    kind, data = url.split(",", 1)
    assert kind == "data:image/jpeg;base64"
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


def test_answer_is_the_detectors_verdict(client: TestClient, detector: Detector, photograph: bytes) -> None:
    response = client.post("/api/predict", content=photograph)
    (verdict,) = detector.predict([decode_image(photograph, Path("photograph"))])
    assert response.status_code == 200
    assert verdict.regions is not None
    assert response.json() == {
        "verdict": verdict.verdict,
        "probability": pytest.approx(verdict.probability, abs=1e-9),
        "regions": pytest.approx(verdict.regions, abs=1e-9),
        "kind": None,
        "reason": verdict.reason,
        "width": 96,
        "faces": None,
        "face_count": 1,
        "height": 96,
        "evidence": None,
    }


def test_evidence_shows_the_photograph_its_error_levels_and_a_heat_map_per_branch(
    client: TestClient, detector: Detector, photograph: bytes
) -> None:
    evidence = client.post("/api/predict?evidence=true", content=photograph).json()["evidence"]
    pixels = decode_image(photograph, Path("photograph"))
    for url, expected in [(evidence["original"], pixels), (evidence["ela"], error_level_analysis(pixels, ELA))]:
        shown = picture(url)
        assert shown.shape == pixels.shape
        # The picture is a JPEG itself.
        assert np.abs(shown.astype(float) - expected).mean() < 12
    assert [heat_map["view"] for heat_map in evidence["heat_maps"]] == ["original", "ela"]
    assert [heat_map["title"] for heat_map in evidence["heat_maps"]] == ["the photo", "the error levels"]
    explanation = Explainer(detector).explain(pixels)
    below = {"original": pixels, "ela": error_level_analysis(pixels, ELA)}
    for heat_map in evidence["heat_maps"]:
        shown = picture(heat_map["picture"])
        assert shown.shape == pixels.shape
        expected = overlay(below[heat_map["view"]], explanation.heat_maps[heat_map["view"]])
        assert np.abs(shown.astype(float) - expected).mean() < 12


def test_every_face_of_a_group_gets_its_verdict_and_its_heat_map(
    face_detector: Detector, faces: list[KnownFace], group: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "MOST_FACES", 2)
    with TestClient(create_app(face_detector, Explainer(face_detector), faces)) as client:
        answer = client.post("/api/predict?evidence=true", content=group).json()
        network = client.get("/api/network").json()
    pixels = decode_image(group, Path("group"))
    (verdict,) = face_detector.predict([pixels])
    assert verdict.faces is not None
    assert [face.verdict == "too small" for face in verdict.faces] == [False] * 6 + [True]
    for face, expected in zip(answer["faces"], verdict.faces, strict=True):
        assert (tuple(face["box"]), face["verdict"]) == (expected.box, expected.verdict)
        assert face["probability"] == pytest.approx(expected.probability, abs=1e-6)
    suspicion = sorted(range(6), key=lambda place: -(verdict.faces[place].probability or 0))  # type: ignore[index]
    heat_maps = answer["evidence"]["heat_maps"]
    assert [heat_map["face"] for heat_map in heat_maps] == suspicion[:2]
    # The view that the network sees, here of 32 pixels.
    assert [picture(heat_map["picture"]).shape for heat_map in heat_maps] == [(32, 32, 3)] * 2
    assert answer["probability"] == answer["faces"][suspicion[0]]["probability"]
    assert (network["judges_faces"], network["views"]) == (True, {"face": "the aligned face"})


def test_no_face_is_no_error(face_detector: Detector, faces: list[KnownFace]) -> None:
    with TestClient(create_app(face_detector, Explainer(face_detector), faces)) as client:
        answer = client.post("/api/predict?evidence=true", content=encode("PNG")).json()
    assert (answer["verdict"], answer["probability"], answer["faces"]) == ("no face", None, [])
    assert answer["evidence"]["heat_maps"] == []


def test_a_network_of_whole_photographs_says_that_there_is_no_face(client: TestClient) -> None:
    answer = client.post("/api/predict?evidence=true", content=encode("PNG")).json()
    assert (answer["faces"], answer["face_count"], answer["reason"]) == (None, 0, "no face")
    assert answer["verdict"] in {"real", "fake", "unsure"}
    assert len(answer["evidence"]["heat_maps"]) == 2
    page = client.post("/api/inspect", content=encode("PNG")).json()["page"]
    assert "this is said of the photograph as a whole, and of nobody" in page


def test_pictures_of_large_photographs_are_small(client: TestClient) -> None:
    answer = client.post("/api/predict?evidence=true", content=encode("JPEG", (1500, 800))).json()
    assert (answer["width"], answer["height"]) == (1500, 800)
    assert picture(answer["evidence"]["original"]).shape == (341, 640, 3)


def test_an_ensemble_of_classifiers_shows_where_its_members_looked(
    detector: Detector, faces: list[KnownFace], photograph: bytes
) -> None:
    members: list[FaceNetwork] = [build_network({"ela": "test_resnet"}, seed) for seed in (0, 1)]
    settings = replace(detector.settings, views=("ela",))
    ensemble = Detector(TorchNetwork(Ensemble(members), settings, Path("a.ckpt")), "a.ckpt")
    with TestClient(create_app(ensemble, Explainer(ensemble), faces)) as client:
        answer = client.post("/api/predict?evidence=true", content=photograph)
    assert answer.status_code == 200
    assert [heat_map["view"] for heat_map in answer.json()["evidence"]["heat_maps"]] == ["ela"]


def test_a_network_without_gradients_has_no_heat_maps(
    detector: Detector, faces: list[KnownFace], photograph: bytes
) -> None:
    with TestClient(create_app(detector, None, faces)) as client:
        answer = client.post("/api/predict?evidence=true", content=photograph).json()
    assert answer["evidence"]["heat_maps"] == []
    assert answer["verdict"] in {"real", "fake", "unsure"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_every_format_is_read_whatever_it_is_called(client: TestClient, kind: str) -> None:
    response = client.post("/api/predict", content=encode(kind), headers={"Content-Type": "text/html"})
    assert response.status_code == 200
    assert (response.json()["width"], response.json()["height"]) == (80, 70)


def test_network_says_what_the_page_must_know(client: TestClient) -> None:
    network = client.get("/api/network").json()
    assert network["views"] == {"original": "the photo", "ela": "the error levels"}
    assert (network["name"], network["judges_faces"]) == ("a.ckpt", False)
    assert network["ela"] == asdict(ELA)
    assert network["regions"] == list(REGIONS)
    assert network["calibrated"] is True
    assert network["error_rate"] == CALIBRATION.error_rate
    # Scores of 0.6, 0.55 and 0.65 have these probabilities at temperature 2: sqrt(odds) / (1 + sqrt(odds)).
    odds = [np.sqrt(score / (1 - score)) for score in (0.6, 0.55, 0.65)]
    expected = [root / (1 + root) for root in odds]
    assert [network["threshold"], network["unsure_low"], network["unsure_high"]] == pytest.approx(expected)


def test_examples_are_a_real_and_a_fake_of_each_difficulty(client: TestClient) -> None:
    examples = client.get("/api/examples").json()
    assert [example["label"] for example in examples] == ["real", "fake"] * 3
    assert [bool(example["regions"]) for example in examples] == [False, True] * 3
    for example in examples:
        response = client.get(f"/api/examples/{example['number']}.jpg")
        assert response.headers["content-type"] == "image/jpeg"
        assert decode_image(response.content, Path("example")).shape == (96, 96, 3)


def test_openapi_describes_upload_answer_and_problems(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()
    post = description["paths"]["/api/predict"]["post"]
    assert post["requestBody"]["content"] == {"image/*": {"schema": {"type": "string", "format": "binary"}}}
    assert set(post["responses"]) == {"200", "408", "413", "415", "422", "503"}
    schema = description["components"]["schemas"]["Prediction"]
    told = {"verdict", "probability", "faces", "face_count", "regions", "kind", "reason", "width", "height", "evidence"}
    assert set(schema["properties"]) == told
    for status in ("413", "422", "503"):
        reference = post["responses"][status]["content"]["application/json"]["schema"]["$ref"]
        assert reference == "#/components/schemas/Problem"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing: sudo apt-get install curl")
def test_the_command_of_the_documentation_works(address: str, tmp_path: Path, photograph: bytes) -> None:
    (tmp_path / "photo.jpg").write_bytes(photograph)
    command = ["curl", "--silent", "--noproxy", "*", "--data-binary", "@photo.jpg", f"{address}api/predict"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(run.stdout)["width"] == 96


def test_evidence_page_is_written_of_an_upload(client: TestClient, photograph: bytes) -> None:
    answer = client.post("/api/inspect?name=..%2F%3Cb%3Eanna.jpg", content=photograph)
    assert answer.status_code == 200
    page = answer.json()["page"]
    assert page.startswith("<!doctype html>")
    assert "<h1>&lt;b&gt;anna.jpg</h1>" in page
    assert "fakeface inspect" in page
    assert client.post("/api/inspect", content=b"no picture").status_code == 422
    assert client.post("/api/inspect?name=" + "a" * 300, content=photograph).status_code == 422

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from fakeface.data.images import decode_image
from fakeface.data.records import FAKE, REAL
from fakeface.errors import UserError
from fakeface.inference.detector import Detector
from fakeface.serve.faces import KnownFace, make_pairs, read_faces


def test_answers_tell_the_truth_and_what_the_network_says(
    client: TestClient, detector: Detector, faces: list[KnownFace]
) -> None:
    game = client.get("/api/game").json()
    # 16 drawn faces: 8 fakes.
    assert game == {"pairs": 8, "drawn": True}
    for number, pair in enumerate(make_pairs(faces)):
        answer = client.get(f"/api/game/{number}/answer").json()
        assert answer["real"] == ("left" if pair.left.label == REAL else "right")
        assert answer["difficulty"] == pair.fake.difficulty != ""
        assert answer["regions"] == list(pair.fake.regions) != []
        pixels = [decode_image(face.data, Path("face")) for face in pair]
        left, right = (verdict.probability for verdict in detector.predict(pixels))
        assert left is not None
        assert right is not None
        assert answer["left"]["probability"] == pytest.approx(left, abs=1e-6)
        assert answer["right"]["probability"] == pytest.approx(right, abs=1e-6)
        assert answer["network"] == ("left" if left < right else "right")


def test_pairs_hold_one_of_each_class_on_either_side_and_no_face_twice(faces: list[KnownFace]) -> None:
    pairs = make_pairs(faces)
    assert [sorted(face.label for face in pair) for pair in pairs] == [[REAL, FAKE]] * 8
    assert {pair.real for pair in pairs} == {"left", "right"}
    shown = [face.data for pair in pairs for face in pair]
    assert len(set(shown)) == len(shown)
    assert make_pairs(faces) == pairs
    assert make_pairs(faces, seed=1) != pairs


def test_faces_of_a_folder_are_read_with_the_truth(demo_root: Path) -> None:
    faces = read_faces(demo_root)
    # 48 demo images: 23 fakes.
    assert [sum(face.label == label for face in faces) for label in (REAL, FAKE)] == [25, 23]
    files = {path.read_bytes(): path.stem for path in demo_root.glob("training_*/*.jpg")}
    for face in faces:
        name = files[face.data]
        if face.label == FAKE:
            difficulty, _, bits = name.split("_")
            assert face.difficulty == difficulty
            expected = zip(("left_eye", "right_eye", "nose", "mouth"), bits, strict=True)
            assert face.regions == tuple(region for region, bit in expected if bit == "1")


def test_large_folders_are_sampled(demo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeface.serve.faces.MOST_PAIRS", 5)
    faces = read_faces(demo_root)
    assert [face.label for face in faces] == [REAL] * 5 + [FAKE] * 5
    assert faces == read_faces(demo_root) != read_faces(demo_root, seed=1)


def test_unreadable_photograph_of_the_operator_is_named(tmp_path: Path) -> None:
    for name in ("training_real/a.jpg", "training_fake/easy_1_1111.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(UserError, match=r"training_real/a\.jpg: not a readable image"):
        read_faces(tmp_path)


def test_folder_without_the_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="training_real"):
        read_faces(tmp_path)

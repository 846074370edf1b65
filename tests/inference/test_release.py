"""The detector that comes with the package."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import skimage.data
from PIL import Image

from fakeface import Detector
from fakeface.inference.network import RELEASE_FILE
from fakeface.inference.scoring import stack
from fakeface.inference.torch_network import TorchNetwork
from tests.networks import write_checkpoint


def test_nothing_that_judges_with_the_release_needs_torch_or_scipy(tmp_path: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "a.png")
    code = (
        "import sys; from fakeface.cli import main; from fakeface import Detector; import fakeface.serve.app;"
        "from fakeface.inference.explain import Explainer;"
        "assert main(['predict', 'a.png', '--explain', 'why']) == 0;"
        "explainer = Explainer(Detector.load('release'));"
        "assert explainer.explain('a.png').heat_maps['face'].max() > 0;"
        "assert not {'torch', 'scipy', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "why" / "a.png").exists()


def test_the_release_in_torch_says_what_it_says_in_onnx_runtime() -> None:
    detector = Detector.load("release")
    views = stack(detector.look_at_faces(skimage.data.astronaut()).seen)
    in_onnx, in_torch = detector.network, TorchNetwork.from_release()
    assert in_torch.settings == in_onnx.settings
    one, other = (np.array([(face.fake, *(face.regions or ())) for face in run(views)]) for run in (in_onnx, in_torch))
    assert one == pytest.approx(other, abs=1e-5)
    maps, others = in_onnx.edit_maps(views), in_torch.edit_maps(views)
    assert maps is not None
    assert maps.shape == (1, 16, 16)
    assert maps == pytest.approx(others, abs=1e-5)


def test_the_released_networks_compute_what_they_share_once() -> None:
    graph = onnx.load(RELEASE_FILE).graph
    stems = [node for node in graph.node if node.op_type == "Conv" and node.input[1].endswith("conv_stem.weight")]
    assert len(stems) == 1  # of four networks
    assert RELEASE_FILE.stat().st_size < 20e6


def test_the_release_says_when_there_is_no_face_and_judges_every_face_there_is() -> None:
    detector = Detector.load("release")
    portrait = skimage.data.astronaut()
    pair = np.hstack([portrait, portrait[:, ::-1]])
    small = np.full((200, 200, 3), 90, dtype=np.uint8)
    small[80:110, 80:110] = cv2.resize(portrait[40:200, 150:310], (30, 30), interpolation=cv2.INTER_AREA)
    one, two, none, tiny = detector.predict([portrait, pair, skimage.data.coffee(), small])
    for verdict, count in ((one, 1), (two, 2)):
        assert verdict.faces is not None
        assert len(verdict.faces) == verdict.face_count == count
        assert verdict.suspect is not None
        suspect = verdict.faces[verdict.suspect]
        assert verdict.probability == suspect.probability == max(face.probability or 0 for face in verdict.faces)
        assert (verdict.verdict, verdict.regions) == (suspect.verdict, suspect.regions)
    # The face of the astronaut lies about (225, 110), and in the other half at the mirrored place.
    centres = sorted(((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2) for face in two.faces or ())
    assert centres == [pytest.approx((225, 115), abs=12), pytest.approx((1024 - 225, 115), abs=12)]
    assert two.probability is not None
    assert one.probability is not None
    assert two.probability > one.probability - 0.05  # the most suspicious of this face and its mirror image
    for verdict, faces in ((none, []), (tiny, ["too small"])):
        assert (verdict.verdict, verdict.probability, verdict.suspect, verdict.error) == ("no face", None, None, None)
        assert [face.verdict for face in verdict.faces or ()] == faces
        assert all(face.probability is None for face in verdict.faces or ())


def test_boxes_end_at_the_edges_of_the_photograph() -> None:
    close = np.ascontiguousarray(skimage.data.astronaut()[60:150, 190:262])
    (verdict,) = Detector.load("release").predict([close])
    assert verdict.faces
    for left, top, right, bottom in (face.box for face in verdict.faces):
        assert 0 <= left < right <= close.shape[1]
        assert 0 <= top < bottom <= close.shape[0]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photograph_gets_the_verdict_of_the_upright_one(turns: int) -> None:
    detector = Detector.load("release")
    portrait = skimage.data.astronaut()
    upright, turned = detector.predict([portrait, np.ascontiguousarray(np.rot90(portrait, turns))])
    assert turned.probability == pytest.approx(upright.probability, abs=0.02)


def test_the_release_judges_no_face_that_is_too_blurred(tmp_path: Path) -> None:
    portrait = skimage.data.astronaut()
    blurred = cv2.GaussianBlur(portrait, (0, 0), 4)  # of which the aligned face shows more than twice as much
    detector = Detector.load("release")
    alone, beside, soft = detector.predict(
        [blurred, np.hstack([blurred, portrait[:, ::-1]]), cv2.GaussianBlur(portrait, (0, 0), 1)]
    )
    assert (alone.verdict, alone.probability, alone.face_count) == ("too blurred", None, 1)
    assert sorted(face.verdict == "too blurred" for face in beside.faces or ()) == [False, True]
    assert beside.probability is not None
    assert soft.probability is not None
    # A network of whole photographs judges that one too.
    write_checkpoint(tmp_path / "whole.ckpt")
    (whole,) = Detector.load(tmp_path / "whole.ckpt").predict([blurred])
    assert whole.probability is not None

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import pytest
import torch
from onnx import TensorProto, helper, load, numpy_helper, save
from scipy.special import expit, logit

from fakeface.cli import main
from fakeface.errors import UserError
from fakeface.inference import export
from fakeface.inference.detector import Detector
from fakeface.inference.explain import Explainer
from fakeface.inference.network import FaceScore, Settings
from fakeface.inference.scoring import Batch
from fakeface.inference.torch_network import TorchNetwork
from fakeface.inference.verdicts import Verdict
from fakeface.models import SpliceNet
from fakeface.views.view import ViewParameters
from tests.networks import CALIBRATION, ELA, SIZE, build_network, write_checkpoint

BRANCHES = {"original": "test_efficientnet", "ela": "test_resnet"}
ENDINGS = {"onnx": ".onnx", "torch_export": ".pt2", "openvino": ".xml"}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    write_checkpoint(path, BRANCHES, region_head=True)
    return path


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, demo_root: Path) -> Path:
    out = tmp_path_factory.mktemp("exported") / "new" / "a.onnx"
    command = ["export", "--ckpt_path", str(checkpoint), "--out", str(out), "--source", str(demo_root)]
    assert main(command) == 0
    assert list(out.parent.iterdir()) == [out]
    return out


def log_odds(verdicts: list[Verdict]) -> list[float]:
    return [float(logit(verdict.probability)) for verdict in verdicts if verdict.probability is not None]


def test_metadata_tell_all_that_the_use_of_the_file_needs(onnx_file: Path) -> None:
    session = onnxruntime.InferenceSession(onnx_file)
    stored = json.loads(session.get_modelmeta().custom_metadata_map["fakeface"])
    assert stored["classes"] == ["real", "fake"]
    assert stored["regions"] == ["left_eye", "right_eye", "nose", "mouth"]
    assert stored["data"] == {
        "views": ["original", "ela"],
        "size": SIZE,
        "ela": {"quality": ELA.quality, "alpha": ELA.alpha, "beta": ELA.beta},
    }
    assert stored["calibration"] == CALIBRATION.to_dict()
    assert stored["normalisation_inside"]["branches.ela.mean"] == pytest.approx([0.5, 0.5, 0.5], abs=0.05)
    assert [(entry.name, entry.type) for entry in session.get_inputs()] == [
        ("original", "tensor(uint8)"),
        ("ela", "tensor(uint8)"),
    ]
    assert [entry.name for entry in session.get_outputs()] == ["fake_logit", "region_logits"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_may_have_any_size(onnx_file: Path, size: int) -> None:
    net = build_network(BRANCHES, region_head=True)
    generator = np.random.default_rng(0)
    views = {view: generator.integers(0, 256, (size, 3, SIZE, SIZE), dtype=np.uint8) for view in BRANCHES}
    fake, regions = onnxruntime.InferenceSession(onnx_file).run(None, views)
    with torch.no_grad():
        output = net({view: torch.from_numpy(pixels) for view, pixels in views.items()})
    assert output.regions is not None
    assert np.asarray(fake) == pytest.approx((output.label[:, 1] - output.label[:, 0]).numpy(), abs=1e-4)
    assert np.asarray(regions) == pytest.approx(output.regions.numpy(), abs=1e-4)


def test_exported_network_gives_the_same_verdicts(onnx_file: Path, checkpoint: Path, demo_root: Path) -> None:
    photographs = sorted(demo_root.glob("training_*/*.jpg"))
    expected = Detector.load(checkpoint).predict(photographs)
    actual = Detector.load(onnx_file).predict(photographs)
    assert [verdict.verdict for verdict in actual] == [verdict.verdict for verdict in expected]
    assert log_odds(actual) == pytest.approx(log_odds(expected), abs=1e-4)
    assert [(verdict.regions or {})["nose"] for verdict in actual] == pytest.approx(
        [(verdict.regions or {})["nose"] for verdict in expected], abs=1e-4
    )


def test_torch_is_not_needed_to_judge_with_an_exported_network(onnx_file: Path, demo_root: Path) -> None:
    code = (
        "import sys; from fakeface.cli import main; code = main(sys.argv[1:]);"
        "assert 'onnxruntime' in sys.modules; assert 'torch' not in sys.modules; sys.exit(code)"
    )
    command = ["predict", "--ckpt_path", str(onnx_file), "--source", str(demo_root)]
    result = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    assert len(result.stdout.splitlines()) == 49


def test_an_exported_network_without_a_map_cannot_be_explained(onnx_file: Path) -> None:
    with pytest.raises(UserError, match=r"a\.onnx is an exported network without a map: pass its checkpoint"):
        Explainer(Detector.load(onnx_file))


@pytest.mark.parametrize("format_name", ["torch_export", "openvino"])
def test_other_formats(tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str], format_name: str) -> None:
    out = tmp_path / f"a{ENDINGS[format_name]}"
    assert main(["export", "--ckpt_path", str(checkpoint), "--format", format_name, "--out", str(out)]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith(f"{out}: differs by at most ")
    assert line.endswith(" in log odds on 16 photographs")
    difference = float(line.split()[5])
    assert 0 <= difference < 1e-3
    if format_name == "openvino":
        assert difference > 0  # its kernels are others than those of torch
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "a.xml"]
        stored = json.loads(openvino.Core().read_model(out).get_rt_info("fakeface").astype(str))
    else:
        files = {"fakeface": ""}
        torch.export.load(out, extra_files=files)
        stored = json.loads(files["fakeface"])
    assert stored["calibration"] == CALIBRATION.to_dict()


def test_network_of_the_release_in_openvino(tmp_path: Path, demo_root: Path) -> None:
    """OpenVINO 2026.4 computed the regions of several photographs wrongly where a product is summed and scaled."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = SpliceNet("test_efficientnet", pretrained=False)
    settings = Settings(("face",), ViewParameters(64), CALIBRATION)
    detector = Detector(TorchNetwork(net, settings, tmp_path / "a.ckpt"), "a.ckpt")
    photographs = sorted(demo_root.glob("training_fake/*.jpg"))[:5]
    assert export.export_network(detector, "openvino", tmp_path / "a.xml", photographs) < 1e-4


def test_network_that_differs_is_not_written(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load = export.FORMATS["torch_export"].load
    disturbed = {"torch_export": export._Format(".pt2", (), export._write_torch_export, lambda file: shift(load(file)))}
    monkeypatch.setattr(export, "FORMATS", disturbed)
    out = tmp_path / "a.pt2"
    command = ["export", "--ckpt_path", str(checkpoint), "--format", "torch_export", "--source", str(demo_root)]
    assert main([*command, "--out", str(out)]) == 2
    assert "differs by 0.002 in log odds" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def shift(runtime: export.Runtime) -> export.Runtime:
    """Return a runtime whose log odds of fake are 0.002 higher."""

    def run(views: Batch) -> list[FaceScore]:
        return [FaceScore(float(expit(logit(face.fake) + 0.002)), face.regions) for face in runtime(views)]

    return run


def test_network_in_8_bit_integers(
    tmp_path: Path, checkpoint: Path, demo_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.onnx"
    command = ["export", "--ckpt_path", str(checkpoint), "--out", str(out), "--int8", str(demo_root)]
    assert main([*command, "--format", "openvino"]) == 2
    assert "--int8 is for --format onnx" in capsys.readouterr().err
    assert main([*command, "--source", str(demo_root)]) == 0
    assert " in probability on average on 16 photographs" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [out]
    graph = load(out).graph
    assert [node.op_type for node in graph.node].count("QuantizeLinear") > 10
    weights = [numpy_helper.to_array(tensor) for tensor in graph.initializer if tensor.data_type == TensorProto.INT8]
    largest = max(np.abs(weight.astype(int)).max() for weight in weights)
    assert 60 < largest <= 64  # larger ones overflow on processors without VNNI
    expected, actual = (
        Detector.load(source).predict(sorted(demo_root.glob("training_*/*.jpg"))) for source in (checkpoint, out)
    )
    differences = [abs(a - b) for a, b in zip(log_odds(expected), log_odds(actual), strict=True)]
    assert 0 < max(differences) < 0.5
    assert Detector.load(out).settings == Detector.load(checkpoint).settings


def test_network_that_8_bits_spoil_is_not_written(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(export, "LARGEST_INT8_DIFFERENCE", 0.0)
    command = ["export", "--ckpt_path", str(checkpoint), "--out", str(tmp_path / "a.onnx")]
    assert main([*command, "--int8", str(demo_root)]) == 2
    assert "in probability on average from the original, more than 0.0: nothing was" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments(
    tmp_path: Path, onnx_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, sentence in [
        (["--out", str(tmp_path / "a.pt2")], r"does not end in .onnx"),
        (["--out", str(onnx_file)], "exists already"),
        (["--out", str(tmp_path / "b.onnx"), "--ckpt_path", str(onnx_file)], "is an exported network already"),
        (["--out", str(tmp_path / "b.onnx"), "--source", "missing"], "missing does not exist"),
    ]:
        assert main(["export", *arguments]) == 2
        assert sentence in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["export", "--format", "openvino", "--out", str(tmp_path / "b.xml")]) == 2
    assert "pip install 'fakeface[openvino]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_exported_network_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "damaged.onnx").write_bytes(b"no network")
    tensor = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [tensor], [tensor])
    graph.output[0].name = "y"
    foreign = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(foreign, tmp_path / "foreign.onnx")
    (tmp_path / "a.jpg").touch()
    for name, sentence in [
        ("damaged.onnx", "cannot be loaded as an ONNX network"),
        ("foreign.onnx", "has no metadata of fakeface"),
        ("missing.onnx", "missing.onnx does not exist"),
    ]:
        command = ["predict", "--ckpt_path", str(tmp_path / name), "--source", str(tmp_path / "a.jpg")]
        assert main(command) == 2
        assert sentence in capsys.readouterr().err

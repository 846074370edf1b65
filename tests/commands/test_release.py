from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, load
from scipy.special import expit, logit

from fakeface import Detector
from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.manifest import write_manifest
from fakeface.data.records import REAL, Record
from fakeface.evaluation.calibration import calibrate
from fakeface.evaluation.predictions import Predictions, write_predictions
from fakeface.inference.onnx_network import OnnxNetwork
from fakeface.inference.torch_network import TorchNetwork
from fakeface.models import KINDS, FaceNetwork, KindEnsemble, LinearProbe, SpliceNet
from fakeface.training.checkpoints import as_configuration
from tests.networks import CALIBRATION, ELA, SIZE, write_checkpoint


def test_a_release_says_what_its_checkpoint_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, file = tmp_path / "best.ckpt", tmp_path / "out" / "a.onnx"
    write_checkpoint(checkpoint, region_head=True)
    assert main(["release", "--ckpt_path", str(checkpoint), "--out", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file} (")
    assert list(file.parent.iterdir()) == [file]
    networks = TorchNetwork.from_checkpoint(checkpoint), OnnxNetwork(file), TorchNetwork.from_release(file)
    assert networks[0].settings == networks[1].settings == networks[2].settings
    assert networks[1].settings.calibration == CALIBRATION
    generator = np.random.default_rng(0)
    views = {view: generator.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8) for view in ("original", "ela")}
    one, other, third = (np.array([(face.fake, *(face.regions or ())) for face in run(views)]) for run in networks)
    assert one.shape == (3, 5)
    assert np.allclose(one, other, atol=0.01)  # eight bits keep two digits of the weights
    assert np.allclose(other, third, atol=1e-5)
    assert {TensorProto.DataType.Name(tensor.data_type) for tensor in load(file).graph.initializer} >= {
        "INT8",
        "FLOAT16",
    }


def test_a_release_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = tmp_path / "best.ckpt"
    write_checkpoint(checkpoint)
    (tmp_path / "a.onnx").write_bytes(b"an earlier one")
    assert main(["release", "--ckpt_path", str(checkpoint), "--out", str(tmp_path / "a.onnx")]) == 2
    assert "exists already: delete it, or choose another --out" in capsys.readouterr().err
    assert (tmp_path / "a.onnx").read_bytes() == b"an earlier one"


def test_weights_without_a_calibration_are_not_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path / "best.ckpt", calibration=None)
    assert main(["release", "--ckpt_path", str(tmp_path / "best.ckpt"), "--out", str(tmp_path / "a.onnx")]) == 2
    assert "carries no calibration" in capsys.readouterr().err
    assert not (tmp_path / "a.onnx").exists()


def write_scores(path: Path, scores: dict[str, float], fakes: str = "ab") -> None:
    records = [Record(Path(name), int(name in fakes)) for name in scores]
    write_predictions(path, Predictions.from_records(records, list(scores.values())))


def test_several_checkpoints_become_an_ensemble(tmp_path: Path) -> None:
    checkpoints = [tmp_path / "one.ckpt", tmp_path / "two.ckpt"]
    for seed, checkpoint in enumerate(checkpoints):
        write_checkpoint(checkpoint, {"original": "custom_cnn", "ela": "custom_cnn"}, seed=seed, region_head=True)
    tables = [tmp_path / "one.csv", tmp_path / "two.csv"]
    write_scores(tables[0], {"a": 0.9, "b": 0.6, "c": 0.7, "d": 0.2})
    write_scores(tables[1], {"d": 0.4, "a": 0.8, "c": 0.1, "e": 0.3})
    arguments = ["--ckpt_path", *map(str, checkpoints), "--calibrate_on", *map(str, tables)]
    assert main(["release", *arguments, "--out", str(tmp_path / "a.onnx")]) == 0

    released = OnnxNetwork(tmp_path / "a.onnx")
    generator = np.random.default_rng(0)
    views = {view: generator.integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8) for view in ("original", "ela")}
    members = [
        logit([score.fake for score in TorchNetwork.from_checkpoint(checkpoint)(views)]) for checkpoint in checkpoints
    ]
    assert np.allclose(logit([score.fake for score in released(views)]), np.mean(members, axis=0), atol=0.01)

    means = [logit([0.9, 0.8]).mean(), logit(0.6), logit([0.7, 0.1]).mean(), logit([0.2, 0.4]).mean(), logit(0.3)]
    records = [Record(Path(name), int(name in "ab")) for name in "abcde"]
    assert released.settings.calibration == calibrate(Predictions.from_records(records, expit(means)))


def test_an_ensemble_needs_a_calibration_and_members_of_one_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints = [tmp_path / "one.ckpt", tmp_path / "two.ckpt"]
    write_checkpoint(checkpoints[0])
    write_checkpoint(checkpoints[1], {"original": "test_resnet"})
    arguments = ["release", "--ckpt_path", *map(str, checkpoints), "--out", str(tmp_path / "a.onnx")]
    assert main(arguments) == 2
    assert "do not hold for their mean: name predictions with --calibrate_on" in capsys.readouterr().err
    write_scores(tmp_path / "scores.csv", {"a": 0.9, "c": 0.2})
    assert main([*arguments, "--calibrate_on", str(tmp_path / "scores.csv")]) == 2
    assert "two.ckpt reads its photographs in another way than" in capsys.readouterr().err
    write_scores(tmp_path / "other.csv", {"a": 0.9, "c": 0.2}, fakes="c")
    assert main([*arguments, "--calibrate_on", str(tmp_path / "scores.csv"), str(tmp_path / "other.csv")]) == 2
    assert "other.csv has another label for a than a table before it" in capsys.readouterr().err
    assert not (tmp_path / "a.onnx").exists()


def splice_net(seed: int, kinds: bool) -> SpliceNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SpliceNet("test_efficientnet", pretrained=False, width=16, drop_path=0.0, kinds=kinds).eval()


def linear_probe(seed: int) -> LinearProbe:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LinearProbe("test_efficientnet", pretrained=False).eval()


def write_face_network(path: Path, net: FaceNetwork, temperature: float | None) -> None:
    """Write a checkpoint of a network on the view face, as `fakeface fit` does; None is for one without calibration."""
    checkpoint = {
        "state_dict": {f"net.{name}": tensor for name, tensor in net.state_dict().items()},
        "hyper_parameters": {"net": as_configuration(net)},
        "datamodule_hyper_parameters": {"views": ["face"], "size": 64, "ela": asdict(ELA)},
    }
    if temperature is not None:
        checkpoint["calibration"] = replace(CALIBRATION, temperature=temperature).to_dict()
    torch.save(checkpoint, path)


def test_networks_that_tell_kinds_are_fused_and_calibrated_on_photographs(tmp_path: Path, demo_root: Path) -> None:
    nets, probe = list[FaceNetwork]([splice_net(0, kinds=False), splice_net(1, kinds=True)]), linear_probe(2)
    paths = [tmp_path / f"{name}.ckpt" for name in ("edits", "probe", "kinds")]
    for path, net, temperature in zip(paths, (nets[0], probe, nets[1]), (1.5, 3.5, 2.5), strict=True):
        write_face_network(path, net, temperature)
    records = [replace(one, source=f"s{n % 3}", split="val") for n, one in enumerate(scan_folder(demo_root)[15:36])]
    others = [replace(one, split="train") for one in scan_folder(demo_root)[:3]]
    write_manifest(tmp_path / "m.csv", [*others, *records])
    command = ["release", "--ckpt_path", *map(str, paths), "--out", str(tmp_path / "out.onnx")]
    assert main([*command, "--photographs", str(tmp_path / "m.csv")]) == 0

    detector = Detector.load(tmp_path / "out.onnx")
    calibration = detector.settings.calibration
    counts = Counter(record.source for record in records if record.label == REAL)
    assert {source: len(scores) for source, scores in calibration.reals.items()} == counts
    # The threshold lies at a half, where the fused log odds were moved to.
    assert calibration.threshold == pytest.approx(0.5, abs=0.01)
    faces = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    ensemble = KindEnsemble(nets, [1.5, 2.5, 3.5], probe=probe).eval()
    with torch.inference_mode():
        output = ensemble({"face": torch.from_numpy(faces).permute(0, 3, 1, 2)})
    found = detector.network({"face": faces})
    moved = logit([face.fake for face in found]) - output.fake_logit.numpy()
    assert moved == pytest.approx([moved.mean()] * 3, abs=0.02)
    assert output.kind_logits is not None
    assert [face.kind for face in found] == [KINDS[n] for n in output.kind_logits.argmax(dim=1).tolist()]
    released = TorchNetwork.from_release(tmp_path / "out.onnx")
    in_torch = released({"face": faces})
    assert [face.kind for face in in_torch] == [face.kind for face in found]

    # Noise lies farther from the drawn faces than any of them, so it is not judged.
    assert detector.settings.farthest == released.settings.farthest
    assert detector.settings.farthest is not None
    distances = np.array([face.distance for face in found], dtype=float)
    assert distances.min() > detector.settings.farthest
    assert distances.tolist() == pytest.approx([face.distance for face in in_torch], rel=1e-4)


@pytest.mark.parametrize(
    ("calibrated", "photographs", "message"),
    [(True, False, "name photographs that none was trained on"), (False, True, "carries no calibration")],
)
def test_networks_that_tell_kinds_need_photographs_and_temperatures(
    tmp_path: Path,
    demo_root: Path,
    capsys: pytest.CaptureFixture[str],
    calibrated: bool,
    photographs: bool,
    message: str,
) -> None:
    paths = [tmp_path / "one.ckpt", tmp_path / "other.ckpt"]
    for seed, path in enumerate(paths):
        write_face_network(path, splice_net(seed, kinds=True), temperature=1.5 if calibrated else None)
    flags = ["--photographs", str(demo_root / "manifest.csv")] if photographs else []
    assert main(["release", "--ckpt_path", *map(str, paths), "--out", str(tmp_path / "out.onnx"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("kinds", [False, True])
def test_one_probe_needs_networks_that_tell_kinds(
    tmp_path: Path, demo_root: Path, capsys: pytest.CaptureFixture[str], kinds: bool
) -> None:
    nets = [splice_net(0, kinds), linear_probe(1), *([linear_probe(2)] if kinds else [])]
    paths = [tmp_path / f"{number}.ckpt" for number in range(len(nets))]
    for path, net in zip(paths, nets, strict=True):
        write_face_network(path, net, temperature=1.5)
    command = ["release", "--ckpt_path", *map(str, paths), "--photographs", str(demo_root / "manifest.csv")]
    assert main([*command, "--out", str(tmp_path / "out.onnx")]) == 2
    assert f"{paths[-1]} holds a LinearProbe, a second opinion for networks that tell kinds" in capsys.readouterr().err
    assert not (tmp_path / "out.onnx").exists()

"""The networks of kinds from a manifest of several origins to a verdict, on drawn faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from fakeface import Detector
from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.images import read_image
from fakeface.data.manifest import read_manifest
from fakeface.data.records import REAL
from fakeface.inference.scoring import stack
from fakeface.inference.torch_network import TorchNetwork
from fakeface.training.curves import read_curves
from fakeface.views.view import look

pytestmark = pytest.mark.usefixtures("no_pictures")

FLAGS = {
    "trainer.accelerator": "cpu",
    "trainer.max_epochs": "20",
    "trainer.enable_progress_bar": "false",
    "trainer.enable_model_summary": "false",
    "data.size": "64",
    "data.cache": "cache",
    "data.batch_size": "16",
    "data.num_workers": "0",
    "data.split": "manifest",
    "model.net.init_args.backbone": "test_efficientnet",
    "model.net.init_args.pretrained": "false",
    "model.net.init_args.frozen": "[]",
    "model.net.init_args.drop_path": "0",
    "model.optimizer.init_args.lr": "0.01",
}


def write_origins(demo: Path, folder: Path) -> Path:
    """Write a manifest of drawn faces, drawn edits, and the same faces as a bad generator makes them: in green."""
    lines = ["path,label,source,kind"]
    for number, record in enumerate(scan_folder(demo)):
        origin = number % 3
        lines.append(
            f"{record.path},{'fake' if record.label else 'real'},{record.label} {origin},{'edited' * record.label}"
        )
        if record.label == REAL:
            green = read_image(record.path).copy()
            green[..., [0, 2]] //= 3
            cv2.imwrite(str(folder / f"{number}.png"), green[..., ::-1])
            lines.append(f"{number}.png,fake,generator {origin},generated")
    manifest = folder / "origins.csv"
    manifest.write_text("\n".join(lines), encoding="utf-8")
    return manifest


@pytest.mark.soak
def test_kinds_are_learned_from_a_manifest_of_several_origins(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_origins(demo_root, tmp_path)
    assert main(["data", "index", "origins.csv", "--split", "sources", "--out", "all.csv"]) == 0
    flags = [text for flag, value in FLAGS.items() for text in (f"--{flag}", value)]
    assert main(["fit", "--config", "best", "--data.manifest", "all.csv", *flags]) == 0
    run = Path("lightning_logs/best/version_0")
    losses = list(read_curves(run)["train/loss"].values())
    assert np.mean(losses[-4:]) < 0.9 * np.mean(losses[:4])
    network = TorchNetwork.from_checkpoint(run / "checkpoints/last.ckpt")
    unseen = [record for record in read_manifest(Path("all.csv")) if record.split != "train"]
    settings = network.settings
    faces = stack([look(read_image(record.path), settings.views, settings.parameters) for record in unseen])
    with torch.inference_mode():
        output = network.net({name: torch.from_numpy(pixels).permute(0, 3, 1, 2) for name, pixels in faces.items()})
    generated = [record.kind == "generated" for record in unseen]
    assert roc_auc_score(generated, output.generated_logit.numpy()) > 0.95

    flags = ["--ckpt_path", str(run / "checkpoints/last.ckpt"), "--out", "out.onnx"]
    assert main(["release", *flags, "--photographs", "all.csv"]) == 0
    detector = Detector.load("out.onnx")
    reals = {record.source for record in unseen if record.split == "val" and record.label == REAL}
    assert detector.settings.calibration.reals.keys() == reals
    verdicts = detector.predict([record.path for record in unseen])
    suspected = {record.kind for record, one in zip(unseen, verdicts, strict=True) if one.kind == "generated"}
    assert suspected == {"generated"}

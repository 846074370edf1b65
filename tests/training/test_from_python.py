"""What is trained without the command line: its checkpoints, its predictions, and the precision of its scores."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn
from torch.utils.data import DataLoader

from fakeface.cli import main
from fakeface.evaluation.predictions import read_predictions
from fakeface.inference.torch_network import TorchNetwork
from fakeface.models import Ensemble, FaceClassifier, FaceNetwork, FaceOutput, SpliceNet
from fakeface.training.checkpoints import as_configuration, load_checkpoint
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.module import FakeFaceModule
from fakeface.training.schedules import WarmupCosine


def make_trainer(**arguments: Any) -> Trainer:
    quiet = dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"], False)
    return Trainer(**{"accelerator": "cpu", **quiet, **arguments})


def test_the_command_line_and_the_detector_take_its_checkpoint(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = FaceClassifier({"original": "test_resnet"}, False, dropout=0.1)
    data = FaceDataModule(demo_root, views=net.views, size=32, augmentation="none", cache=False)
    module = FakeFaceModule(net, lambda parameters: torch.optim.SGD(parameters, lr=0.01), step_schedule=WarmupCosine())
    trainer = make_trainer(max_epochs=1, use_distributed_sampler=False, logger=CSVLogger(tmp_path))
    trainer.fit(module, data)
    logged = yaml.safe_load(Path(trainer.log_dir or "", "hparams.yaml").read_text())
    assert logged["net"] == as_configuration(net)  # and none of its weights
    assert logged["step_schedule"] == {"warmup": 0.08, "floor": 0.01}
    trainer.save_checkpoint("made.ckpt", weights_only=False)
    carried = load_checkpoint(Path("made.ckpt"))
    assert carried["hyper_parameters"]["step_schedule"] == {"warmup": 0.08, "floor": 0.01}
    assert "optimizer" not in carried["hyper_parameters"]
    assert carried["datamodule_hyper_parameters"]["root"] == str(demo_root)

    predicted = trainer.predict(module, data)
    assert predicted is not None
    found = {
        path: float(probability)
        for batch in predicted
        for path, probability in zip(batch["path"], batch["probability"], strict=True)  # type: ignore[call-overload]
    }
    assert main(["test", "--ckpt_path", "made.ckpt", "--trainer.enable_progress_bar=false"]) == 0
    (table,) = Path().glob("**/predictions.csv")
    tested = read_predictions(table)
    assert dict(zip(tested.path.tolist(), tested.score.tolist(), strict=True)) == pytest.approx(found, abs=1e-6)
    weights = TorchNetwork.from_checkpoint(Path("made.ckpt")).net.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in net.state_dict().items())


def test_a_network_tells_what_it_was_made_with() -> None:
    members: list[FaceNetwork] = [SpliceNet("test_resnet", pretrained=False, width=16, drop_path=0.0) for _ in range(2)]
    configuration = as_configuration(Ensemble(members))
    assert configuration["class_path"] == "fakeface.models.ensemble.Ensemble"
    (member, _) = configuration["init_args"]["members"]
    assert member == {
        "class_path": "fakeface.models.splice_net.SpliceNet",
        "init_args": {
            "backbone": "test_resnet", "pretrained": False, "width": 16, "dropout": 0.3, "drop_path": 0.0,
            "frozen": [], "backbone_lr_scale": 0.5, "kinds": False, "distance": False, "localises": True,
        },
    }  # fmt: skip


class Noted(FaceNetwork):
    """Notes the type of number that its layer computes in."""

    def __init__(self) -> None:
        super().__init__()
        self.views = ["original"]
        self.layer = nn.Linear(4, 1)
        self.types: list[torch.dtype] = []

    def forward(self, views: dict[str, Tensor]) -> FaceOutput:
        logit = self.layer(views["original"])
        self.types.append(logit.dtype)
        return FaceOutput(logit.float())


def test_training_may_be_in_bfloat16_and_scores_are_in_float32() -> None:
    net = Noted()
    module = FakeFaceModule(net, torch.optim.SGD)
    samples = [
        {"original": torch.randn(4), "label": float(index % 2), "index": index, "path": str(index)}
        for index in range(4)
    ]
    loader: DataLoader[Any] = DataLoader(samples, batch_size=4)  # type: ignore[arg-type]
    trainer = make_trainer(precision="bf16-mixed", max_epochs=1, num_sanity_val_steps=0)
    trainer.fit(module, loader, loader)
    trainer.validate(module, loader)
    trainer.test(module, loader)
    trainer.predict(module, loader)
    assert net.types == [torch.bfloat16, *[torch.float32] * 4]

from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from fakeface.cli import main
from fakeface.models import FaceClassifier

CONFIGS = Path(__file__).parents[1] / "configs"
OVERLAYS = {"base", "demo", "best_gpu", "crops"}
EXPERIMENTS = sorted(path.stem for path in CONFIGS.glob("*.yaml") if path.stem not in OVERLAYS)

ADAM = {"class_path": "torch.optim.Adam", "lr": 0.0001}
SGD = {"class_path": "torch.optim.SGD", "lr": 0.001, "momentum": 0.9}
BINARY_CROSS_ENTROPY, CROSS_ENTROPY = 1, 2  # outputs of the network
CUSTOM, MOBILENET, RESNET, VGG = "custom_cnn", "mobilenetv2_100", "resnet50.tv_in1k", "vgg16.tv_in1k"

# Section 3.8 of the report: backbone of the original, of ELA, outputs, optimiser, epochs.
REPORT: dict[str, tuple[str | None, str | None, int, dict[str, Any], int]] = {
    "custom_cnn_original": (CUSTOM, None, BINARY_CROSS_ENTROPY, ADAM, 30),
    "custom_cnn_ela": (None, CUSTOM, BINARY_CROSS_ENTROPY, ADAM, 30),
    "vgg16_original": (VGG, None, BINARY_CROSS_ENTROPY, ADAM, 15),
    "vgg16_ela": (None, VGG, BINARY_CROSS_ENTROPY, ADAM, 15),
    "resnet50_original": (RESNET, None, CROSS_ENTROPY, SGD, 15),
    "resnet50_ela": (None, RESNET, CROSS_ENTROPY, SGD, 15),
    "mobilenet_original": (MOBILENET, None, CROSS_ENTROPY, SGD, 15),
    "mobilenet_ela": (None, MOBILENET, CROSS_ENTROPY, SGD, 15),
    "fusion_type1": (MOBILENET, RESNET, CROSS_ENTROPY, SGD, 15),
    "fusion_type2": (CUSTOM, CUSTOM, CROSS_ENTROPY, ADAM, 30),
    "fusion_type3": (MOBILENET, CUSTOM, CROSS_ENTROPY, ADAM, 15),
}

# Without classifier. Model 1: test_custom_cnn.py. The others: the published counts with 1,000 classes
# (torchvision's 138,357,544, 25,557,032 and 3,504,872) less 1,000 times (features + 1).
FEATURES = {CUSTOM: 512, MOBILENET: 1280, RESNET: 2048, VGG: 4096}
PARAMETERS = {CUSTOM: 3_076_160, MOBILENET: 2_223_872, RESNET: 23_508_032, VGG: 134_260_544}


@cache
def resolve(*names: str) -> dict[str, Any]:
    """What `fakeface fit` makes of the configurations, base.yaml and all defaults included."""
    configs = [argument for name in names for argument in ("--config", str(CONFIGS / f"{name}.yaml"))]
    with redirect_stdout(StringIO()) as printed, pytest.raises(SystemExit) as exit_:
        main(["fit", *configs, "--print_config"])
    assert exit_.value.code == 0
    settings: dict[str, Any] = yaml.safe_load(printed.getvalue())
    return settings


def leaves(tree: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from leaves(branch, f"{place}.{name}")
    else:
        yield place, tree


def test_the_eleven_experiments_are_there() -> None:
    assert len(REPORT) == 11
    assert REPORT.keys() <= set(EXPERIMENTS)


@pytest.mark.parametrize("name", REPORT)
def test_an_experiment_is_what_the_report_says(name: str) -> None:
    original, ela, outputs, optimizer, epochs = REPORT[name]
    settings = resolve(name)
    net, found = settings["model"]["net"]["init_args"], settings["model"]["optimizer"]
    branches = {view: backbone for view, backbone in (("original", original), ("ela", ela)) if backbone}
    assert net["branches"] == branches
    assert net["outputs"] == outputs
    assert net["pretrained"] is True
    assert {"class_path": found["class_path"], **found["init_args"]}.items() >= optimizer.items()
    assert settings["model"]["lr_scheduler"] is None
    assert settings["trainer"]["max_epochs"] == epochs
    data = settings["data"]
    assert (data["batch_size"], data["size"], data["augmentation"], data["split"]) == (32, 128, "paper", "paper")
    assert settings["trainer"]["logger"]["init_args"]["name"] == name


def build(settings: dict[str, Any]) -> FaceClassifier:
    return FaceClassifier(**settings["model"]["net"]["init_args"] | {"pretrained": False})


@pytest.mark.parametrize("name", REPORT)
def test_a_network_of_the_report_has_its_true_size(name: str) -> None:
    with torch.device("meta"):
        net = build(resolve(name))
    backbones = [backbone for backbone in REPORT[name][:2] if backbone]
    features, outputs, dense = sum(FEATURES[backbone] for backbone in backbones), REPORT[name][2], 0
    # Model 1 has its own fully connected layer; the others and the fusions get one of 256.
    if name not in {"custom_cnn_original", "custom_cnn_ela"}:
        features, dense = 256, features * 256 + 256
    expected = sum(PARAMETERS[backbone] for backbone in backbones) + dense + features * outputs + outputs
    assert sum(parameter.numel() for parameter in net.parameters()) == expected


@pytest.mark.parametrize("name", [name for name in REPORT if not name.endswith("_ela")])  # which read another view
def test_a_network_of_the_report_learns_at_its_true_size(name: str) -> None:
    torch.manual_seed(0)
    net = build(resolve(name))
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # timm starts the last one of a residual block at zero, which lets no gradient into the block yet.
            torch.nn.init.ones_(module.weight)
    views = {view: torch.randint(0, 256, (2, 3, 128, 128), dtype=torch.uint8) for view in net.views}
    output = net(views).label
    assert output.shape == (2, REPORT[name][2])
    output.square().sum().backward()
    for parameter_name, parameter in net.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_fits(name: str, demo_root: Path, cache_folder: Path, tmp_path: Path) -> None:
    flags = {
        "data.root": demo_root,
        "data.cache": cache_folder,
        "data.size": 32,
        "data.batch_size": 4,
        "model.net.init_args.pretrained": "false",
        "trainer.logger.init_args.save_dir": tmp_path,
        "trainer.fast_dev_run": 1,
        "trainer.accelerator": "cpu",
    }
    arguments = [text for flag, value in flags.items() for text in (f"--{flag}", str(value))]
    assert main(["fit", "--config", str(CONFIGS / f"{name}.yaml"), *arguments]) == 0


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_experiment_repeats_the_base(name: str) -> None:
    base = dict(leaves(yaml.safe_load((CONFIGS / "base.yaml").read_text())))
    own = list(leaves(yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())))
    assert own
    assert [place for place, value in own if place in base and base[place] == value] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_demo_overlays_any_experiment(name: str) -> None:
    demo = yaml.safe_load((CONFIGS / "demo.yaml").read_text())
    own = resolve(name)
    both = resolve(name, "demo")
    assert both["model"]["net"] == own["model"]["net"] | {
        "init_args": own["model"]["net"]["init_args"] | {"pretrained": False}
    }
    assert both["model"]["optimizer"]["class_path"] == demo["model"]["optimizer"]["class_path"]
    assert both["model"]["optimizer"]["init_args"]["lr"] == demo["model"]["optimizer"]["init_args"]["lr"]
    assert both["data"] == own["data"] | demo["data"]
    assert both["trainer"]["max_epochs"] == demo["trainer"]["max_epochs"]
    assert both["trainer"]["logger"] == own["trainer"]["logger"]


def test_the_demo_asks_for_no_model_hub_and_no_published_data() -> None:
    demo = yaml.safe_load((CONFIGS / "demo.yaml").read_text())
    assert demo["model"]["net"]["init_args"]["pretrained"] is False
    assert demo["data"]["root"] == "data/demo"

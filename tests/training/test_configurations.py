from pathlib import Path

import pytest
import yaml

from fakeface.cli import main
from fakeface.errors import UserError
from fakeface.training.configurations import find_config, find_configs, named_files, shipped_configs

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_configuration_but_base_has_a_name() -> None:
    assert set(shipped_configs()) == {path.stem for path in CONFIGS.glob("*.yaml")} - {"base"}


def test_a_name_stands_for_the_file_anywhere_and_a_file_for_itself(elsewhere: Path) -> None:
    assert find_config("fusion_type1") == str(CONFIGS / "fusion_type1.yaml")
    Path("fusion_type1").write_text("model:\n")
    assert find_config("fusion_type1") == "fusion_type1"
    assert find_config("mine/own.yaml") == "mine/own.yaml"


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("fusion_typ1", "did you mean fusion_type1"),
        ("zebra", "there is no configuration zebra: name a file"),
        ("configs/vgg16_ela.yaml", "--config vgg16_ela takes the one that comes with fakeface"),
        ("demo.yaml", "--config demo takes"),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_one(elsewhere: Path, name: str, mend: str) -> None:
    with pytest.raises(UserError, match=mend):
        find_config(name)


def test_names_are_found_wherever_the_flag_stands(elsewhere: Path) -> None:
    demo, gpu = (str(CONFIGS / f"{name}.yaml") for name in ("demo", "best_gpu"))
    given = ["-c", "demo", "--data.size", "64", "--config=best_gpu", "demo"]
    assert find_configs(given) == ["-c", demo, "--data.size", "64", f"--config={gpu}", "demo"]


def test_what_a_configuration_includes_is_found_beside_it(elsewhere: Path) -> None:
    optimizer = CONFIGS / "optimizers" / "adam.yaml"
    assert named_files({"model": {"optimizer": "optimizers/adam.yaml", "net": [1, "x"]}}, CONFIGS) == {
        str(optimizer): optimizer
    }


def test_fit_takes_names_in_a_folder_without_configurations(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", "fusion_type2", "--config", "demo", "--print_config"])
    settings = yaml.safe_load(capsys.readouterr().out)
    assert settings["data"]["root"] == "data/demo"
    assert settings["model"]["net"]["init_args"]["branches"] == {"original": "custom_cnn", "ela": "custom_cnn"}


def test_the_list_says_what_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configs"]) == 0
    printed = capsys.readouterr().out
    for name in {*shipped_configs(), "base"}:
        assert f"\n{name} " in f"\n{printed}"
    assert "Fusion of Model 1 and Model 1 on ELA (3.8.5.2)" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_a_copy_trains_as_the_original_does(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configs", "fusion_type3", "--out", "mine"]) == 0
    copies = capsys.readouterr().out.split()
    assert copies == ["mine/fusion_type3.yaml", "mine/optimizers/adam.yaml"]
    printed = []
    for name in ("mine/fusion_type3.yaml", "fusion_type3"):
        with pytest.raises(SystemExit):
            main(["fit", "--config", name, "--print_config"])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert main(["configs", "fusion_type3", "--out", "mine"]) == 2
    assert "mine/fusion_type3.yaml exists already" in capsys.readouterr().err


def test_one_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configs", "base"]) == 0
    assert capsys.readouterr().out == (CONFIGS / "base.yaml").read_text(encoding="utf-8")
    assert main(["configs", "--out", "x"]) == 2
    assert "--out needs the name" in capsys.readouterr().err

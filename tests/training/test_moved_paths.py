import importlib
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.training.moved_paths import MOVED, rename_moved


def test_class_paths_are_renamed_wherever_they_stand() -> None:
    old = {
        "callbacks": [{"class_path": "fakeface.callbacks.RunFiles", "init_args": {"class_path": 3}}],
        "net": {"class_path": "fakeface.models.FaceClassifier"},
        "note": "fakeface.callbacks.RunFiles",
    }
    assert rename_moved(old) == {
        "callbacks": [{"class_path": "fakeface.training.callbacks.RunFiles", "init_args": {"class_path": 3}}],
        "net": {"class_path": "fakeface.models.FaceClassifier"},
        "note": "fakeface.callbacks.RunFiles",
    }


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_the_new_places_exist_and_the_old_ones_do_not(old: str, new: str) -> None:
    importlib.import_module(new.rstrip("."))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(old.rstrip("."))


def test_a_configuration_with_former_paths_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "old.yaml"
    config.write_text(
        "trainer:\n  callbacks+:\n    - class_path: fakeface.callbacks.WeightAverage\n"
        "model:\n  net:\n    init_args:\n      branches: {original: custom_cnn}\n"
    )
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "--config", str(config), "--print_config"])
    assert not stopped.value.code
    assert "fakeface.training.callbacks.WeightAverage" in capsys.readouterr().out

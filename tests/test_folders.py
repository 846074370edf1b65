from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.errors import UserError
from fakeface.folders import make_folder, make_new_folder


def test_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    make_new_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="cannot be made"):
            make_folder(folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_new_folder_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        make_new_folder(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ["data", "demo", "--out", "ADDRESS"],
        ["data", "index", "faces", "--split", "paper", "--out", "ADDRESS/split.csv"],
        ["data", "audit", "faces", "--out", "ADDRESS"],
        ["predict", "--source", "a.jpg", "--out", "ADDRESS/scores.csv"],
        ["predict", "--source", "a.jpg", "--explain", "ADDRESS"],
        ["predict", "--source", "ADDRESS/a.jpg"],
        ["ela", "a.jpg", "--out", "ADDRESS"],
        ["export", "--out", "ADDRESS/a.onnx"],
        ["report", "ADDRESS/run"],
        ["release", "--ckpt_path", "best", "--out", "ADDRESS"],
        ["sweep", "a.yaml", "--out", "ADDRESS"],
        ["weights", "efficientnet_lite0", "--out", "ADDRESS"],
        ["fit", "--config", "a.yaml", "--trainer.logger.init_args.save_dir", "ADDRESS"],
        ["fit", "--config", "a.yaml", "--trainer.default_root_dir", "ADDRESS"],
        ["fit", "--config", "a.yaml", "--data.root", "ADDRESS"],
        ["fit", "--config", "a.yaml", "--data.cache", "ADDRESS"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("address", ["s3://bucket/folder", "gs:/bucket"])
def test_address_of_a_storage_is_no_folder_of_this_machine(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("model: {net: {init_args: {branches: {ela: custom_cnn}, pretrained: false}}}\n")
    assert main([word.replace("ADDRESS", address) for word in command]) == 2
    assert "is an address, not a path of this machine" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_name_with_a_colon_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_folder(Path("12:30/a"))
    make_folder(Path("run:1"))
    assert Path("12:30/a").is_dir()

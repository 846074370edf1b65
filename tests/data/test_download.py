import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.download import URL, download_dataset, find_root
from fakeface.errors import UserError


@pytest.fixture
def archive(tmp_path: Path, demo_root: Path) -> Path:
    """A download like Kaggle's: the data set nested, and once more at the top."""
    folder = tmp_path / "cache" / "1"
    for name in ("training_real", "training_fake"):
        for copy in ("real_and_fake_face_detection/real_and_fake_face", "real_and_fake_face"):
            shutil.copytree(demo_root / name, folder / copy / name)
    return folder


@pytest.fixture
def kaggle(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands in for kagglehub and for Kaggle's answer; ``result`` is what the download gives or raises."""
    stand_in = SimpleNamespace(result=None, handles=[])

    def dataset_download(handle: str) -> str:
        stand_in.handles.append(handle)
        if isinstance(stand_in.result, Exception):
            raise stand_in.result
        return str(stand_in.result)

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download))
    monkeypatch.setattr(requests, "head", lambda url, timeout: None)
    return stand_in


def test_data_set_comes_to_the_folder_once(
    tmp_path: Path, archive: Path, kaggle: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    kaggle.result = archive
    out = tmp_path / "data"
    assert main(["data", "download", "--out", str(out)]) == 0
    assert kaggle.handles == ["ciplab/real-and-fake-face-detection"]
    assert len(scan_folder(out / "real_and_fake_face")) == 48
    assert [path.name for path in out.iterdir()] == ["real_and_fake_face"]
    printed = capsys.readouterr().out
    assert "25 real and 23 fake photographs (published: 1081 and 960)" in printed
    assert f"--data.root {out / 'real_and_fake_face'}" in printed
    assert "research use only" in printed


def test_existing_data_is_left_alone(
    tmp_path: Path, archive: Path, kaggle: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    kaggle.result = archive
    (tmp_path / "real_and_fake_face").mkdir()
    assert main(["data", "download", "--out", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert not kaggle.handles


def test_copy_nearest_to_the_top_is_taken(archive: Path, tmp_path: Path) -> None:
    assert find_root(archive, tmp_path) == archive / "real_and_fake_face"
    shutil.rmtree(archive / "real_and_fake_face" / "training_fake")
    assert find_root(archive, tmp_path) == archive / "real_and_fake_face_detection" / "real_and_fake_face"


def assert_says_what_to_do(capsys: pytest.CaptureFixture[str], out: Path) -> None:
    message = capsys.readouterr().err
    assert URL in message
    assert f"unzip archive.zip 'real_and_fake_face/*' -d {out}" in message
    assert f"fakeface fit --config fusion_type1 --data.root {out / 'real_and_fake_face'}" in message
    assert "Traceback" not in message
    assert not (out / "real_and_fake_face").exists()


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("403 Client Error.\nYou don't have permission to access this resource"),
        ValueError(),
        requests.ConnectionError("Max retries exceeded"),
        OSError(28, "No space left on device"),
    ],
)
def test_failing_download_says_what_to_do(
    tmp_path: Path, kaggle: SimpleNamespace, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    kaggle.result = failure
    assert main(["data", "download", "--out", str(tmp_path)]) == 2
    assert_says_what_to_do(capsys, tmp_path)


def test_download_of_something_else_says_what_to_do(
    tmp_path: Path, kaggle: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    kaggle.result = tmp_path / "cache"
    (tmp_path / "cache" / "training_real").mkdir(parents=True)
    assert main(["data", "download", "--out", str(tmp_path)]) == 2
    assert_says_what_to_do(capsys, tmp_path)


def test_unreachable_kaggle_says_what_to_do(
    tmp_path: Path, kaggle: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def head(url: str, timeout: float) -> None:
        assert timeout <= 10
        raise requests.ConnectTimeout("timed out")

    monkeypatch.setattr(requests, "head", head)
    assert main(["data", "download", "--out", str(tmp_path)]) == 2
    assert not kaggle.handles
    assert_says_what_to_do(capsys, tmp_path)


def test_missing_extra_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert main(["data", "download", "--out", str(tmp_path)]) == 2
    assert "pip install 'fakeface[download]'" in (message := capsys.readouterr()).err
    assert URL in message.err


def test_wrong_content_leaves_nothing_behind(tmp_path: Path, archive: Path, kaggle: SimpleNamespace) -> None:
    kaggle.result = archive
    (archive / "real_and_fake_face" / "training_fake" / "holiday.jpg").write_bytes(b"")
    out = tmp_path / "data"
    with pytest.raises(UserError, match="holiday"):
        download_dataset(out)
    assert list(out.iterdir()) == []

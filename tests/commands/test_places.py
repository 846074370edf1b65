"""Where a command runs: full disks, closed pipes, no home folder, no user, a console that shows ASCII alone."""

import io
import os
import pwd
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tqdm import tqdm

from fakeface.cli import main
from fakeface.inference.detector import Detector
from tests.networks import write_checkpoint


@pytest.fixture
def place(demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with some photographs, their manifest and a small network."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(demo_root, "faces")
    write_checkpoint(Path("a.ckpt"), {"original": "custom_cnn"})
    return tmp_path


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("command", "size"),
    [
        ("ela faces/training_real --out new", 4_000),
        ("data audit faces --out new", 2_000),
        ("data index faces --split paper --out new/split.csv", 500),
        ("predict faces --ckpt_path a.ckpt --out new/scores.csv", 3_000),
        ("export --ckpt_path a.ckpt --out new/a.onnx", 9_000),
    ],
)
def test_a_full_disk_is_a_sentence_and_the_same_command_works_when_there_is_room(
    place: Path, capsys: pytest.CaptureFixture[str], command: str, size: int
) -> None:
    if command.startswith("export"):
        command += " --source faces/training_real"
    with room_for(size):
        assert main(command.split()) == 2
    errors = capsys.readouterr().err
    assert errors.splitlines()[-1].startswith("fakeface: error: ")
    assert "room" in errors
    left = {name for name in files(place) if name.startswith("new/")}
    assert all(name.startswith("new/scores.csv.unfinished/") for name in left), "a half file"
    assert main(command.split()) == 0
    assert files(place / "new")


def test_a_report_on_a_full_disk_leaves_nothing_half(
    tested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["report", str(tested), "--out", str(tmp_path / "report")]
    with room_for(20_000):
        assert main(command) == 2
    assert "there is no room for" in capsys.readouterr().err
    assert not files(tmp_path)
    assert main(command) == 0


def test_output_on_a_full_disk_is_a_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["predict", "faces", "--ckpt_path", "a.ckpt"]) == 2
        monkeypatch.undo()
    assert "there is no room for what is written (no space left on device)" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["--help", "predict faces --ckpt_path a.ckpt", "ela faces --out new"])
def test_a_closed_pipe_ends_in_silence(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as pipe:  # noqa: PTH123 (a number)
        monkeypatch.setattr("sys.stdout", pipe)
        monkeypatch.chdir(place)
        assert main(command.split()) == 141
    assert "error" not in capsys.readouterr().err


def test_without_any_output_there_is_still_an_exit_code(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = {"delay": 0, "mininterval": 0}
    monkeypatch.setattr("fakeface.commands.predict.tqdm", lambda *of, **options: tqdm(*of, **options | at_once))
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    assert main(["predict", "faces", "--ckpt_path", "a.ckpt", "--out", "scores.csv"]) == 0
    assert main(["predict", "missing.jpg"]) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_a_console_that_is_not_utf8_shows_every_name(
    place: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    name = "写真 é\udcff.jpg"
    shutil.copy(next(Path("faces/training_real").iterdir()), name)
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace"))
    assert main(["predict", name, "--ckpt_path", "a.ckpt"]) == 0
    assert ".jpg" in written.getvalue().decode(encoding)
    assert main(["predict", f"{name}x", "--ckpt_path", "a.ckpt"]) == 2


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user as in containers: without a home folder and without a line in the passwd file."""

    def unknown(user: object) -> None:
        raise KeyError(f"no such user: {user}")

    for name in ("HOME", "USER", "LOGNAME", "USERNAME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(RuntimeError):
        Path.home()


@pytest.mark.usefixtures("nobody")
def test_nobody_can_predict_audit_and_report(place: Path, tested: Path) -> None:
    assert main(["predict", "faces", "--ckpt_path", "a.ckpt", "--out", "scores.csv"]) == 0
    assert main(["data", "audit", "faces", "--out", "audit"]) == 0
    assert main(["report", str(tested), "--out", "report"]) == 0
    assert Detector.load("a.ckpt").predict([next(Path("faces/training_real").iterdir())])[0].error is None


@pytest.mark.usefixtures("nobody")
def test_nobody_has_no_place_for_a_cache_until_one_is_named(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "1", "--data.cache"]
    assert main([*command, "true"]) == 2
    assert "there is no home folder to keep the cache of views in: set XDG_CACHE_HOME" in capsys.readouterr().err
    assert main([*command, "cache"]) == 0

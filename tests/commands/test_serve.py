import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from fakeface.cli import main
from fakeface.serve.faces import MOST_PAIRS
from tests.networks import write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "a.ckpt"
    write_checkpoint(path)
    return path


def test_one_command_serves_until_ctrl_c(checkpoint: Path, demo_root: Path) -> None:
    command = [sys.executable, "-m", "fakeface", "serve", "--ckpt_path", str(checkpoint), "--port", "0"]
    process = subprocess.Popen([*command, "--game", str(demo_root)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(line.split()[3] for line in process.stdout if line.startswith("fakeface is at "))
        assert address.startswith("http://127.0.0.1:")
        with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
            assert "Which face is real?" in client.get("/").text
            assert client.get("/api/game").json() == {"pairs": min(23, MOST_PAIRS), "drawn": False}
            photograph = next(demo_root.glob("training_real/*.jpg")).read_bytes()
            assert client.post("/api/predict", content=photograph).json()["verdict"] in {"real", "fake", "unsure"}
            assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_port_that_is_taken_is_named(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["serve", "--ckpt_path", str(checkpoint), "--port", str(port)]) == 2
    assert f"port {port} of 127.0.0.1 cannot be used (Address already in use)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (lambda checkpoint: ["--ckpt_path", "missing.ckpt"], "missing.ckpt does not exist"),
        (lambda checkpoint: ["--ckpt_path", checkpoint, "--game", "missing"], "the data folder missing does not exist"),
        (lambda checkpoint: ["--ckpt_path", checkpoint, "--host", "256.0.0.1"], "of 256.0.0.1 cannot be used"),
        (lambda checkpoint: ["--ckpt_path", checkpoint, "--port", "70000"], "port 70000 of 127.0.0.1 cannot be used"),
    ],
)
def test_wrong_input_is_told_before_anything_is_served(
    checkpoint: Path, arguments: Callable[[str], list[str]], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", *arguments(str(checkpoint))]) == 2
    assert sentence in capsys.readouterr().err


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 2
    assert "pip install 'fakeface[serve]'" in capsys.readouterr().err

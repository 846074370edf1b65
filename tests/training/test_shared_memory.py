import resource
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.data import loader

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_processes_without_room_in_shared_memory_are_a_sentence(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outlive = loader._outlive_signals

    def with_little_room(worker: int) -> None:
        outlive(worker)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # of files, which shared memory is made of

    monkeypatch.setattr(loader, "_outlive_signals", with_little_room)
    arguments = ["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "1", "--data.num_workers", "1"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "have no room to hand them on in /dev/shm: make it larger (docker run --shm-size 1g), or load" in error
    assert "Traceback" not in error

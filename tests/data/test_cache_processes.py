import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakeface.data.cache import build_cache, view_file
from fakeface.data.records import Record
from fakeface.views.view import ELA, ORIGINAL
from tests.data.view_caches import PARAMETERS, SLOT_BYTES, VIEWS, assert_complete, assert_right, write_images

BUILDER = """
    import sys
    from pathlib import Path
    from fakeface.data import cache, slot_file
    from fakeface.data.records import Record
    from fakeface.views.view import ViewParameters
    slot_file.COMMIT_SECONDS = 0
    records = [Record(path, 0) for path in sorted(Path(sys.argv[1]).iterdir())]
    print("building", flush=True)
    cache.build_cache(records, ("original", "ela"), ViewParameters(8), Path(sys.argv[2]))
    print("done", flush=True)
"""


def start_builder(images: Path, folder: Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(BUILDER), str(images), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.pixels")) if folder.exists() else 0


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def kill_builder_at(size: int, images: Path, folder: Path) -> None:
    with start_builder(images, folder) as builder:
        wait_until(lambda: size_of(folder) >= size or builder.poll() is not None)
        builder.send_signal(signal.SIGKILL)


def kill_builders(kills: int, images: Path, records: list[Record], folder: Path) -> None:
    """Kill builders at random moments; what they leave is right every time."""
    rng = np.random.default_rng(kills)
    total = len(records) * len(VIEWS) * SLOT_BYTES
    for _ in range(kills):
        before = size_of(folder)
        kill_builder_at(before + int(rng.integers(1, max(2, (total - before) // 3))), images, folder)
        assert_right(records, folder)


def test_killed_builds_leave_a_right_cache(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 150)
    kill_builders(3, images, records, folder)
    assert len(view_file(folder, ELA, PARAMETERS)) > 0
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)
    # What was committed before the kills was not computed again.
    assert len(view_file(folder, ELA, PARAMETERS)) == len(records)


@pytest.mark.soak
def test_many_killed_builds_leave_a_right_cache(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 1500)
    kill_builders(20, images, records, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)


def test_two_processes_may_build_at_once(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 150)
    with start_builder(images, folder) as first, start_builder(images, folder) as second:
        for builder in (first, second):
            out, err = builder.communicate(timeout=60)
            assert out == "building\ndone\n"
            assert "rror" not in err
            assert builder.returncode == 0
    assert_complete(records, folder)
    # One of them did the work, the other waited for it.
    assert len(view_file(folder, ELA, PARAMETERS)) == len(records)


def test_a_waiting_builder_says_so_and_goes_on_when_the_other_is_killed(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 80)
    with start_builder(images, folder) as first:
        wait_until(lambda: size_of(folder) > 0)
        first.send_signal(signal.SIGSTOP)
        with start_builder(images, folder) as second:
            assert second.stderr is not None
            assert second.stderr.readline().startswith(f"Waiting for the process that fills the view cache {folder}")
            first.send_signal(signal.SIGKILL)
            second.communicate(timeout=60)
            assert second.returncode == 0
    assert_complete(records, folder)


def test_a_real_limit_on_the_file_size_falls_back(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 30)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10 * SLOT_BYTES + 5, 10 * SLOT_BYTES + 5))

    with start_builder(images, folder, preexec_fn=limit) as builder:
        out, err = builder.communicate(timeout=60)
    assert out == "building\ndone\n"
    assert "cannot be written (File too large)" in err
    assert 8 <= len(view_file(folder, ORIGINAL, PARAMETERS)) <= 10
    assert_right(records, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)

"""A skipped test is told in the last lines, with what mends it, and fails a build."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import REPOSITORY

MODULE = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="no cake: bake one")
def test_needs_cake():
    pass
"""


def run(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_cake.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.skipping", "-p", "no:cacheprovider", "test_cake.py"]
    settings = ["-c", str(REPOSITORY / "pyproject.toml"), f"--rootdir={folder}"]
    return subprocess.run(
        [*command, *settings, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_is_told_and_passes(tmp_path: Path) -> None:
    tried = run(tmp_path, MODULE)
    assert tried.returncode == 0
    *_, told, verdict = tried.stdout.splitlines()
    assert told == "SKIPPED [1] test_cake.py:7: no cake: bake one"
    assert "1 passed, 1 skipped" in verdict


def test_a_skip_fails_a_build(tmp_path: Path) -> None:
    tried = run(tmp_path, MODULE, "--no-skips")
    assert tried.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 skipped, which --no-skips does not allow: see below" in tried.stdout
    assert "no cake: bake one" in tried.stdout


def test_a_build_without_skips_passes(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_passes():\n    pass\n", "--no-skips").returncode == 0


def test_the_build_allows_no_skips() -> None:
    assert "--no-skips" in (REPOSITORY / ".ci" / "run").read_text()

"""The build fails when too few lines are run, and says which were not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import REPOSITORY
from tests.line_coverage import FLOOR

MODULE = """
from fakeface.folders import announcement

def test_one_line_of_many(tmp_path):
    assert announcement(tmp_path / "new") == f"Writing {tmp_path / 'new'}"
"""


def test_a_run_below_the_floor_fails_and_names_the_lines(tmp_path: Path) -> None:
    (tmp_path / "test_little.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.line_coverage", "-p", "no:cacheprovider", "test_little.py"]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    tried = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert tried.returncode == pytest.ExitCode.TESTS_FAILED
    *_, told, verdict = tried.stdout.splitlines()
    assert told.endswith(f" % of the lines were run, {FLOOR:g} % is the least")
    assert "1 passed" in verdict
    rows = {words[0]: words[1:] for line in tried.stdout.splitlines() if len(words := line.split()) > 3}
    folders = next(cells for name, cells in rows.items() if name.endswith("fakeface/folders.py"))
    assert 0 < int(folders[2]) < 100  # its head was run, and one function of three
    server = [cells for name, cells in rows.items() if name.endswith("fakeface/serve/app.py")]
    assert server[0][2] == "0"

"""`make test` fails when too few lines are run, and says which were not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import REPOSITORY

PACKAGE = """
def half(number):
    if number % 2:
        raise ValueError("odd")
    return number // 2
"""
MODULE = """
import pytest
from fakeface.halves import half

def test_half():
    assert half(4) == 2
"""
ODD = """
def test_odd():
    with pytest.raises(ValueError, match="odd"):
        half(3)
"""


def make_test(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """Run the recipe of `make test` on a package of five lines."""
    (folder / "fakeface").mkdir()
    (folder / "fakeface" / "__init__.py").touch()
    (folder / "fakeface" / "halves.py").write_text(PACKAGE)
    (folder / "test_halves.py").write_text(module)
    make = shutil.which("make")
    assert make
    recipe = [make, "--file", str(REPOSITORY / "Makefile"), "--old-file", "install", "test"]
    installed = f"BIN={Path(sys.executable).parent}"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)}
    return subprocess.run(
        [*recipe, installed], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_run_below_the_floor_fails_and_names_the_lines(tmp_path: Path) -> None:
    tried = make_test(tmp_path, MODULE)
    assert tried.returncode == 2
    assert "1 passed" in tried.stdout
    *_, told = tried.stdout.splitlines()
    assert told == "too few lines were run: 95 % is the least"
    row = next(line.split() for line in tried.stdout.splitlines() if line.startswith("fakeface/halves.py"))
    assert row == ["fakeface/halves.py", "4", "1", "75", "4"]  # of four lines the fourth was not run


def test_a_run_of_all_lines_passes_and_says_so(tmp_path: Path) -> None:
    tried = make_test(tmp_path, MODULE + ODD)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "2 passed" in tried.stdout
    *_, told = tried.stdout.splitlines()
    assert told.split()[-1] == "100"


def test_a_failed_test_fails_the_run(tmp_path: Path) -> None:
    tried = make_test(tmp_path, MODULE.replace("== 2", "== 3"))
    assert tried.returncode == 2
    assert "1 failed" in tried.stdout
    assert "too few lines" not in tried.stdout


@pytest.mark.parametrize("arguments", [[], ["--numprocesses", "2"]])
def test_a_skip_fails_a_run_in_one_process_or_several(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "test_cake.py").write_text("import pytest\n\n@pytest.mark.skip\ndef test_cake():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.skipping", "-p", "no:cacheprovider", "--no-skips"]
    tried = subprocess.run(
        [*command, *arguments, "test_cake.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 skipped, which --no-skips does not allow" in tried.stdout

"""The command line as a process: how fast it answers, and what it says of itself."""

import re
import resource
import subprocess
import sys


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)


def test_help_answers_within_a_second_and_imports_nothing_slow() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = run_python("-m", "fakeface", "--help").stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, which other processes on the machine do not add to.
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 1
    for subcommand in ("fit", "validate", "test", "predict", "ela", "data demo", "data download"):
        assert re.search(rf"^  {subcommand} ", answer, re.MULTILINE), subcommand
    code = (
        "import sys; from fakeface.cli import main; main(['--help']);"
        "slow = {'torch', 'lightning', 'timm', 'albumentations', 'cv2', 'sklearn', 'matplotlib'} & set(sys.modules);"
        "sys.exit(str(slow) if slow else 0)"
    )
    run_python("-c", code)


def test_the_package_runs_as_a_module_and_says_its_version() -> None:
    assert re.fullmatch(r"fakeface \d+\.\d+\.\d+\n", run_python("-m", "fakeface", "--version").stdout)

"""A pytest plugin, `-p tests.line_coverage`: shows which lines of the package no test ran, and fails below a floor.

Lines that other processes run, such as a server or a training that is killed, do not count. SlipCover measures, because
coverage.py makes these tests half as slow again before Python 3.12.
"""

from pathlib import Path

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover, print_coverage

FLOOR = 95.0
"""Share in percent of the lines that must be run."""

PACKAGE = str(Path(__file__).parent.parent / "fakeface")

_measured = Slipcover(source=[PACKAGE])


def share() -> float:
    """Return the share of the lines that were run so far, in percent."""
    return float(_measured.get_coverage()["summary"]["percent_covered"])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin before a test imports the package."""
    ImportManager(_measured, FileMatcher(sources=[PACKAGE])).__enter__()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if share() < FLOOR and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("lines that no test ran")
    print_coverage(_measured.get_coverage(), outfile=terminalreporter, skip_covered=True)
    lines = f"{share():.1f} % of the lines were run, {FLOOR:g} % is the least"
    terminalreporter.write_line(lines, red=share() < FLOOR)

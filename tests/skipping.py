"""A pytest plugin: with `--no-skips`, as `.ci/run` has it, a run with a skipped test fails."""

import pytest

OPTION = "--no-skips"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help="fail when a test is skipped")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _hidden(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if count := _hidden(terminalreporter.config):
        terminalreporter.write_line(f"{count} skipped, which {OPTION} does not allow: see below", red=True)


def _hidden(config: pytest.Config) -> int:
    in_a_worker = hasattr(config, "workerinput")  # of a run in parallel, whose own process counts
    if in_a_worker or not config.getoption(OPTION):
        return 0
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    return len(reporter.stats.get("skipped", []))

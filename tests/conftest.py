"""What the tests have measured or could not try, said at their end. Tests hand it over by `record_property`:
`escapes` with how, the number of attempts and those not tried here; `rate` with a line;
`kills` with a number for each moment."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox import dockerd


def pytest_configure() -> None:
    """Heed Ctrl-C: a shell that starts the tests in the background has them ignore it, and every command they start
    would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say it, whichever process ran the tests."""
    passed = terminalreporter.stats.get("passed", [])
    lines = [
        line
        for report in passed
        if report.when == "call"
        for name, value in report.user_properties
        for line in described(report, name, value)
    ]
    lines += killed(passed)
    if lines:
        terminalreporter.section("measured")
        for line in sorted(lines):
            terminalreporter.write_line(line)


def killed(passed: list[pytest.TestReport]) -> list[str]:
    """Return how many kills there were, by moment."""
    kills: Counter[str] = Counter()
    for report in passed:
        for name, value in report.user_properties if report.when == "call" else ():
            kills.update(value if name == "kills" else {})
    table = [f"kills {moment}: {count}" for moment, count in kills.items()]
    return [*table, f"kills in all: {kills.total()}"] if kills else []


def described(report: pytest.TestReport, name: str, value: Any) -> list[str]:
    """Return the lines for one property of a test."""
    if name == "rate":
        return [str(value)]
    if name != "escapes":
        return []
    how, attempts, untried = value
    where = report.nodeid.partition("[")[2].rstrip("]")
    said = f"; not tried here, as its program is absent: {', '.join(untried)}" if untried else ""
    return [f"escapes, {where}, {how}: {attempts - len(untried)} of {attempts} tried, none got out{said}"]


@pytest.fixture(scope="session")
def docker_address() -> Iterator[str]:
    """The address of a daemon that was started for these tests and has an image."""
    if why := dockerd.obstacle():
        pytest.skip(f"no Docker: {why}")
    with dockerd.with_image() as address:
        yield address

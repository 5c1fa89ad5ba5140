"""Collects the tests by the repository's own runner and hands them over, one callable each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Test:
    """One test. `run` returns True, False, or None if it was skipped."""

    def __init__(self, name: str, run: Callable[[], bool | None]) -> None:
        self.name = name
        self.run = run


Use = Callable[[list[Test]], None]


def with_pytest(args: list[str], use: Use) -> None:
    """Collect by pytest and hand over the tests inside its session, so that fixtures work."""
    from importlib.util import find_spec

    import pytest

    def test(item: Any) -> Test:
        from _pytest.runner import runtestprotocol

        def run() -> bool | None:
            reports = runtestprotocol(item, log=False, nextitem=None)
            if any(report.failed for report in reports):
                return False
            return None if any(report.skipped for report in reports) else True

        return Test(item.nodeid, run)

    class Plugin:
        def pytest_runtestloop(self, session: Any) -> bool:
            use([test(item) for item in session.items])
            return True

    quiet = ["-p", "no:cacheprovider", "-p", "no:randomly"]
    single = [option for name, option in (("pytest_cov", "--no-cov"), ("xdist", "-n0")) if find_spec(name)]
    wrong_use = 4
    if pytest.main([*args, *quiet, *single], plugins=[Plugin()]) == wrong_use and single:
        pytest.main([*args, *quiet], plugins=[Plugin()])  # the plugins are there, but switched off


def with_unittest(args: list[str], use: Use) -> None:
    """Collect by unittest's own command line and hand over the tests."""
    import unittest

    def flat(suite: Any) -> Iterator[Any]:
        if isinstance(suite, unittest.TestCase):
            yield suite
            return
        for part in suite:
            yield from flat(part)

    def test(case: Any) -> Test:
        def run() -> bool | None:
            result = unittest.TestResult()
            unittest.TestSuite([case]).run(result)
            return None if result.skipped else result.wasSuccessful()

        return Test(case.id(), run)

    class Runner:
        def run(self, suite: Any) -> unittest.TestResult:
            use([test(case) for case in flat(suite)])
            return unittest.TestResult()

    unittest.main(module=None, argv=["unittest", *args], testRunner=Runner(), exit=False)


RUNNERS: dict[str, Callable[[list[str], Use], None]] = {"pytest": with_pytest, "unittest": with_unittest}

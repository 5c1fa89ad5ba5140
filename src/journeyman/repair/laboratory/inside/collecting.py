"""Collects the tests by the repository's own runner and hands them over, one callable each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from .quick import fixture_run, quick_run


class Test:
    """One test. `run` returns True, False, or None if it was skipped, and leaves what was raised in `failure`.

    `words` is what the test says of itself, its docstring; `module` is where it stands. `quick` does the same as
    `run`, with less ado where that is possible; `plain`: nothing is set up for it that an end before its time would
    spoil.
    """

    def __init__(self, name: str, run: Callable[[], bool | None], words: str = "", module: object = None) -> None:
        self.name = name
        self.run = run
        self.words = words
        self.module = module if isinstance(module, ModuleType) else None
        self.failure: BaseException | None = None
        self.quick = run
        self.plain = True

    def keep(self, failure: BaseException) -> None:
        """Take what was raised."""
        self.failure = failure


Use = Callable[[list[Test]], None]


def with_pytest(args: list[str], use: Use) -> None:
    """Collect by pytest and hand over the tests inside its session, so that fixtures work."""
    from importlib.util import find_spec

    import pytest

    raised: list[BaseException] = []

    def test(item: Any) -> Test:
        from _pytest.runner import runtestprotocol

        def run() -> bool | None:
            raised.clear()
            reports = runtestprotocol(item, log=False, nextitem=None)
            made.failure = raised[0] if raised else None
            if any(report.failed for report in reports):
                return False
            return None if any(report.skipped for report in reports) else True

        words = getattr(getattr(item, "obj", None), "__doc__", None) or ""
        made = Test(item.nodeid, run, str(words), getattr(item, "module", None))
        made.quick = quick_run(item, made.keep) or run
        if made.quick is run and (fixtures := fixture_run(item, made.keep)):
            made.quick, made.plain = fixtures, False
        return made

    class Plugin:
        def pytest_runtestloop(self, session: Any) -> bool:
            use([test(item) for item in session.items])
            return True

        def pytest_exception_interact(self, node: Any, call: Any, report: Any) -> None:
            raised.append(call.excinfo.value)

    quiet = ["-p", "no:cacheprovider", "-p", "no:randomly"]
    single = [option for name, option in (("pytest_cov", "--no-cov"), ("xdist", "-n0")) if find_spec(name)]
    wrong_use = 4
    if pytest.main([*args, *quiet, *single], plugins=[Plugin()]) == wrong_use and single:
        pytest.main([*args, *quiet], plugins=[Plugin()])  # the plugins are there, but switched off


def with_unittest(args: list[str], use: Use) -> None:
    """Collect by unittest's own command line and hand over the tests."""
    import unittest

    class Result(unittest.TestResult):
        def __init__(self) -> None:
            super().__init__()
            self.raised: list[BaseException] = []

        def addError(self, test: Any, err: Any) -> None:
            self.raised.append(err[1])
            super().addError(test, err)

        def addFailure(self, test: Any, err: Any) -> None:
            self.raised.append(err[1])
            super().addFailure(test, err)

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
            self.raised += [err[1]] if err else []
            super().addSubTest(test, subtest, err)

    def flat(suite: Any) -> Iterator[Any]:
        if isinstance(suite, unittest.TestCase):
            yield suite
            return
        for part in suite:
            yield from flat(part)

    def test(case: Any) -> Test:
        def run() -> bool | None:
            result = Result()
            unittest.TestSuite([case]).run(result)
            made.failure = result.raised[0] if result.raised else None
            return None if result.skipped else result.wasSuccessful()

        words = getattr(case, "_testMethodDoc", None) or ""
        made = Test(case.id(), run, str(words), sys.modules.get(type(case).__module__))
        return made

    class Runner:
        def run(self, suite: Any) -> unittest.TestResult:
            use([test(case) for case in flat(suite)])
            return unittest.TestResult()

    unittest.main(module=None, argv=["unittest", *args], testRunner=Runner(), exit=False)


def with_doctest(args: list[str], use: Use) -> None:
    """Collect the examples of the named modules and texts, as `python -m doctest` does; a test for each docstring."""
    import doctest

    flags = 0
    given = iter(args)
    files = []
    for word in given:
        if word in ("-o", "--option"):
            flags |= doctest.OPTIONFLAGS_BY_NAME[next(given)]
        elif not word.startswith("-"):
            files.append(word)

    class Runner(doctest.DocTestRunner):
        def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
            raised.append(AssertionError(f"{example.source.strip()} gave {got.strip()}"))

        def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
            raised.append(exc_info[1])

    raised: list[BaseException] = []

    def test(examples: Any, module: object) -> Test:
        def run() -> bool:
            raised.clear()
            examples.globs = dict(examples.globs)
            failed = Runner(verbose=False, optionflags=flags).run(examples, out=lambda _: None, clear_globs=False)
            made.failure = raised[0] if raised else None
            return not failed.failed

        made = Test(examples.name, run, examples.docstring or "", module)
        return made

    found = []
    for file in files:
        if file.endswith(".py"):
            folder, name = os.path.split(file)
            sys.path.insert(0, folder)
            module = __import__(name[:-3])
            del sys.path[0]
            found += [test(each, module) for each in doctest.DocTestFinder().find(module) if each.examples]
        else:
            with open(file, encoding="utf-8") as stream:
                each = doctest.DocTestParser().get_doctest(stream.read(), {"__name__": "__main__"}, file, file, 0)
            found.append(test(each, None))
    use(found)


RUNNERS: dict[str, Callable[[list[str], Use], None]] = {
    "pytest": with_pytest,
    "unittest": with_unittest,
    "doctest": with_doctest,
}

"""Tests called without their runner, where it would add nothing but time."""

from __future__ import annotations

import copy
import inspect
import unittest
from collections.abc import Callable
from typing import Any

_HARMLESS_MARKS = frozenset({"parametrize", "timeout"})
_IDLE = frozenset({"request", "event_loop_policy"})
"""Fixtures that do nothing by themselves, which pytest and its plugins give to tests that did not ask."""
_KNOWN = _IDLE | {"tmp_path", "tmp_path_factory", "monkeypatch", "doctest_namespace"}
"""Fixtures of pytest itself that need nothing but to be set up and torn down."""
_ONCE = ("setUpClass", "tearDownClass")
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type)


Failed = Callable[[BaseException], None]
"""Takes what a test raised."""


def quick_run(item: Any, failed: Failed) -> Callable[[], bool | None] | None:
    """Return what runs a pytest function by calling it, with the same meaning; None where fixtures, marks or an event
    loop are in play. Parameters are copied for each call, since the code under test may change them."""
    function = getattr(item, "obj", None)
    if type(item).__name__ == "TestCaseFunction":
        return _quick_case(item, failed)
    if type(item).__name__ != "Function" or function is None or inspect.iscoroutinefunction(function):
        return None
    if {mark.name for mark in item.iter_markers()} - _HARMLESS_MARKS or inspect.isgeneratorfunction(function):
        return None
    given = _parameters(item)
    if given is None:
        return None
    plain = all(isinstance(value, _PLAIN) for value in given.values())
    owner, name = getattr(item, "cls", None), getattr(item, "originalname", "")

    def run() -> bool | None:
        called = getattr(owner(), name) if owner is not None else function
        try:
            called(**(given if plain else copy.deepcopy(given)))
        except BaseException as failure:
            failed(failure)
            return None if type(failure).__name__ == "Skipped" else False
        return True

    return run


def fixture_run(item: Any, failed: Failed) -> Callable[[], bool | None] | None:
    """Return what runs a pytest function with its fixtures, without the reports of the runner; None where other
    fixtures than the repository's own are in play, or marks that the runner reads."""
    if type(item).__name__ != "Function" or {mark.name for mark in item.iter_markers()} - _HARMLESS_MARKS:
        return None
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    if not all(_is_own(known.get(name), str(item.config.rootpath)) for name in set(item.fixturenames) - _KNOWN):
        return None

    def run() -> bool | None:
        state = item.session._setupstate
        try:
            try:
                item.stash[_results_key()] = {}
                if not item._request:
                    item._initrequest()
                state.setup(item)
                item.runtest()
            finally:
                item._request = False
                state.teardown_exact(None)
        except BaseException as failure:
            failed(failure)
            return None if type(failure).__name__ == "Skipped" else False
        return True

    return run


def _results_key() -> Any:
    """Return where pytest's folders of tests look for what became of these."""
    from _pytest import tmpdir

    return getattr(tmpdir, "tmppath_result_key", "")


def _is_own(definitions: Any, root: str) -> bool:
    """Tell whether a fixture is defined in the repository, or holds a parameter."""
    if not definitions:
        return False
    function = definitions[-1].func
    name = getattr(function, "__name__", "")
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    installed = "site-packages" in file or "dist-packages" in file
    parameter = name == "get_direct_param_fixture_func" or name.startswith("_xunit_") or name.startswith("xunit_")
    return parameter or (file.startswith(root) and not installed)


class _Result(unittest.TestResult):
    """Hands on what a test of a class raised."""

    def __init__(self, failed: Failed) -> None:
        super().__init__()
        self._failed = failed

    def addError(self, test: Any, err: Any) -> None:
        self._failed(err[1])
        super().addError(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        self._failed(err[1])
        super().addFailure(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err:
            self._failed(err[1])
        super().addSubTest(test, subtest, err)


def _quick_case(item: Any, failed: Failed) -> Callable[[], bool | None] | None:
    """Return what runs a test of a unittest class by unittest alone; None where class or module are set up once."""
    owner, name = item.cls, getattr(item, "originalname", None) or item.name
    if {mark.name for mark in item.iter_markers()} - _HARMLESS_MARKS:
        return None
    fixtures = set(getattr(item, "fixturenames", ())) - _IDLE
    if any(not each.startswith(("_unittest_", "_xunit_")) for each in fixtures):
        return None
    once = any(hasattr(item.module, each) for each in ("setUpModule", "setup_module", "tearDownModule"))
    own = [getattr(owner, each).__func__ is getattr(unittest.TestCase, each).__func__ for each in _ONCE]
    if once or not all(own) or any(hasattr(owner, each) for each in ("setup_class", "setup_method")):
        return None

    def run() -> bool | None:
        result = _Result(failed)
        owner(name).run(result)
        return None if result.skipped else result.wasSuccessful()

    return run


def _parameters(item: Any) -> dict[str, Any] | None:
    """Return the values of a test's parameters; None if it needs any fixture."""
    names = set(getattr(item, "fixturenames", ())) - _IDLE
    spec = getattr(item, "callspec", None)
    if spec is None:
        return None if names else {}
    given = dict(getattr(spec, "funcargs", None) or {})
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    for name, value in spec.params.items():
        made = definitions.get(name)
        if made and getattr(made[-1].func, "__name__", "") == "get_direct_param_fixture_func":
            given[name] = value
    if names != set(given):
        return None
    try:
        copy.deepcopy(given)
    except Exception:
        return None
    return given

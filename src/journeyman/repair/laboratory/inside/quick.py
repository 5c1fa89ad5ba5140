"""Tests called without their runner, where it would add nothing but time."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

_HARMLESS_MARKS = frozenset({"parametrize", "timeout"})
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type)


def quick_run(item: Any) -> Callable[[], bool | None] | None:
    """Return what runs a pytest function by calling it, with the same meaning; None where fixtures, marks or an event
    loop are in play. Parameters are copied for each call, since the code under test may change them."""
    function = getattr(item, "obj", None)
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
            return None if type(failure).__name__ == "Skipped" else False
        return True

    return run


def _parameters(item: Any) -> dict[str, Any] | None:
    """Return the values of a test's parameters; None if it needs any fixture."""
    names = set(getattr(item, "fixturenames", ()))
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

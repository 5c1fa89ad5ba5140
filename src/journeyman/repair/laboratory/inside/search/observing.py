"""What functions meet while tests run: the types of their names, and the arguments of their calls."""

from __future__ import annotations

import copy
import inspect
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn

from ..collecting import Test
from .forking import in_child
from .scene import Unit

CPU_SECONDS = 0.15
"""What one test may use while it is looked at."""
MOST_CALLS = 60
CALLS_OF_TEST = 6
"""Calls kept of one test, so that those of others are kept as well."""
MOST_TYPES = 6


class Seen:
    """What was seen of one function: types by name, attributes by owner, and the arguments of calls by name, those of
    `*args` and `**kwargs` under the names with stars."""

    def __init__(self) -> None:
        self.types: dict[str, set[str]] = {}
        self.calls: list[dict[str, Any]] = []
        self.of_test = 0
        """Calls of the present test that were kept."""


_RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class OutOfTime(BaseException):
    """A test was looked at for long enough."""


class Observer:
    """Looks at calls and returns of some functions; `calls`: keeps the arguments too."""

    def __init__(self, units: Sequence[Unit], calls: bool) -> None:
        self._calls = calls
        self._wanted = {(os.path.realpath(u.path), u.first_line, u.name): u for u in units if u.function}
        self._known: dict[Any, Seen | None] = {}
        self.seen: dict[Unit, Seen] = {unit: Seen() for unit in units}

    def _of(self, frame: FrameType) -> Seen | None:
        code = frame.f_code
        if code not in self._known:
            key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
            unit = self._wanted.get(key)
            self._known[code] = self.seen[unit] if unit else None
        return self._known[code]

    def profile(self, frame: FrameType, event: str, arg: object) -> None:
        """Take note of a call or return: the interpreter calls this."""
        if event not in ("call", "return"):
            return
        seen = self._of(frame)
        if seen is None:
            return
        room = seen.of_test < CALLS_OF_TEST and len(seen.calls) < MOST_CALLS
        if self._calls and event == "call" and room:
            self._note_call(seen, frame)
        names = dict(frame.f_locals)
        for name, value in names.items():
            self._note(seen, name, value)
        this = names.get("self")
        for name, value in list(getattr(this, "__dict__", {}).items()):
            self._note(seen, f"self.{name}", value)

    def _note_call(self, seen: Seen, frame: FrameType) -> None:
        code, held = frame.f_code, frame.f_locals
        if code.co_flags & _RESUMED and frame.f_lineno != code.co_firstlineno:
            return
        last = code.co_argcount + code.co_kwonlyargcount
        names = {name: name for name in code.co_varnames[:last]}
        for flag, stars in ((inspect.CO_VARARGS, "*"), (inspect.CO_VARKEYWORDS, "**")):
            if code.co_flags & flag:
                names[stars + code.co_varnames[last]] = code.co_varnames[last]
                last += 1
        try:
            seen.calls.append(copy.deepcopy({name: held[local] for name, local in names.items()}))
            seen.of_test += 1
        except Exception:
            return

    def _note(self, seen: Seen, name: str, value: object) -> None:
        kinds = seen.types.setdefault(name, set())
        kind = type(value)
        if kind.__name__ not in kinds and len(kinds) < MOST_TYPES:
            kinds.add(kind.__name__)
            self._note_offers(seen, name, value, kind)

    def _note_offers(self, seen: Seen, name: str, value: object, kind: type) -> None:
        if kind.__name__ in ("function", "module", "NoneType"):
            return
        offers = [each for each in dir(kind) if not each.startswith("_")]
        seen.types.setdefault(f"{name}.()", set()).update(e for e in offers if callable(getattr(kind, e, None)))
        fields = [*getattr(value, "__dict__", ()), *(e for e in offers if not callable(getattr(kind, e, None)))]
        seen.types.setdefault(f"{name}.", set()).update(e for e in fields if not e.startswith("_"))


def types_seen(units: Sequence[Unit], tests: Sequence[Test], seconds: float) -> dict[Unit, dict[str, frozenset[str]]]:
    """Run tests in a child and return the types that the names of units held, as scenes want them."""

    def work() -> list[dict[str, frozenset[str]]]:
        seen = observed(units, tests, seconds, calls=False)
        return [{name: frozenset(kinds) for name, kinds in seen[unit].types.items()} for unit in units]

    return dict(zip(units, in_child(work, seconds + 1.0) or []))


def observed(units: Sequence[Unit], tests: Sequence[Test], seconds: float, calls: bool = True) -> Mapping[Unit, Seen]:
    """Run tests in this process, which is to be left afterwards, and return what was seen of the units."""
    observer = Observer(units, calls)
    deadline = time.monotonic() + seconds

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise OutOfTime

    signal.signal(signal.SIGPROF, stop)
    for test in tests:
        if time.monotonic() > deadline:
            break
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS, 0.05)
        sys.setprofile(observer.profile)
        try:
            test.quick()
        except BaseException:
            continue
        finally:
            sys.setprofile(None)
            signal.setitimer(signal.ITIMER_PROF, 0)
            for seen in observer.seen.values():
                seen.of_test = 0
    return observer.seen

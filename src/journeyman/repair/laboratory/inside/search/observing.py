"""What functions meet while tests run: the types of their names, and the arguments of their calls."""

from __future__ import annotations

import copy
import os
import pickle
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
MOST_CALLS = 24
MOST_TYPES = 6


class Seen:
    """What was seen of one function: types by name, attributes by owner, and arguments of calls."""

    def __init__(self) -> None:
        self.types: dict[str, set[str]] = {}
        self.calls: list[dict[str, Any]] = []

    def frozen(self) -> dict[str, frozenset[str]]:
        """Return the types as scenes want them."""
        return {name: frozenset(kinds) for name, kinds in self.types.items()}


class OutOfTime(BaseException):
    """A test was looked at for long enough."""


class Observer:
    """Looks at calls and returns of some functions."""

    def __init__(self, units: Sequence[Unit]) -> None:
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
        if event == "call" and len(seen.calls) < MOST_CALLS:
            self._note_call(seen, frame)
        names = dict(frame.f_locals)
        for name, value in names.items():
            self._note(seen, name, value)
        this = names.get("self")
        for name, value in list(getattr(this, "__dict__", {}).items()):
            self._note(seen, f"self.{name}", value)

    def _note_call(self, seen: Seen, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_flags & 0x0C:
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        try:
            seen.calls.append(copy.deepcopy({name: frame.f_locals[name] for name in names}))
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


def observe(units: Sequence[Unit], tests: Sequence[Test], seconds: float) -> Mapping[Unit, Seen]:
    """Run tests in a child and return what was seen of the units. Calls that cannot be handed over are left out."""
    found = in_child(lambda: _handed_over(_observed(units, tests, seconds)), seconds + 1.0) or []
    seen = {}
    for unit, (types, calls) in zip(units, found):
        seen[unit] = Seen()
        seen[unit].types = types
        for words in calls:
            try:
                seen[unit].calls.append(pickle.loads(words))
            except Exception:
                continue
    return seen


def _handed_over(seen: Mapping[Unit, Seen]) -> list[tuple[dict[str, set[str]], list[bytes]]]:
    told = []
    for each in seen.values():
        calls = []
        for call in each.calls:
            try:
                calls.append(pickle.dumps(call))
            except Exception:
                continue
        told.append((each.types, calls))
    return told


def _observed(units: Sequence[Unit], tests: Sequence[Test], seconds: float) -> Mapping[Unit, Seen]:
    observer = Observer(units)
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
    return observer.seen

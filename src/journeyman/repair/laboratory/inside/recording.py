"""Records which lines of the wanted files run: by sys.monitoring, by coverage's C tracer, or by sys.settrace.

Code that runs once, when a module or a class is made, is not recorded: no test is to blame for it more than another.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterable, Mapping
from types import CodeType, FrameType
from typing import Any, Protocol

OPTIMIZED = 0x1
"""The flag of function bodies; modules and classes have none."""

Key = tuple[str, int, str]
"""A function's code: the path of its file, its first line, its name."""


REPORTING = {
    "_pytest/_io/saferepr.py": "",
    "_pytest/_io/pprint.py": "",
    "_pytest/_code/code.py": "repr",
    "unittest/util.py": "safe_repr",
    "unittest/result.py": "_exc_info_to_string",
}
"""Files whose functions, those that begin so, put a failure into words: what they call ran for no other reason."""


def reports(code: CodeType) -> bool:
    """Tell whether a function puts a failure into words."""
    beginning = REPORTING.get("/".join(code.co_filename.rsplit("/", 3)[-3:]))
    if beginning is None:
        beginning = REPORTING.get("/".join(code.co_filename.rsplit("/", 2)[-2:]))
    return beginning is not None and code.co_name.startswith(beginning)


class Kept:
    """What is known of one code object: the path that its lines count for, "" for one that is not wanted."""

    __slots__ = ("code", "depth", "hit", "key", "line", "path", "total")

    def __init__(self, code: CodeType, path: str) -> None:
        self.code = code
        self.path = path
        self.key: Key = (path, code.co_firstlineno, code.co_name)
        self.hit: set[int] = set()
        self.total = len({line for _, _, line in code.co_lines() if line not in (None, code.co_firstlineno)})
        self.depth = 0
        self.line: Any = None


class Run:
    """What ran during one test: lines by path, and the depth of the first call of each function."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = {}
        self.depths: dict[Key, int] = {}


class Wanted:
    """Which code is recorded: that of the wanted files, or of them only the functions in `only`."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = {os.path.realpath(path): path for path in paths}
        self.only: set[Key] | None = None
        self._known: dict[str, str] = {}

    def path(self, filename: str) -> str:
        """Return the tree's path of a file of code; "" if it is not wanted."""
        if filename not in self._known:
            self._known[filename] = self.paths.get(os.path.realpath(filename), "")
        return self._known[filename]

    def of(self, code: CodeType, main: bool) -> str:
        """Return the path that a code's lines count for; `main`: it is the top of a program that a test runs."""
        path = self.path(code.co_filename)
        if not path or not (code.co_flags & OPTIMIZED or main):
            return ""
        return path if self.only is None or (path, code.co_firstlineno, code.co_name) in self.only else ""


class Recorder(Protocol):
    """Records between `start` and `stop`."""

    def start(self) -> None: ...

    def stop(self) -> Run: ...


class Calls:
    """The code objects met so far, and those that the present test called."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.known: dict[int, Kept] = {}
        self.called: list[Kept] = []

    def kept(self, code: CodeType, frame: FrameType) -> Kept:
        """Return what is known of a code object. Held by it, so that its id stays its own."""
        found = self.known.get(id(code))
        if found is None:
            main = frame.f_globals.get("__name__") == "__main__"
            found = self.known[id(code)] = Kept(code, self.wanted.of(code, main))
        return found

    def enter(self, kept: Kept, frame: FrameType) -> bool:
        """Note the first call of a function in the present test; return False for one made to report a failure."""
        caller, depth = frame.f_back, 1
        while caller is not None:
            if reports(caller.f_code):
                return False
            depth += bool(self.wanted.path(caller.f_code.co_filename))
            caller = caller.f_back
        self.called.append(kept)
        kept.depth = depth
        return True

    def end(self) -> Run:
        """Return what ran, and begin anew."""
        run = Run()
        for kept in self.called:
            run.lines.setdefault(kept.path, set()).update(kept.hit)
            run.depths[kept.key] = min(kept.depth, run.depths.get(kept.key, kept.depth))
            kept.hit.clear()
            kept.depth = 0
        self.called.clear()
        return run


class Tracing:
    """By sys.settrace, on any version. A function whose lines have all run is traced no further."""

    def __init__(self, wanted: Wanted) -> None:
        self._calls = Calls(wanted)

    def start(self) -> None:
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> Run:
        sys.settrace(None)
        threading.settrace(None)
        return self._calls.end()

    def _call(self, frame: FrameType, event: str, arg: object) -> Any:
        kept = self._calls.known.get(id(frame.f_code)) or self._calls.kept(frame.f_code, frame)
        if not kept.path:
            return None
        if not kept.depth and not self._calls.enter(kept, frame):
            return None
        if kept.line is None:
            kept.line = _line_of(kept)
        return kept.line


def _line_of(kept: Kept) -> Any:
    hit, total = kept.hit, kept.total

    def line(frame: FrameType, event: str, arg: object) -> Any:
        if event == "line" and frame.f_lineno not in hit:
            hit.add(frame.f_lineno)
            if len(hit) >= total:
                frame.f_trace_lines = False
        return line

    return line


class Monitoring:
    """By sys.monitoring, from Python 3.12 on: each line is told once for a test, in all threads."""

    def __init__(self, wanted: Wanted) -> None:
        self._calls = Calls(wanted)
        self._events: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        self._tool = next(number for number in (4, 3, 5) if self._events.get_tool(number) is None)
        self._events.use_tool_id(self._tool, "journeyman")

    def start(self) -> None:
        kinds = self._events.events
        self._events.register_callback(self._tool, kinds.PY_START, self._call)
        self._events.register_callback(self._tool, kinds.LINE, self._line)
        self._events.restart_events()
        self._events.set_events(self._tool, kinds.PY_START)

    def stop(self) -> Run:
        self._events.set_events(self._tool, 0)
        for kept in self._calls.called:
            self._events.set_local_events(self._tool, kept.code, 0)
        return self._calls.end()

    def _call(self, code: CodeType, offset: int) -> Any:
        frame = sys._getframe(1)
        kept = self._calls.known.get(id(code)) or self._calls.kept(code, frame)
        if kept.path and not kept.depth:
            if not self._calls.enter(kept, frame):
                return None
            self._events.set_local_events(self._tool, code, self._events.events.LINE)
        return self._events.DISABLE

    def _line(self, code: CodeType, line: int) -> Any:
        self._calls.known[id(code)].hit.add(line)
        return self._events.DISABLE


class CompiledTracing:
    """By the repository's coverage with its C tracer: it knows no depths, and lines of whole files."""

    def __init__(self, wanted: Wanted) -> None:
        import coverage

        self._paths = wanted.paths
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._coverage = coverage.Coverage(data_file=None, config_file=False, include=list(wanted.paths))
        self._number = 0

    def start(self) -> None:
        self._number += 1
        self._coverage.start()
        self._coverage.switch_context(str(self._number))

    def stop(self) -> Run:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._coverage.stop()
            data = self._coverage.get_data()
        run = Run()
        data.set_query_context(str(self._number))
        for filename in data.measured_files():
            path = self._paths.get(os.path.realpath(filename))
            lines = data.lines(filename) if path else None
            if path and lines:
                run.lines[path] = set(lines)
        return run


def has_compiled_tracer() -> bool:
    """Tell whether the repository has coverage's C tracer."""
    try:
        from coverage.tracer import CTracer
    except ImportError:
        return False
    return CTracer is not None


def rich(wanted: Wanted) -> Recorder:
    """Return the recorder that knows depths."""
    return Monitoring(wanted) if hasattr(sys, "monitoring") else Tracing(wanted)


def fast(wanted: Wanted) -> Recorder:
    """Return the cheapest recorder there is."""
    return CompiledTracing(wanted) if not hasattr(sys, "monitoring") and has_compiled_tracer() else rich(wanted)


def as_json(lines: Mapping[str, Iterable[int]]) -> dict[str, list[int]]:
    """Return lines by path in one order."""
    return {path: sorted(found) for path, found in sorted(lines.items())}

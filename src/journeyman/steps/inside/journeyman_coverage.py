"""A plugin of pytest that writes down what each test runs and reads. Runs in the sandbox, on Python 3.9 and later.

Lines are those of files below the root. What runs while a fixture of a wider scope is set up counts for each test
that uses the fixture; what runs while modules are imported for collection is told apart. A test that starts a program
which may run code of the tree is opaque: what happens there is not seen.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

ASKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "asked.json")
"""Says which folder the tree is, and which one is written to."""

TOOL = 4
NOT_OURS = ("/site-packages/", "/dist-packages/", "/.venv/", "/venv/", "/.tox/", "/.nox/", "/node_modules/")
LEFT_OUT = (".pyc", ".pyo", ".so")
CACHES = ("/__pycache__", "/.pytest_cache", "/.git/", "/.hypothesis", "/.mypy_cache")
_PLAIN = "git hg svn uname ldd file cc gcc true false tar gzip which ls cat diff stty tput locale id ps kill"
HARMLESS = frozenset(_PLAIN.split())
STARTS = frozenset(
    [
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
    ]
)
Lines = dict[str, set[int]]

_active = False


class Recorder:
    """What is noted of the lines that run, between two `swap`s."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/") + "/"
        self.lines: Lines = {}
        self._paths: dict[str, str] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)

    def path(self, filename: str) -> str:
        """Return the path below the root of a file of code; empty if it is not wanted."""
        found = self._paths.get(filename)
        if found is None:
            whole = os.path.realpath(filename)
            wanted = whole.startswith(self.root) and not any(part in whole for part in NOT_OURS)
            found = self._paths[filename] = whole[len(self.root) :] if wanted else ""
        return found

    def start(self) -> None:
        """Begin to note lines."""
        if self._monitoring is not None:
            try:
                self._monitoring.use_tool_id(TOOL, "journeyman")
            except ValueError:
                self._monitoring = None
        if self._monitoring is None:
            threading.settrace(self._call)
            sys.settrace(self._call)
            return
        event = self._monitoring.events.LINE
        self._monitoring.register_callback(TOOL, event, self._line)
        self._monitoring.set_events(TOOL, event)

    def stop(self) -> None:
        """Note nothing more."""
        if self._monitoring is None:
            threading.settrace(None)
            sys.settrace(None)
            return
        self._monitoring.set_events(TOOL, 0)
        self._monitoring.free_tool_id(TOOL)

    def swap(self, lines: Lines) -> Lines:
        """Note into other lines from now on, and return those so far."""
        before, self.lines = self.lines, lines
        if self._monitoring is not None:
            self._monitoring.restart_events()
        elif sys.gettrace() is None:
            sys.settrace(self._call)  # a test may have taken it away
        return before

    def _line(self, code: Any, line: int) -> Any:
        path = self.path(code.co_filename)
        if path:
            self.lines.setdefault(path, set()).add(line)
        return self._monitoring.DISABLE

    def _call(self, frame: Any, event: str, argument: Any) -> Any:
        path = self.path(frame.f_code.co_filename)
        if not path:
            return None

        def local(frame: Any, event: str, argument: Any) -> Any:
            if event == "line":
                self.lines.setdefault(path, set()).add(frame.f_lineno)
            return local

        self.lines.setdefault(path, set()).add(frame.f_lineno)
        return local


class Plugin:
    """Notes tests as they run, and writes all of it down at the end."""

    def __init__(self, recorder: Recorder, folder: str) -> None:
        self._recorder = recorder
        self._folder = folder
        self._fixtures: dict[int, Lines] = {}
        self._kept: list[Any] = []
        self._tests: dict[str, dict[str, Any]] = {}
        self._lines: dict[str, Lines] = {}
        self._imported: Lines = {}
        self._collected: list[str] = []
        self._now: dict[str, Any] | None = None
        self._inside = False
        sys.addaudithook(self._audit)
        recorder.start()

    def _name(self, item: Any) -> str:
        place = os.path.realpath(str(getattr(item, "path", None) or item.fspath))
        rest = item.nodeid.partition("::")[2]
        path = os.path.relpath(place, self._recorder.root)
        return f"{path}::{rest}" if rest else path

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        _join(self._imported, self._recorder.swap({}))
        told: dict[str, Any] = {"seconds": 0.0, "passed": True, "opaque": False, "reads": set()}
        self._now = told
        began = time.perf_counter()
        yield
        told["seconds"] = time.perf_counter() - began
        self._now = None
        lines = self._recorder.swap({})
        for fixture in self._used(item):
            _join(lines, self._fixtures.get(id(fixture), {}))
        self._tests[self._name(item)], self._lines[self._name(item)] = told, lines

    def pytest_collection_finish(self, session: Any) -> None:
        """Note which tests there are."""
        self._collected = [self._name(item) for item in session.items]

    def _used(self, item: Any) -> list[Any]:
        found = getattr(item, "_fixtureinfo", None)
        return [each for all_of in found.name2fixturedefs.values() for each in all_of] if found else []

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any) -> Iterator[None]:
        outcome: Any = yield
        if self._now is not None and outcome.get_result().failed:
            self._now["passed"] = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            yield
            return
        before = self._recorder.swap({})
        yield
        lines = self._recorder.swap(before)
        self._kept.append(fixturedef)  # so that its id stays its own
        _join(self._fixtures.setdefault(id(fixturedef), {}), lines)
        _join(before, lines)

    def pytest_unconfigure(self) -> None:
        """Write down what there is."""
        global _active
        _active = False
        _join(self._imported, self._recorder.swap({}))
        self._recorder.stop()
        numbers: dict[tuple[str, str], int] = {}

        def numbered(lines: Lines) -> list[int]:
            sets = [(path, f"{sum(1 << line for line in found):x}") for path, found in sorted(lines.items())]
            return [numbers.setdefault(each, len(numbers)) for each in sets]

        tests = [
            {**told, "name": name, "reads": sorted(told["reads"]), "sets": numbered(self._lines[name])}
            for name, told in self._tests.items()
        ]
        written = {
            "tests": tests,
            "imported": numbered(self._imported),
            "sets": list(numbers),
            "collected": self._collected,
        }
        with open(os.path.join(self._folder, f"{os.getpid()}.json"), "w") as file:
            json.dump(written, file)

    def _audit(self, event: str, arguments: Any) -> None:
        if self._now is None or self._inside:
            return
        self._inside = True
        try:
            if event in STARTS:
                self._now["opaque"] |= not _harmless(event, arguments)
            elif event == "open":
                self._opened(arguments[0], arguments[1], sys._getframe(1))
            elif event in ("os.listdir", "os.scandir"):
                self._read(arguments[0], "/", sys._getframe(1))
        except Exception:  # the test must not notice
            self._now["opaque"] = True
        finally:
            self._inside = False

    def _opened(self, path: Any, mode: Any, frame: Any) -> None:
        if not isinstance(mode, str) or not set("wax+") & set(mode):
            self._read(path, "", frame)

    def _read(self, path: Any, ending: str, frame: Any) -> None:
        if isinstance(path, int) or _importing(frame):
            return
        whole = os.path.realpath(os.fsdecode(path or "."))
        below = (whole + "/").startswith(self._recorder.root) and not any(part in whole for part in NOT_OURS + CACHES)
        if below and self._now is not None and not whole.endswith(LEFT_OUT):
            self._now["reads"].add(whole[len(self._recorder.root) :] + ending)


def _importing(frame: Any) -> bool:
    """Tell whether a file is looked at to import it, or to show its lines."""
    for _ in range(4):
        if frame is None:
            return False
        if frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_globals.get("__name__") == "linecache":
            return True
        frame = frame.f_back
    return False


def _harmless(event: str, arguments: Any) -> bool:
    """Tell whether a program that is started runs nothing of the tree."""
    if event != "subprocess.Popen":
        return False
    words = arguments[1] if isinstance(arguments[1], (list, tuple)) else [arguments[1]]
    program = os.fsdecode(arguments[0] or words[0])
    return os.path.basename(program) in HARMLESS


def _join(lines: Lines, more: Lines) -> None:
    for path, found in more.items():
        lines.setdefault(path, set()).update(found)


def pytest_configure(config: Any) -> None:
    """Begin, once in a process: a test may run pytest itself."""
    global _active
    if not _active:
        _active = True
        with open(ASKED) as file:
            asked = json.load(file)
        recorder = Recorder(os.path.realpath(asked["root"]))
        config.pluginmanager.register(Plugin(recorder, asked["folder"]), "journeyman-coverage-recorder")

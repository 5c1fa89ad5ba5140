"""Traces the tests in a process of its own: which lines each of them runs, and where it was when it failed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType, FunctionType, ModuleType
from typing import Any

from .children import Children
from .clocks import Spent
from .collecting import Test
from .recording import Key, Recorder, Run, Wanted, as_json, fast, rich

CPU_SECONDS = 2.0
AFTER_A_HANG = 0.15
"""The share of its time that a test gets once another has hung: it is likely to hang for the same reason."""
AFTER_MORE = 0.1
"""The same, for a failing test once several have hung."""
WALL_TIMES_CPU = 3.0
FAILING_SHARE = 0.6
MOST_FAILING = 60
FEW = 40
"""Tests for which the compiled tracer is not worth being loaded."""
SAID_LENGTH = 400
FRAMES_TOLD = 40

Tell = Callable[[dict[str, Any]], None]


class OutOfTime(BaseException):
    """A traced test used up its time."""


class Tracer:
    """Runs tests under a recorder and a time limit: CPU time by a timer here, wall time by the watching parent."""

    def __init__(self, wanted: Wanted, children: Children, tell: Tell, patience: float = CPU_SECONDS) -> None:
        self._wanted = wanted
        self._children = children
        self._tell = tell
        self._running = False
        self._hung = False
        self._hangs = 0
        self._whole = self._patience = patience
        self._stack: list[tuple[str, int]] = []
        signal.signal(signal.SIGPROF, self._out_of_time)

    def _out_of_time(self, number: int, frame: FrameType | None) -> None:
        """End a test that used up its time; where it was says where it hangs."""
        if not self._running:
            return
        if not self._hung:
            self._stack = list(reversed(list(self._own(frame))))
        self._hung = True
        raise OutOfTime

    def _own(self, frame: FrameType | None) -> Iterator[tuple[str, int]]:
        while frame is not None:
            path = self._wanted.path(frame.f_code.co_filename)
            if path:
                yield path, frame.f_lineno
            frame = frame.f_back

    def calm(self) -> None:
        """Give tests that pass, and need not hang for the same reason, more time again."""
        self._patience = self._whole * (AFTER_A_HANG if self._hangs else 1.0)

    def told(self, test: Test, recorder: Recorder, number: int, passes: bool) -> tuple[dict[str, Any], Run]:
        """Run a test that is known to pass or to fail; by its runner in full if it does not so without."""
        if test.quick is not test.run:
            record, run = self.run(test, recorder, number, quick=True)
            if record["passed"] is passes:
                return record, run
        return self.run(test, recorder, number)

    def run(self, test: Test, recorder: Recorder, number: int, quick: bool = False) -> tuple[dict[str, Any], Run]:
        """Run a test; return its record without lines, and what ran."""
        self._hung, self._stack = False, []
        self._children.watch(number)
        self._tell({"begins": test.name, "wall": self._patience * WALL_TIMES_CPU})
        spent, wall = Spent(), time.monotonic()
        self._running = True
        signal.setitimer(signal.ITIMER_PROF, self._patience, 0.2)
        try:
            recorder.start()
            verdict = test.quick() if quick else test.run()
        except BaseException as failure:
            verdict, test.failure = False, failure
        finally:
            self._running = False
            run = recorder.stop()
            signal.setitimer(signal.ITIMER_PROF, 0)
        if self._hung:
            self._hangs += 1
            self._patience = self._whole * (AFTER_A_HANG if self._hangs == 1 else AFTER_MORE)
        # how long a test hung says nothing about how long it needs
        taken = (0.0, 0.0) if self._hung else (spent.seconds(), time.monotonic() - wall)
        record: dict[str, Any] = {"name": test.name, "passed": verdict and not self._hung, "hung": self._hung}
        record |= {"cpu": taken[0], "wall": taken[1]}
        if not record["passed"] and verdict is not None:
            record |= {"frames": self._frames(test.failure), "raised": said(test.failure), "words": test.words}
        test.failure = None
        self._children.join(number, run)
        return record, run

    def _frames(self, failure: BaseException | None) -> list[tuple[str, int]]:
        """Return the frames in wanted files that led to a failure, outermost first; a cause's stand before it."""
        if self._hung:
            return self._stack[-FRAMES_TOLD:]
        found: list[tuple[str, int]] = []
        while failure is not None and len(found) < FRAMES_TOLD:
            own, trace = [], failure.__traceback__
            while trace is not None:
                path = self._wanted.path(trace.tb_frame.f_code.co_filename)
                if path:
                    own.append((path, trace.tb_lineno))
                trace = trace.tb_next
            found = [*own, *found]
            failure = failure.__cause__ or failure.__context__
        return found[-FRAMES_TOLD:]


def said(failure: BaseException | None) -> str:
    """Return what an exception says, in its first lines."""
    if failure is None:
        return ""
    if isinstance(failure, OutOfTime):
        return f"still running after {CPU_SECONDS:g} s"
    try:
        return f"{type(failure).__name__}: {failure}"[:SAID_LENGTH]
    except Exception:
        return type(failure).__name__


def trace(job: dict[str, Any], tests: list[Test], tell: Tell) -> None:
    """Trace the failing tests first, then as many of the others as the time allows, the nearest to the failing first.

    Tests that are told to fail and pass here, or the other way round, say nothing. Without any told, all are run.
    """
    tell({"collected": len(tests)})
    began, deadline = time.monotonic(), job["deadline"]
    wanted = Wanted(job["paths"])
    tracer = Tracer(wanted, Children(job["folder"], wanted), tell, job.get("patience", CPU_SECONDS))
    known = {test.name for test in tests} & set(job["failing"])
    left = [test for test in tests if test.name not in job["skipped"]]
    failing = spread([test for test in left if test.name in known])[:MOST_FAILING]
    others = [test for test in left if test.name not in known]
    recorder, hot, modules = rich(wanted), set[Key](), set[ModuleType | None]()
    share = began + (deadline - began) * FAILING_SHARE
    for number, test in enumerate(failing or others):
        if time.monotonic() > (share if failing else deadline):
            break
        record, run = tracer.told(test, recorder, number, False) if failing else tracer.run(test, recorder, number)
        if record["passed"] is None or (failing and record["passed"]):
            continue
        if not record["passed"]:
            hot |= run.depths.keys()
            modules.add(test.module)
            record["depths"] = [[path, line, depth] for (path, line, _), depth in sorted(run.depths.items())]
        tell({**record, "lines": as_json(run.lines)})
    if not failing or not hot:
        return
    wanted.only = hot
    tracer.calm()
    recorder = fast(wanted) if len(others) > FEW else recorder
    for number, test in enumerate(nearest(others, wanted, modules), len(tests)):
        if time.monotonic() > deadline:
            break
        record, run = tracer.told(test, recorder, number, True)
        if record["passed"]:
            tell({**record, "lines": as_json(run.lines)})


def spread(tests: list[Test]) -> list[Test]:
    """Return tests so that the first variant of each parametrised one comes before the second of any."""
    seen: dict[str, int] = {}
    variants = []
    for test in tests:
        name = test.name.partition("[")[0]
        seen[name] = seen.get(name, -1) + 1
        variants.append(seen[name])
    return [tests[place] for place in sorted(range(len(tests)), key=variants.__getitem__)]


def nearest(tests: list[Test], wanted: Wanted, modules: set[ModuleType | None]) -> list[Test]:
    """Return tests so that those come first that stand with failing ones, or whose modules import what these run."""
    hot_paths = {os.path.realpath(path) for path, _, _ in wanted.only or ()}
    hot_names = {name for name, module in list(sys.modules.items()) if _is_of(module, hot_paths)}
    packages = {name.partition(".")[0] for name in hot_names}
    far: dict[int, int] = {}
    for test in tests:
        if id(test.module) not in far:
            far[id(test.module)] = _distance(test.module, modules, hot_names, packages)
    return sorted(spread(tests), key=lambda test: far[id(test.module)])


def _distance(
    module: ModuleType | None, modules: set[ModuleType | None], hot_names: set[str], packages: set[str]
) -> int:
    if module in modules:
        return 0
    if module is None:
        return 3
    things = [thing for thing in vars(module).values() if isinstance(thing, (ModuleType, FunctionType, type))]
    used = {str(thing.__name__ if isinstance(thing, ModuleType) else thing.__module__) for thing in things}
    if used & hot_names:
        return 1
    return 2 if {name.partition(".")[0] for name in used} & packages else 3


def _is_of(module: object, paths: set[str]) -> bool:
    name = getattr(module, "__file__", None)
    if not isinstance(name, str) or not any(path.endswith(os.path.basename(name)) for path in paths):
        return False
    return os.path.realpath(name) in paths

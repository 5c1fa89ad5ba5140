"""Traces the tests: which lines of which files each of them runs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any, NoReturn

from .collecting import Test

TRACED_CPU_SECONDS = 2.0
TARGETS_TOLD = 40


class OutOfTime(BaseException):
    """A traced test used up its CPU time."""


class Tracer:
    """Records the lines of the wanted files that a test runs."""

    def __init__(self, paths: list[str]) -> None:
        self._wanted = {os.path.realpath(path): path for path in paths}
        self._known: dict[str, str | None] = {}
        self.seen: set[tuple[str, int]] = set()
        self.hung = False

    def out_of_time(self, number: int, frame: FrameType | None) -> NoReturn:
        """End a test that used up its CPU time: the handler of the timer's signal."""
        self.hung = True
        raise OutOfTime

    def _path(self, filename: str) -> str | None:
        if filename not in self._known:
            self._known[filename] = self._wanted.get(os.path.realpath(filename))
        return self._known[filename]

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        """Follow a call if its file is wanted."""
        path = self._path(frame.f_code.co_filename)
        if path is None:
            return None
        add = self.seen.add

        def line(frame: FrameType, event: str, arg: object) -> Any:
            if event == "line":
                add((path, frame.f_lineno))
            return line

        return line

    def run(self, test: Test) -> tuple[bool | None, float, float]:
        """Run a test and return its verdict, CPU seconds and wall seconds."""
        self.seen, self.hung = set(), False
        cpu, wall = time.process_time(), time.monotonic()
        signal.setitimer(signal.ITIMER_PROF, TRACED_CPU_SECONDS, 0.2)
        threading.settrace(self.trace)
        sys.settrace(self.trace)
        try:
            verdict = test.run()
        except BaseException:
            verdict = False
        finally:
            sys.settrace(None)
            threading.settrace(None)
            signal.setitimer(signal.ITIMER_PROF, 0)
        return verdict, time.process_time() - cpu, time.monotonic() - wall


def locate(job: dict[str, Any], tests: list[Test]) -> dict[str, Any]:
    """Trace all tests, the known failing ones first, until the time is used up.

    The coverage of each test is left in the file `job["coverage"]` for the judging; the answer has the lines that
    failing tests run: path -> line -> [numbers of failing tests, how many passing tests].
    """

    deadline = time.monotonic() + job["seconds"]
    known = set(job["failing"])
    tracer = Tracer(job["paths"])
    signal.signal(signal.SIGPROF, tracer.out_of_time)
    records: list[dict[str, Any]] = []
    for test in sorted(tests, key=lambda test: test.name not in known):
        if time.monotonic() > deadline:
            break
        verdict, cpu, wall = tracer.run(test)
        if verdict is not None:
            lines: dict[str, list[int]] = {}
            for path, line in tracer.seen:
                lines.setdefault(path, []).append(line)
            # how long a test hung says nothing about how long it needs
            spent = {"cpu": 0.0, "wall": 0.0} if tracer.hung else {"cpu": cpu, "wall": wall}
            records.append({"name": test.name, "passed": verdict, "lines": lines, **spent})
    with open(job["coverage"], "w") as file:
        json.dump(records, file)
    return {**summary(records), "collected": len(tests)}


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the failing tests and the lines they run."""
    failing = [record for record in records if not record["passed"]][:TARGETS_TOLD]
    table: dict[str, dict[int, list[Any]]] = {}
    for number, record in enumerate(failing):
        for path, lines in record["lines"].items():
            for line in lines:
                table.setdefault(path, {}).setdefault(line, [[], 0])[0].append(number)
    for record in records:
        if record["passed"]:
            for path, lines in record["lines"].items():
                for line in table.get(path, {}).keys() & set(lines):
                    table[path][line][1] += 1
    return {"failing": [record["name"] for record in failing], "lines": table, "traced": len(records)}

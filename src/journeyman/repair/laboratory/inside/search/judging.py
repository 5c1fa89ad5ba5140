"""Judges candidates by the tests, in forked children; a child that uses up its time dies, its candidate waits."""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..collecting import Test
from .living import Belongings, living, reload
from .queue import Candidate
from .scene import Unit
from .source import Edit, edited

FIRST_CPU_SECONDS = 0.03
ESCALATION = (1, 6, 40)
BATCH = 50
WALL_SECONDS = 2.0
EXTRA_MEMORY = 1 << 30
MOST_OF_MODULE = 300


class Verdict:
    """What the tests said of a candidate: how it ended, and which targets passed if that was asked."""

    def __init__(self, candidate: Candidate, kind: str, passed: Sequence[int] = ()) -> None:
        self.candidate = candidate
        self.kind = kind
        self.passed = tuple(passed)


class Judge:
    """Runs the failing tests on a candidate, cheapest first, then the passing ones that cover its units."""

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        tests: Sequence[Test],
        units: Sequence[Unit],
        texts: dict[str, str],
    ) -> None:
        by_name = {test.name: test for test in tests}
        self.texts = texts
        self.units = list(units)
        self.records = {record["name"]: record for record in records if record["name"] in by_name}
        self.tests = by_name
        self.living = living(units, texts)
        self.counts: dict[str, int] = {}
        self.forks = 0
        self._targets: dict[int, list[str]] = {}
        self._covering: dict[int, list[str]] = {}
        self._slow: set[str] = set()
        spaces = {id(f.__globals__): f.__globals__ for each in self.living if each for f in each.functions}
        self._belongings = Belongings(list(spaces.values()))
        _limit_memory()
        gc.collect()
        gc.freeze()

    def cost(self, name: str) -> float:
        """Return the CPU seconds of a test while it was traced."""
        return float(self.records[name]["cpu"])

    def _running(self, number: int, passed: bool) -> list[str]:
        """Return the tests that run a unit, cheapest first; of a module, those that run any of its lines."""
        unit = self.units[number]
        lines = set(range(unit.first_line + (unit.function), unit.last_line + 1))
        found = []
        for name, record in self.records.items():
            if record["passed"] == passed:
                run = record["lines"].get(unit.path, ())
                if not lines.isdisjoint(run) or (not unit.function and (run or not passed)):
                    found.append(name)
        found.sort(key=self.cost)
        return found if unit.function else found[:MOST_OF_MODULE]

    def targets(self, number: int) -> list[str]:
        """Return the failing tests that run a unit, cheapest first."""
        if number not in self._targets:
            self._targets[number] = self._running(number, False)
        return self._targets[number]

    def covering(self, number: int) -> list[str]:
        """Return the passing tests that run a unit, cheapest first."""
        if number not in self._covering:
            self._covering[number] = self._running(number, True)
        return self._covering[number]

    def _passes(self, name: str, level: int) -> bool:
        """Run one test under its time-out. The process dies if it takes longer."""
        signal.setitimer(signal.ITIMER_PROF, max(FIRST_CPU_SECONDS, self.cost(name)) * ESCALATION[level])
        test = self.tests[name]
        verdict = test.run() if name in self._slow else test.quick()
        signal.setitimer(signal.ITIMER_PROF, 0)
        return verdict is True

    def _verdict(self, candidate: Candidate, level: int, every: bool) -> str:
        """Return `plausible`, or why not; `every`: run all targets and tell which passed."""
        numbers = list(dict.fromkeys(number for number, _ in candidate.edits))
        try:
            self.install(candidate)
        except (SyntaxError, ValueError):
            return "no code"
        except Exception:
            return "no definition"
        targets = list(dict.fromkeys(name for number in numbers for name in self.targets(number)))
        if every:
            passed = [str(n) for n, name in enumerate(targets) if self._passes(name, level)]
            return "partly " + ",".join(passed) if passed and not self._broken(numbers, level) else "failing"
        if not all(self._passes(name, level) for name in targets):
            return "failing"
        return "breaks" if self._broken(numbers, level) else "plausible"

    def _broken(self, numbers: Sequence[int], level: int) -> bool:
        """Tell whether a passing test fails now. What fails when called directly is run by its runner in full."""
        for number in numbers:
            covering = self.covering(number)
            for name in list(covering):
                if not self._passes(name, level):
                    self._slow.add(name)
                    if not self._passes(name, level):
                        covering.remove(name)
                        covering.insert(0, name)
                        return True
        return False

    def install(self, candidate: Candidate) -> None:
        """Put a candidate into memory. SyntaxError, ValueError or what its definition raises if it does not fit."""
        edits: dict[int, list[Edit]] = {}
        for number, edit in candidate.edits:
            edits.setdefault(number, []).append(edit)
        outside = {self.units[n].path for n, edit in candidate.edits if edit.start < self.units[n].start}
        for number, group in edits.items():
            alive = self.living[number]
            if alive is None:
                raise ValueError(self.units[number].name)
            if self.units[number].path not in outside:
                alive.install(group)
        for path in outside:
            mine = [edit for number, edit in candidate.edits if self.units[number].path == path]
            reload(path, edited(self.texts[path], mine))

    def _remove(self, candidate: Candidate) -> bool:
        """Put the first code back; tell whether that is possible."""
        for number in {number for number, _ in candidate.edits}:
            alive = self.living[number]
            if alive is not None:
                alive.remove()
        return all(edit.start >= self.units[number].start for number, edit in candidate.edits)

    def _child(self, batch: Sequence[Candidate], level: int, every: bool, pipe: int) -> NoReturn:
        """Judge candidates one after the other, telling the parent of each."""
        become_quiet()
        for number, candidate in enumerate(batch):
            os.write(pipe, f"S {number}\n".encode())
            try:
                verdict = self._verdict(candidate, level, every)
                clean = self._remove(candidate)
            except BaseException:
                verdict, clean = "failing", False
            os.write(pipe, f"R {number} {verdict}\n".encode())
            if not clean or self._belongings.changed():
                break
        os._exit(0)

    def judge(
        self, batch: Sequence[Candidate], level: int, deadline: float, every: bool = False
    ) -> tuple[list[Verdict], list[Candidate]]:
        """Judge candidates; return what was said, and those that need a longer time-out."""
        told: list[Verdict] = []
        slow: list[Candidate] = []
        position = 0
        while position < len(batch) and time.monotonic() < deadline:
            said, hung = self._fork(batch[position:], level, every, deadline)
            for offset, words in enumerate(said):
                kind, _, passed = words.partition(" ")
                self.counts[kind] = self.counts.get(kind, 0) + 1
                numbers = [int(n) for n in passed.split(",")] if kind == "partly" else ()
                told.append(Verdict(batch[position + offset], words if kind != "partly" else kind, numbers))
            if hung and position + len(said) < len(batch):
                slow.append(batch[position + len(said)])
                self.counts["slow"] = self.counts.get("slow", 0) + 1
            position += len(said) + hung
        return told, slow

    def _fork(self, batch: Sequence[Candidate], level: int, every: bool, deadline: float) -> tuple[list[str], bool]:
        """Let a child judge a batch; return the verdicts it gave and whether it hung on the next one."""
        self.forks += 1
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._child(batch, level, every, writing)
        os.close(writing)
        said = listen(reading, WALL_SECONDS * ESCALATION[level], deadline)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        words = [line.split(" ", 2) for line in said.decode(errors="replace").splitlines()]
        verdicts = [line[2] for line in words if line[0] == "R"]
        started = sum(line[0] == "S" for line in words)
        return verdicts, started > len(verdicts) or not started


def listen(reading: int, patience: float, deadline: float) -> bytes:
    """Return what a child writes until it ends or is silent for too long."""
    said = b""
    while True:
        left = max(0.1, deadline - time.monotonic())
        ready, _, _ = select.select([reading], [], [], min(patience, left))
        piece = os.read(reading, 65536) if ready else b""
        if not piece:
            break
        said += piece
    os.close(reading)
    return said


def become_quiet() -> None:
    """Let a child die when its time is up, and keep what it prints to itself."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def _limit_memory() -> None:
    """Leave 1 GB more of address space than is in use, so that a candidate ends before the sandbox does."""
    try:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + EXTRA_MEMORY
    except OSError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used if hard == resource.RLIM_INFINITY else min(used, hard), hard))

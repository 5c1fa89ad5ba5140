"""Judges candidate edits by the tests.

Children are forked from a process that has imported the repository and its tests. In a child only the changed
function's code is swapped, the failing tests run first, then the passing ones that cover the function. A child that
uses up its CPU time dies by a signal, which no test can catch; its candidate waits for a longer time-out.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
from types import CodeType, FunctionType
from typing import Any, NoReturn

from .collecting import Test

FIRST_CPU_SECONDS = 0.03
ESCALATION = (1, 10, 60)
BATCH = 50
WALL_SECONDS = 2.0
EXTRA_MEMORY = 1 << 30
FUTURE_FLAGS = 0x1FE0000
WATCHED_LENGTH = 1000


class Unit:
    """A function as it lives in memory, and the text it was made from."""

    def __init__(self, job: dict[str, Any], text: str, functions: list[FunctionType]) -> None:
        self.path: str = job["path"]
        self.name: str = job["name"]
        self.start: int = job["start"]
        self.end: int = job["end"]
        self.body: int = job["body"]
        self.classes: list[str] = job["classes"]
        self.lines = range(job["first_line"], job["last_line"] + 1)
        self.text = text
        self.functions = functions
        self.before = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in functions]

    def install(self, start: int, end: int, words: str) -> None:
        """Swap in the code with one edit. SyntaxError or ValueError if it does not fit."""
        text = self.text[self.start : start] + words + self.text[end : self.end]
        column = self.start - (self.text.rfind("\n", 0, self.start) + 1)
        heads = [f"{' ' * depth}class {name}:\n" for depth, name in enumerate(self.classes)]
        if column and not heads:
            heads = ["if 1:\n"]
        old = self.functions[0].__code__
        snippet = "".join(heads) + " " * column + text
        whole = compile(snippet, old.co_filename, "exec", old.co_flags & FUTURE_FLAGS, True)
        code = inner(whole, [*self.classes, self.name])
        fresh = self.made(whole) if start < self.body else None
        for function in self.functions:
            function.__code__ = code
            if fresh is not None:
                function.__defaults__, function.__kwdefaults__ = fresh.__defaults__, fresh.__kwdefaults__

    def made(self, whole: CodeType) -> FunctionType:
        """Return the function as its definition makes it, for the sake of its defaults."""
        names = dict(self.functions[0].__globals__)
        exec(whole, names)
        found: Any = names[(self.classes or [self.name])[0]]
        for name in [*self.classes[1:], self.name] if self.classes else []:
            found = found.__dict__[name]
        return found  # type: ignore[no-any-return]

    def remove(self) -> None:
        """Put the first code back."""
        for function, code, defaults, keywords in self.before:
            function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, keywords


def inner(code: CodeType, names: list[str]) -> CodeType:
    """Return the code object of a nested definition. ValueError if it is gone."""
    for name in names:
        found = [const for const in code.co_consts if isinstance(const, CodeType) and const.co_name == name]
        if not found:
            raise ValueError(name)
        code = found[-1]
    return code


class Belongings:
    """The lists, dictionaries and sets that the modules of some units hold, as they were."""

    def __init__(self, units: list[Unit | None]) -> None:
        spaces = {id(unit.functions[0].__globals__): unit.functions[0].__globals__ for unit in units if unit}
        held = [thing for space in spaces.values() for name, thing in space.items() if not name.startswith("__")]
        self._kept = [(thing, thing.copy()) for thing in held if self._watched(thing)]

    @staticmethod
    def _watched(thing: object) -> bool:
        return isinstance(thing, (dict, list, set)) and len(thing) <= WATCHED_LENGTH

    def changed(self) -> bool:
        """Tell whether a candidate left its traces, so that the next one needs a fresh process."""
        return any(len(thing) != len(copy) or thing != copy for thing, copy in self._kept)


class Judge:
    """Judges candidates: first all failing tests that are the targets, then the passing ones."""

    def __init__(self, job: dict[str, Any], tests: list[Test]) -> None:
        with open(job["coverage"]) as file:
            records = json.load(file)
        by_name = {test.name: test for test in tests}
        self.job = job
        self.records = {record["name"]: record for record in records if record["name"] in by_name}
        self.tests = by_name
        self.targets = sorted((n for n in job["targets"] if n in self.records), key=self.cost)
        self.units = self.living_units(job["units"])
        self._covering: dict[int, list[str]] = {}
        self._belongings = Belongings(self.units)

    def cost(self, name: str) -> float:
        """Return how long a test took, so that the cheap ones come first."""
        return float(self.records[name]["cpu"])

    def living_units(self, units: list[dict[str, Any]]) -> list[Unit | None]:
        """Find the functions of the units in memory, wherever they are bound."""
        functions: dict[tuple[str, int, str], list[FunctionType]] = {}
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                code = thing.__code__
                key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
                functions.setdefault(key, []).append(thing)
        texts: dict[str, str] = {}
        found: list[Unit | None] = []
        for unit in units:
            path = unit["path"]
            if path not in texts:
                with open(path, encoding="utf-8", newline="") as file:
                    texts[path] = file.read()
            living = functions.get((os.path.realpath(path), unit["first_line"], unit["name"]))
            found.append(Unit(unit, texts[path], living) if living else None)
        return found

    def covering(self, number: int) -> list[str]:
        """Return the passing tests that run a unit, cheapest first."""
        if number not in self._covering:
            unit = self.units[number]
            lines = set(unit.lines) if unit else set()
            path = unit.path if unit else ""
            found = [n for n, r in self.records.items() if r["passed"] and lines & set(r["lines"].get(path, ()))]
            self._covering[number] = sorted(found, key=self.cost)
        return self._covering[number]

    def limit(self, name: str, level: int) -> float:
        """Return the CPU seconds a test may use; tracing made it slower than it will be."""
        return max(FIRST_CPU_SECONDS, self.cost(name)) * ESCALATION[level]

    def passes(self, name: str, level: int) -> bool:
        """Run one test under its time-out. The process dies if it takes longer."""
        signal.setitimer(signal.ITIMER_PROF, self.limit(name, level))
        verdict = self.tests[name].run()
        signal.setitimer(signal.ITIMER_PROF, 0)
        return verdict is True

    def verdict(self, candidate: list[Any], level: int) -> str:
        """Return `plausible`, or why not."""
        _, number, start, end, words = candidate
        unit = self.units[number]
        if unit is None:
            return "not living"
        try:
            unit.install(start, end, words)
        except (SyntaxError, ValueError):
            return "no code"
        except Exception:
            return "no definition"
        try:
            if not all(self.passes(name, level) for name in self.targets):
                return "failing"
            return "plausible" if all(self.passes(name, level) for name in self.covering(number)) else "breaks"
        finally:
            unit.remove()

    def child(self, batch: list[list[Any]], level: int, pipe: int) -> NoReturn:
        """Judge candidates one after the other, telling the parent of each."""
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        for candidate in batch:
            os.write(pipe, f"S {candidate[0]}\n".encode())
            try:
                verdict = self.verdict(candidate, level)
            except BaseException:
                os.write(pipe, f"R {candidate[0]} failing\n".encode())
                os._exit(0)
            os.write(pipe, f"R {candidate[0]} {verdict}\n".encode())
            if self._belongings.changed():
                break
        os._exit(0)

    def run(self) -> dict[str, Any]:
        """Judge until the time is used up, or `further` candidates after the first plausible one."""
        self.deadline = time.monotonic() + self.job["seconds"]
        self.counts: dict[str, int] = {}
        self.plausible: list[int] = []
        self.stop_at: int | None = None
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        used = resource_pages() + EXTRA_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (used if hard == resource.RLIM_INFINITY else min(used, hard), hard))
        gc.collect()
        gc.freeze()
        waiting = self.job["candidates"] if self.targets else []
        for level in range(len(ESCALATION)):
            waiting = self.level(waiting, level)
            if self.plausible:
                break
        return {"plausible": self.plausible, "counts": self.counts, "hanging": len(waiting)}

    def level(self, waiting: list[list[Any]], level: int) -> list[list[Any]]:
        """Judge candidates under one length of time-out and return those that need a longer one."""
        slow: list[list[Any]] = []
        position = 0
        while position < len(waiting) and time.monotonic() < self.deadline:
            if self.stop_at is not None and position >= self.stop_at:
                break
            batch = waiting[position : position + BATCH]
            told, hung = self.fork(batch, level)
            for offset, verdict in enumerate(told):
                self.counts[verdict] = self.counts.get(verdict, 0) + 1
                if verdict == "plausible":
                    self.plausible.append(batch[offset][0])
                    self.stop_at = self.stop_at or position + offset + self.job["further"]
            if hung:
                slow.append(batch[len(told)])
            position += len(told) + hung
        return slow

    def fork(self, batch: list[list[Any]], level: int) -> tuple[list[str], bool]:
        """Let a child judge a batch; return the verdicts it gave and whether it hung on the next one."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self.child(batch, level, writing)
        os.close(writing)
        patience = WALL_SECONDS * ESCALATION[level] + sum(self.records[name]["wall"] for name in self.targets)
        said = b""
        while True:
            ready, _, _ = select.select([reading], [], [], min(patience, max(0.1, self.deadline - time.monotonic())))
            piece = os.read(reading, 65536) if ready else b""
            if not piece:
                break
            said += piece
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        words = [line.split(" ", 2) for line in said.decode().splitlines()]
        verdicts = [line[2] for line in words if line[0] == "R"]
        started = sum(line[0] == "S" for line in words)
        return verdicts, started > len(verdicts) or not started


def resource_pages() -> int:
    """Return the bytes of address space in use."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 8 << 30

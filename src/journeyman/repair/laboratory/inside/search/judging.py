"""Judges candidates by the tests, in forked children; a candidate that uses up its time waits."""

from __future__ import annotations

import gc
import os
import resource
import signal
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn

from ..clocks import Spent
from ..collecting import Test
from .forking import become_quiet, in_child, listen
from .living import Belongings, living, reload
from .queue import Candidate
from .scene import Unit
from .source import Edit, edited

FIRST_CPU_SECONDS = 0.03
SHORTEST_CPU_SECONDS = 0.002
"""The least a test may use at first, where the others take far less."""
ESCALATION = (1, 6, 60, 1000, 6000)
MOST_CPU_SECONDS = 20.0
"""What one test may use with a candidate at last, if it does not need more without."""
BATCH = 50
WALL_SECONDS = 2.0
EXTRA_MEMORY = 1 << 30
MOST_OF_MODULE = 300
TIMED_FROM = 0.02
TIMED_SECONDS = 0.6
TIMED_TESTS = 5
"""Quick tests that are timed without the tracer."""
LEAST_SHARE = 0.1
TICK = 1e-6
"""Some clocks tell no time at all for what is quick."""
AT_FIRST = 8
"""How many times the time of a usual test one may take at first that is not known to take longer."""
HANGING_TIMED = 1
HANGING_SECONDS = 0.3
FILTERS = 3
"""Passing tests that are run before the failing ones, where these take far longer."""
FAR_CHEAPER = 5
TIMED_TOGETHER = 8.0
MOST_UNTRACED = 2000
UNTRACED_SECONDS = 4.0
BUSY = 4
"""How many times longer the wall may take than the processor, on a machine with other work."""
LEEWAY = 3
"""How many times the time a test needs it may take with a candidate."""
COARSE_SECONDS = 0.02
"""From here on the kernel's ticks of some milliseconds are fine enough."""
DEAF = 4
"""How many times its time a test may take that does not hear it is over; then the process dies."""


class OutOfTime(BaseException):
    """A test used up its time with a candidate."""


class Verdict:
    """What the tests said of a candidate: how it ended, and which targets passed: all if that was asked, else those
    before the first that failed."""

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
        self._run_here = self._passed_here = 0
        self._over = self._torn = False
        self._limit, self._spent = 0.0, Spent()
        self._own = {f.__code__.co_filename for each in self.living if each for f in each.functions}
        self._of_tests = {getattr(test.module, "__file__", None) for test in tests}
        self._pipe = 0
        self._timing_left = TIMED_TOGETHER
        self._others: list[str] | None = None
        self._hanging_timed = 0
        self._share, usual = self._untraced()
        self._first = min(FIRST_CPU_SECONDS, max(SHORTEST_CPU_SECONDS, AT_FIRST * usual))
        self._plain: dict[str, float] = {}
        spaces = {id(f.__globals__): f.__globals__ for each in self.living if each for f in each.functions}
        spaces |= {id(vars(test.module)): vars(test.module) for test in tests if test.module is not None}
        self._belongings = Belongings(list(spaces.values()))
        _limit_memory()
        gc.collect()
        gc.freeze()

    def _untraced(self) -> tuple[float, float]:
        """Return which share of its traced time a test takes without the tracer, and how long a usual one takes."""
        known = sorted((float(r["cpu"]), name) for name, r in self.records.items() if not r["hung"])
        usual = known[len(known) // 2][0] if known else 0.0
        some = [(cpu, self.tests[name]) for cpu, name in known[len(known) // 2 :][:TIMED_TESTS] if cpu < TIMED_FROM]
        spent = in_child(lambda: [_twice(test) for _, test in some], BUSY * TIMED_SECONDS)
        if not spent:
            return 1.0, usual
        most, middle = untraced_shares([cpu for cpu, _ in some], spent)
        return most, usual * middle

    def cost(self, name: str) -> float:
        """Return the CPU seconds a test needs, 0 if that is not known because it hangs.

        Tracing makes tests slower; those that took long are timed once more without it, as long as time allows.
        """
        if name not in self._plain:
            record = self.records[name]
            quick = self.tests[name].quick is not self.tests[name].run
            self._plain[name] = float(record["cpu"]) * (self._share if quick else 1.0)
            self._hanging_timed += bool(record["hung"])
            worth = record["cpu"] > TIMED_FROM or (record["hung"] and self._hanging_timed <= HANGING_TIMED)
            if worth and self._timing_left > 0:
                start = time.monotonic()
                test = self.tests[name]
                limit = HANGING_SECONDS if record["hung"] else TIMED_SECONDS
                spent = in_child(lambda: _timed(test, limit), BUSY * limit)
                self._timing_left -= time.monotonic() - start
                self._plain[name] = spent if spent is not None else max(self._plain[name], 0.0)
        return self._plain[name]

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
        found.sort(key=lambda name: (not self.cost(name), int(self.cost(name) / FIRST_CPU_SECONDS)))
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
        """Run one test under its time-out. OutOfTime if it takes longer."""
        least = max(self._first, LEEWAY * self.cost(name))
        limit = min(least * ESCALATION[level], max(least, MOST_CPU_SECONDS))
        test, self._over = self.tests[name], False
        whole = name in self._slow or test.quick is test.run
        self._run_here += 1
        self._limit, self._spent = limit, Spent()
        # of a test that may set an alarm itself, or its runner for it, the kernel takes the time, by its coarse ticks
        timer = signal.ITIMER_PROF if whole or limit >= COARSE_SECONDS else signal.ITIMER_REAL
        signal.setitimer(signal.ITIMER_VIRTUAL, DEAF * limit + COARSE_SECONDS)
        signal.setitimer(timer, limit, limit)
        try:
            verdict = test.run() if whole else test.quick()
        finally:
            signal.setitimer(timer, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if self._over:
            self._torn = self._torn or whole or not test.plain
            raise OutOfTime
        if verdict is True:
            self._passed_here += 1
            os.write(self._pipe, b"P\n")
        return verdict is True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """End a test whose time is over; one that catches this is told again."""
        if self._spent.seconds() >= self._limit or number == signal.SIGPROF:
            self._over = True
            self._torn = self._torn or not self._in_plain_code(frame)
            raise OutOfTime

    def _in_plain_code(self, frame: FrameType | None) -> bool:
        """Tell whether a test was stopped in code of the tree that it called itself. Other code, such as a library's
        that holds a lock, may be left in a state that spoils what follows."""
        while frame is not None and frame.f_code.co_filename in self._own:
            frame = frame.f_back
        return frame is not None and frame.f_code.co_filename in self._of_tests

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
        if not all(self._passes(name, level) for name in self._filters(numbers, targets)):
            return "breaks"
        for number, name in enumerate(targets):
            if not self._passes(name, level):
                return f"failing {number}"
        return "breaks" if self._broken(numbers, level) else "plausible"

    def _filters(self, numbers: Sequence[int], targets: Sequence[str]) -> list[str]:
        """Return passing tests that tell quickly what slow failing ones would tell late."""
        cheapest = min((self.cost(name) for name in targets), default=0.0)
        if len(numbers) > 1 or cheapest < TIMED_FROM:
            return []
        return [n for n in self.covering(numbers[0])[:FILTERS] if self.cost(n) * FAR_CHEAPER < cheapest]

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

    def confirms(self, candidate: Candidate, deadline: float) -> bool:
        """Tell whether the tests that there was no time to trace pass with a candidate as they did without."""
        if self._others is None:
            untraced = [name for name in self.tests if name not in self.records][:MOST_UNTRACED]
            self._others = in_child(
                lambda: self._passing(untraced), min(UNTRACED_SECONDS, deadline - time.monotonic())
            )
        others = self._others or []
        if not others:
            return True

        def judged() -> bool:
            self.install(candidate)
            return self._passing(others) == others

        return bool(in_child(judged, BUSY * UNTRACED_SECONDS))

    def _passing(self, names: Sequence[str]) -> list[str]:
        """Return which tests pass, as far as time allows."""
        until = time.monotonic() + UNTRACED_SECONDS / 2
        return [name for name in names if time.monotonic() < until and self.tests[name].quick() is True]

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
        try:
            become_quiet()
            for number in (signal.SIGPROF, signal.SIGALRM):
                signal.signal(number, self._stop)
            self._pipe = pipe
            for candidate in batch:
                verdict, clean = self._said(candidate, level, every)
                os.write(pipe, f"R {verdict}\n".encode())
                # where tests share objects, each candidate that got further than the first test leaves the process
                lasting = self._belongings.lasting and self._run_here > 1
                if not clean or lasting or self._belongings.changed():
                    break
            os.write(pipe, b"E\n")
        finally:
            os._exit(0)

    def _said(self, candidate: Candidate, level: int, every: bool) -> tuple[str, bool]:
        """Return the verdict on a candidate, and whether the process is as it was before."""
        self._run_here = self._passed_here = 0
        self._torn = False
        try:
            verdict = self._verdict(candidate, level, every)
            return verdict, self._remove(candidate)
        except OutOfTime:
            return f"slow {self._passed_here}", not self._torn and self._remove(candidate)
        except BaseException:
            return "failing", False

    def judge(
        self, batch: Sequence[Candidate], level: int, deadline: float, every: bool = False
    ) -> tuple[list[Verdict], list[tuple[int, Candidate]]]:
        """Judge candidates; return what was said, and those that need more time, with how many tests they passed."""
        told: list[Verdict] = []
        slow: list[tuple[int, Candidate]] = []
        position = 0
        while position < len(batch) and time.monotonic() < deadline:
            said = self._fork(batch[position:], level, every, deadline)
            for candidate, words in zip(batch[position:], said):
                kind, _, passed = words.partition(" ")
                self.counts[kind] = self.counts.get(kind, 0) + 1
                if kind == "slow":
                    slow.append((int(passed), candidate))
                    continue
                if kind == "failing":
                    told.append(Verdict(candidate, kind, range(int(passed or 0))))
                    continue
                numbers = [int(n) for n in passed.split(",")] if kind == "partly" else ()
                told.append(Verdict(candidate, words if kind != "partly" else kind, numbers))
            position += len(said)
        return told, slow

    def _fork(self, batch: Sequence[Candidate], level: int, every: bool, deadline: float) -> list[str]:
        """Let a child judge a batch; return its verdicts. One that it died on was too slow."""
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
        *lines, _ = said.decode(errors="replace").split("\n")
        verdicts = [line[2:] for line in lines if line.startswith("R ")]
        if lines[-1:] == ["E"]:
            return verdicts
        passed = next((n for n, line in enumerate(reversed(lines)) if line != "P"), len(lines))
        return [*verdicts, f"slow {passed}"][: len(batch)]


def untraced_shares(traced: Sequence[float], plain: Sequence[float]) -> tuple[float, float]:
    """Return which share of its traced time a test takes without the tracer: at most, and in the median."""
    shares = sorted(each / max(cpu, each, TICK) for cpu, each in zip(traced, plain))
    return max(LEAST_SHARE, shares[-1]), shares[len(shares) // 2]


def _twice(test: Test) -> float:
    """Return the CPU seconds of a test's second run, in which nothing is loaded for the first time."""
    test.quick()
    return _timed(test, TIMED_SECONDS)


def _timed(test: Test, limit: float) -> float:
    """Return the CPU seconds of a test. The process dies if it takes more than the limit."""
    signal.setitimer(signal.ITIMER_PROF, limit)
    spent = Spent()
    test.quick()
    return max(spent.seconds(), TICK)


def _limit_memory() -> None:
    """Leave 1 GB more of address space than is in use, so that a candidate ends before the sandbox does."""
    try:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + EXTRA_MEMORY
    except OSError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used if hard == resource.RLIM_INFINITY else min(used, hard), hard))

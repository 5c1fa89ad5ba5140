"""The search itself: trace, look at the suspicious functions, judge candidates, compare those that pass."""

from __future__ import annotations

import difflib
import os.path
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..collecting import Test
from ..watching import Watch
from .doubting import DOUBTED, doubt, unexplained
from .judging import BATCH, ESCALATION, Judge, Verdict
from .observing import types_seen
from .pace import Pace
from .package import Package
from .probing import Found, compared
from .queue import OUTSIDE, Candidate, Place, Queue, compatible, pairs
from .scene import Scene, scenes
from .source import Source, edited
from .spoken import pairs as pairs_of_texts
from .suspicion import Suspicion, mentions

PATIENCE = 0.6
"""CPU seconds that a test may be traced before it counts as hanging."""
MOST_UNITS = 60
OBSERVED_UNITS = 16
OBSERVED_TESTS = 40
OBSERVED_HANGING = 2
MOST_HURRIED = 3
"""Up to this level of time a slow candidate that passed much is tried before others that are new."""
RETRIED = 8
"""Slow candidates that are tried again between batches."""
OVERTAKEN = 4
"""Slow candidates that are tried again after a patch, since they are likelier and passed as much."""
SLOW_SHARE = 0.12
"""Of the time so far, while there are candidates that were not tried at all."""
MORE_SECONDS = (0.25, 5.0)
"""How long to look for further patches: at least, and at most."""
MORE_SHARE = 0.5
QUICK_SECONDS = 0.15
MOST_AT_ONCE = 200
"""Candidates of one process, where they take so little that starting it would count."""
LEAST_FURTHER = 150
MOST_FURTHER = 600
PAIRED = 300
MOST_IMPROVERS = 60
SINGLES_FIRST, PAIRS_BETWEEN = 0.6, 0.5
"""Shares of the time left: for single edits before pairs of such as help, and for these before all other ones."""
WAIT_SECONDS, WAIT_SHARE = (1.0, 8.0), 0.2
"""How long a patch for some of the failing tests, or one in doubt, waits for a better one."""


class Search:
    """One search. `job` names the files that may be edited, the failing tests and the time."""

    def __init__(self, job: Mapping[str, Any], tests: Sequence[Test]) -> None:
        self.job = job
        self.tests = tests
        self.start = time.monotonic()
        self.deadline = self.start + float(job["seconds"])
        self.tried = 0
        self.pace = Pace(job.get("pace"))
        self.told: Candidate | None = None
        """The best patch that was told of."""
        self.found: list[Candidate] = []
        self.partly: list[Candidate] = []
        """Patches for some of the failing tests alone."""
        self.doubted: list[Candidate] = []
        self.doubts: dict[Any, str] = {}
        """What speaks against patches, by their edits."""
        self.second_at = 0.0
        self.improvers: list[tuple[int, Candidate]] = []
        """Candidates with how many failing tests are known to pass with them."""
        self.waiting: list[tuple[int, int, Candidate]] = []
        """Candidates that take long, with their level of time and how many tests they passed."""
        self.first_at = self.first_cpu = 0.0
        self._slow_seconds = 0.0

    def run(self) -> dict[str, Any]:
        """Search and return the answer as plain data."""
        watch = Watch({"patience": PATIENCE, **self.job, "seconds": float(self.job["seconds"]) / 3}, list(self.tests))
        spectrum = watch.run()
        self.records = list(watch.records.values())
        self.failing = sum(not record["passed"] for record in self.records)
        self.sources = self._sources()
        self.places = self._places()
        if self.places:
            self._look()
            self._hunt()
        answer = {"collected": watch.collected, "traced": len(self.records), **self._answer()}
        return answer if self.found else {**answer, "spectrum": spectrum}

    def _sources(self) -> dict[str, Source]:
        found = {}
        run = {path for record in self.records if not record["passed"] for path in record["lines"]}
        for path in sorted(run):
            try:
                with open(path, encoding="utf-8", newline="") as file:
                    text = file.read()
                if "\r" not in text:
                    found[path] = Source(text)
            except (OSError, SyntaxError, ValueError):
                continue
        return found

    def _places(self) -> list[Place]:
        suspicion = Suspicion(self.records)
        raised, texts = suspicion.raised, pairs_of_texts(suspicion.messages)
        known: dict[str, float] = {}
        for path, source in self.sources.items():
            mentions(source.tree, suspicion.lines.get(path, {}), known)
        found: list[tuple[float, Scene, dict[int, float]]] = []
        package = Package(self.sources)
        for path, source in self.sources.items():
            for scene in scenes(path, source, package.of(path)):
                scene.raised, scene.compared = raised, texts
                if scene.unit.function:
                    lines = suspicion.of(scene.unit)
                    whole = max((v for line, v in lines.items() if line in scene.body_lines), default=0.0)
                else:
                    lines, names = {}, scene.unit.name.split(", ")
                    whole = OUTSIDE * max((known.get(name, 0.0) for name in names), default=0.0)
                if whole:
                    found.append((whole, scene, lines))
        found.sort(key=lambda item: -item[0])
        chosen = found[:MOST_UNITS]
        return [Place(number, scene, lines, whole) for number, (whole, scene, lines) in enumerate(chosen)]

    def _look(self) -> None:
        """Have the types of the most suspicious functions seen."""
        units = [place.scene.unit for place in self.places[:OBSERVED_UNITS] if place.scene.unit.function]
        files = {unit.path for unit in units}
        usable = [record for record in self.records if files & set(record["lines"])]
        usable.sort(key=lambda record: (record["passed"], record["cpu"]))
        failing = [record for record in usable if not record["passed"] and not record["hung"]][: OBSERVED_TESTS // 2]
        failing += [record for record in usable if record["hung"]][:OBSERVED_HANGING]
        passing = [record for record in usable if record["passed"]][: OBSERVED_TESTS - len(failing)]
        by_name = {test.name: test for test in self.tests}
        chosen = [by_name[record["name"]] for record in [*passing, *failing] if record["name"] in by_name]
        seen = types_seen(units, chosen, min(2.0, self._left() / 10))
        for place in self.places:
            place.scene.types = seen.get(place.scene.unit, {})

    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _hunt(self) -> None:
        """Judge single edits, then pairs, until some pass or the time is used up."""
        units = [place.scene.unit for place in self.places]
        texts = {path: source.text for path, source in self.sources.items()}
        self.judge = Judge(self.records, self.tests, units, texts)
        self.scenes = {place.number: place.scene for place in self.places}
        singles: list[Candidate] = []
        usable = self._usable(singles)
        self._judge_all(usable, SINGLES_FIRST)
        if not self.found and self._left() > 0:
            self._judge_all(self._improving_pairs(), PAIRS_BETWEEN)
        if not self.found and self._left() > 0:
            self._judge_all(usable)
        if not (self.found or self.doubted or self.partly) and self._left() > 0:
            self._judge_all(pairs(singles[:PAIRED], self.scenes))
        if self.found:
            self._judge_overtaken()
        self.found = [*self.found, *self.doubted] or self._partly_told()

    def _partly_told(self) -> list[Candidate]:
        """Return the patches for some of the failing tests, those that are to be believed as they are."""
        against = unexplained(self.judge, self.partly) if self.partly else {}
        self.doubts |= {edits: self.doubts[edits] or words for edits, words in against.items()}
        return [each._replace(score=each.score * (DOUBTED if each.edits in against else 1.0)) for each in self.partly]

    def _usable(self, kept: list[Candidate]) -> Iterator[Candidate]:
        """Yield single edits of functions that are alive and that failing tests run."""
        for candidate in Queue(self.places, self.job.get("weights", {})):
            number = candidate.edits[0][0]
            if self.judge.living[number] is not None and self.judge.targets(number):
                kept.append(candidate)
                yield candidate

    def _judge_all(self, candidates: Iterator[Candidate], share: float = 1.0) -> None:
        """Judge candidates batch by batch; those that hang are tried again with more time, the best first.

        `share`: of the time that is left, unless something is found.
        """
        waiting = self.waiting
        further, size = 0, BATCH // 2
        until = time.monotonic() + share * self._left()
        while self._left() > 0 and not self._enough(further) and (self.found or time.monotonic() < until):
            batch, began = list(islice(candidates, size)), time.monotonic()
            waiting += [(1, *slow) for slow in self._judged(batch, 0)]
            quick = time.monotonic() - began < QUICK_SECONDS and not self.found
            size = min(2 * size, MOST_AT_ONCE) if quick else min(size, BATCH)
            further += len(batch) if self.found else 0
            if not batch and (not waiting or share < 1.0):
                return
            waiting.sort(key=lambda item: (-item[1], -item[2].score / 2 ** item[0]))
            allowed = not self.found and self._slow_seconds < SLOW_SHARE * (time.monotonic() - self.start)
            due = [item for item in waiting if self._is_promising(*item)][:1] if not self.found else []
            due = [item for item in waiting if item[0] == 1][:RETRIED] if allowed and not due else due
            due = due or ([] if batch else waiting[:1])
            waiting[:] = [item for item in waiting if item not in due]
            began = time.monotonic()
            for level in sorted({level for level, _, _ in due}):
                again = self._judged([candidate for due_at, _, candidate in due if due_at == level], level)
                waiting += [(level + 1, *slow) for slow in again if level + 1 < len(ESCALATION)]
            self._slow_seconds += time.monotonic() - began
            if self.found and not batch:
                return

    def _judge_overtaken(self) -> None:
        """Judge those that a slow moment kept from being found first: which patch is taken is no matter of luck."""
        best = max(candidate.score for candidate in self.found)
        due = [item for item in self.waiting if item[2].score > best and item[1]]
        until = time.monotonic() + self._seconds_for_rivals()
        for level, _, candidate in sorted(due, key=lambda item: -item[2].score)[:OVERTAKEN]:
            while level <= MOST_HURRIED and time.monotonic() < until and self._judged([candidate], level, until):
                level += 1

    def _is_promising(self, level: int, passed: int, candidate: Candidate) -> bool:
        """Tell whether a candidate passed at least half of its failing tests before one took too long."""
        due = passed > 0 and level <= MOST_HURRIED
        return due and 2 * passed >= len(self.judge.targets(candidate.edits[0][0]))

    def _judged(
        self, batch: Sequence[Candidate], level: int, until: float | None = None
    ) -> list[tuple[int, Candidate]]:
        told, slow = self.judge.judge(batch, level, min(until or self.deadline, self.deadline))
        self.tried += len(told)
        for verdict in told:
            if verdict.kind == "plausible" and self.judge.confirms(verdict.candidate, self.deadline):
                self._take(verdict.candidate)
            elif verdict.kind == "failing" and verdict.passed and len(verdict.candidate.edits) == 1:
                self.improvers.append((len(verdict.passed), verdict.candidate))
        self._tell()
        return slow

    def _tell(self) -> None:
        """Say how far it has come, and the best patch so far."""
        best = max(self.found or self.doubted or self.partly, key=lambda each: each.score, default=None)
        edits = best.edits if best else ()
        words = "; ".join(f"{self._place(n)}:{e.line}: {' '.join(e.text.split())}" for n, e in edits)
        diff = self._diff(best) if best and best != self.told else ""
        self.told = best
        self.pace.tell(self.tried, time.monotonic() - self.start, words, diff)

    def _place(self, number: int) -> str:
        """Return the path of a unit as the whole tree has it."""
        return os.path.join(self.job["place"], self.scenes[number].unit.path)

    def _diff(self, candidate: Candidate) -> str:
        lines: list[str] = []
        for number in dict.fromkeys(number for number, _ in candidate.edits):
            path, place = self.scenes[number].unit.path, self._place(number)
            if f"--- a/{place}\n" not in lines:
                before = self.sources[path].text
                mine = [edit for n, edit in candidate.edits if self.scenes[n].unit.path == path]
                after = edited(before, mine).splitlines(keepends=True)
                lines += difflib.unified_diff(before.splitlines(keepends=True), after, f"a/{place}", f"b/{place}")
        return "".join(lines)

    def _take(self, candidate: Candidate) -> None:
        """Keep a patch. One for some of the failing tests waits for one for all, one in doubt for one that is not."""
        targets = {name for number, _ in candidate.edits for name in self.judge.targets(number)}
        share = len(targets) / max(1, self.failing)
        first = cpu_seconds()
        helpful = frozenset(improver.edits[0] for _, improver in self.improvers)
        doubted = doubt(self.judge, self.scenes, candidate, helpful, self.deadline)
        self.doubts[candidate.edits] = doubted
        if not self.first_cpu:
            self.first_cpu = first
        if share == 1 and not doubted:
            self.first_at = self.first_at or time.monotonic()
            self.found.append(candidate)
            return
        self.second_at = self.second_at or time.monotonic()
        if share == 1:
            self.doubted.append(candidate._replace(score=candidate.score * DOUBTED))
        else:
            self.partly.append(candidate._replace(score=candidate.score * share * (DOUBTED if doubted else 1.0)))

    def _enough(self, further: int) -> bool:
        """Tell whether the patches found were given rivals enough."""
        if not self.found:
            return bool(self.partly or self.doubted) and self._waited_enough()
        since = time.monotonic() - self.first_at
        return (since > self._seconds_for_rivals() and further >= LEAST_FURTHER) or further >= MOST_FURTHER

    def _seconds_for_rivals(self) -> float:
        """Return how long to look for further patches: the longer, the longer the first one took."""
        return max(MORE_SECONDS[0], min(MORE_SECONDS[1], MORE_SHARE * (self.first_at - self.start)))

    def _waited_enough(self) -> bool:
        """Tell whether a better patch was looked for long enough, now that there is a second best."""
        most = max(WAIT_SECONDS[0], min(WAIT_SECONDS[1], WAIT_SHARE * (self.deadline - self.second_at)))
        return time.monotonic() - self.second_at > most

    def _improving_pairs(self) -> Iterator[Candidate]:
        """Yield pairs of edits each of which makes some failing test pass and breaks none; first those that make all
        pass together."""
        best = sorted(self.improvers, key=lambda item: (-item[0], -item[1].score))[:MOST_IMPROVERS]
        if self.failing < 2 or len(best) < 2:
            return
        told, _ = self.judge.judge([candidate for _, candidate in best], 0, self.deadline, every=True)
        helped = [(verdict.candidate, self._passing(verdict)) for verdict in told if verdict.kind == "partly"]
        both = [
            (len(mine | theirs), Candidate(one.edits + other.edits, one.score * other.score))
            for number, (one, mine) in enumerate(helped)
            for other, theirs in helped[number + 1 :]
            if compatible(one, other, self.scenes, near=False) and not (mine <= theirs or theirs <= mine)
        ]
        both.sort(key=lambda item: (-item[0], -item[1].score))
        yield from (candidate for _, candidate in both)

    def _passing(self, verdict: Verdict) -> set[str]:
        """Return the failing tests that pass with a single edit."""
        targets = self.judge.targets(verdict.candidate.edits[0][0])
        return {targets[number] for number in verdict.passed}

    def _answer(self) -> dict[str, Any]:
        spent = time.monotonic() - self.start
        answer: dict[str, Any] = {
            "tried": self.tried,
            "seconds": spent,
            "cpu": cpu_seconds(),
            "first_cpu": self.first_cpu,
            "counts": getattr(getattr(self, "judge", None), "counts", {}),
            "patches": [],
            "units": [f"{place.scene.unit.path}:{place.scene.unit.title}" for place in self.places],
        }
        if self.found:
            found = compared(self.judge, self.found, self.deadline)
            answer["patches"] = [self._told(each) for each in found]
        return answer

    def _told(self, found: Found) -> dict[str, Any]:
        edits = [
            {"path": self.scenes[n].unit.path, "start": e.start, "end": e.end, "text": e.text, "line": e.line,
             "template": e.template, "unit": self.scenes[n].unit.title}
            for n, e in found.candidate.edits
        ]  # fmt: skip
        return {"edits": edits, "score": found.candidate.score, "behaviour": found.behaviour, "input": found.input,
                "result": found.result,
                "doubt": self.doubts.get(found.candidate.edits, "")}  # fmt: skip


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its children so far, collecting the tests included."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usage)

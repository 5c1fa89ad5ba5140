"""Compares patches that pass all tests: by examples in documentation, and on further inputs made from those seen."""

from __future__ import annotations

import doctest
import json
import os
import random
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from .forking import become_quiet, in_child, listen
from .judging import Judge
from .living import module_of
from .mutating import further_calls
from .observing import Seen as Observed
from .observing import observed
from .queue import Candidate

MOST_PATCHES = 8
CONSIDERED = 0.2
"""A patch is tried on further inputs if its score is at least this share of the best one's."""
RIVAL = 0.8
"""It counts as a rival, or as the same in other words, if that holds after what the inputs showed."""
WEAKER, MANY = 0.5, 3
"""Less likely ones count as well where patches of so many behaviours pass: then the tests tell little."""
INPUTS = 60
CALL_SECONDS = 0.03
PATCH_SECONDS = 0.6
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_LONGEST = 300

FALLS_THROUGH = 0.4
"""What counts of a patch that gives nothing for some calls and something for others."""
HANGS = 0.3
"""What counts of a patch that takes too long for a call that another patch answers."""
NO_ANSWER = ("no answer", "")
"""Of a call that took too long."""
UNASKED = ("not asked", "")
"""Of a call for which no time was left."""
_SILENT = (NO_ANSWER, UNASKED)
OBSERVED_SECONDS = 1.5
"""How long tests are run to see their calls."""
OBSERVED_TESTS = 30
MOST_READERS = 4
"""Functions that are called to show what a constant does."""

Seen = tuple[str, str]
"""What a call gave and what it left of its arguments, as texts that can be compared."""


class Found(NamedTuple):
    """A patch that passes. Those that behave alike have one number in `behaviour`; the best has 0.

    `input` is a call on which it differs from the best one, or the best one from the next; `result` what it gives.
    """

    candidate: Candidate
    behaviour: int = 0
    input: str = ""
    result: str = ""


class Input(NamedTuple):
    """A call to try: the number of its unit and the arguments."""

    number: int
    given: Mapping[str, Any]


class Told(NamedTuple):
    """What patches give: the inputs in words, and of each patch the examples that fail with it and what it gives for
    each input."""

    words: list[str]
    given: list[tuple[int, list[Seen]]]


class OutOfTime(BaseException):
    """A call used up its time."""


def compared(judge: Judge, found: Sequence[Candidate], deadline: float) -> list[Found]:
    """Return the best patches, grouped by what they do; rivals that fail more examples are left out."""
    ranked = sorted(found, key=lambda candidate: -candidate.score)
    ranked = [each for each in ranked if _considered(judge, ranked[0], each)][:MOST_PATCHES]
    seconds = OBSERVED_SECONDS + 2 * PATCH_SECONDS * (len(ranked) + 2)
    told: Told = in_child(lambda: _told(judge, ranked, deadline), seconds) or Told([], [(0, [])] * len(ranked))
    fewest = min(failed for failed, _ in told.given)
    fitting = [(each, seen) for each, (failed, seen) in zip(ranked, told.given) if failed == fewest]
    given = {n for _, seen in fitting for n, words in enumerate(seen) if words not in (NO_ANSWER, UNASKED)}
    weighed = [(each.score * _worth(seen, given), each, seen) for each, seen in fitting]
    weighed.sort(key=lambda item: -item[0])
    kept = rivals(weighed)
    answered = [n for n in range(len(told.words)) if all(seen[n] not in _SILENT for _, seen in kept)]
    same = [(each, [seen[n] for n in answered]) for each, seen in kept]
    return _grouped(same, [told.words[n] for n in answered])


def rivals(weighed: Sequence[tuple[float, Candidate, list[Seen]]]) -> list[tuple[Candidate, list[Seen]]]:
    """Return the patches that stand beside the best one, which is the first."""
    most = weighed[0][0]
    wide = [(each, seen) for weight, each, seen in weighed if weight >= WEAKER * most]
    near = [(each, seen) for weight, each, seen in weighed if weight >= RIVAL * most]
    calls = [place for place in range(len(wide[0][1])) if all(seen[place] not in _SILENT for _, seen in wide)]
    return wide if len({tuple(seen[place] for place in calls) for _, seen in wide}) >= MANY else near


def _told(judge: Judge, patches: Sequence[Candidate], deadline: float) -> Told:
    """Return what patches give for calls as tests make them, and for others like these. Runs in a child."""
    numbers = list(dict.fromkeys(n for each in patches for number, _ in each.edits for n in _called(judge, number)))
    units = [judge.units[number] for number in numbers]
    failing = [name for number in numbers for name in judge.targets(number)[:OBSERVED_TESTS]]
    passing = [name for number in numbers for name in judge.covering(number)[:OBSERVED_TESTS]]
    tests = [judge.tests[name] for name in dict.fromkeys([*passing, *failing])]
    seen = observed(units, tests, min(OBSERVED_SECONDS, deadline - time.monotonic()))
    inputs = [each for number, unit in zip(numbers, units) for each in _inputs(number, seen[unit])]
    return Told([_words(judge, each) for each in inputs], [_probe(judge, each, inputs, deadline) for each in patches])


def _called(judge: Judge, number: int) -> list[int]:
    """Return the functions whose calls show what a unit does: itself, or those that read what it assigns."""
    unit = judge.units[number]
    if unit.function:
        return [number]
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, unit.name.split(', ')))})\b")
    reading = [n for n, u in enumerate(judge.units) if u.function and judge.living[n] is not None
               and u.path == unit.path and names.search(judge.texts[u.path], u.body, u.end)]  # fmt: skip
    return reading[:MOST_READERS]


def _inputs(number: int, seen: Observed) -> Iterator[Input]:
    """Yield the calls that were seen of a unit, and others like these."""
    yield from (Input(number, given) for given in further_calls(seen.calls, INPUTS, random.Random(0)))


def _considered(judge: Judge, best: Candidate, other: Candidate) -> bool:
    """Tell whether a patch is likely enough beside the best one, and makes one of the same tests pass."""
    mine, theirs = ({name for n, _ in each.edits for name in judge.targets(n)} for each in (best, other))
    return other.score >= CONSIDERED * best.score and not mine.isdisjoint(theirs)


def _worth(seen: Sequence[Seen], given: Set[int]) -> float:
    """Return what counts of a patch by what it gave. `given`: the inputs for which some patch gave something."""
    hangs = any(seen[n] == NO_ANSWER for n in given)
    return (FALLS_THROUGH if _falls_through(seen) else 1.0) * (HANGS if hangs else 1.0)


def _falls_through(seen: Sequence[Seen]) -> bool:
    """Tell whether a patch gives nothing for some calls and something for others."""
    given = {result == "None" for result, _ in seen if result not in ("raises", "no answer", "not asked")}
    return len(given) == 2


def _grouped(kept: Sequence[tuple[Candidate, list[Seen]]], inputs: Sequence[str]) -> list[Found]:
    first = kept[0][1]
    groups: list[list[Seen]] = []
    found: list[Found] = []
    for candidate, seen in kept:
        if seen not in groups:
            groups.append(seen)
        other = first if seen != first else next((s for _, s in kept if s != first), first)
        place = _telling(seen, other, inputs)
        words = ("", "") if place is None else (inputs[place], seen[place][0])
        found.append(Found(candidate, groups.index(seen), *words))
    return found


def _telling(one: Sequence[Seen], other: Sequence[Seen], inputs: Sequence[str]) -> int | None:
    """Return the number of the shortest input that tells two patches apart."""
    differing = [n for n, (mine, theirs) in enumerate(zip(one, other)) if mine != theirs]
    return min(differing, key=lambda n: len(inputs[n]), default=None)


def _words(judge: Judge, one: Input) -> str:
    given = [
        f"{name}={_ADDRESS.sub('', repr(value))}"[:_LONGEST]
        for name, value in one.given.items()
        if name not in ("self", "cls")
    ]
    return f"{judge.units[one.number].title}({', '.join(given)})"


def _probe(judge: Judge, candidate: Candidate, inputs: Sequence[Input], deadline: float) -> tuple[int, list[Seen]]:
    """Return how many examples fail with a patch, and what it gives for each input."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(judge, candidate, inputs, writing)
    os.close(writing)
    until = min(deadline, time.monotonic() + 2 * PATCH_SECONDS)
    said = listen(reading, PATCH_SECONDS, until).decode(errors="replace")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    failed, results = 0, [UNASKED] * len(inputs)
    for line in said.splitlines():
        try:
            number, result, after = json.loads(line)
        except ValueError:
            continue
        if number < 0:
            failed = int(result)
        else:
            results[number] = (result, after)
    return failed, results


def _child(judge: Judge, candidate: Candidate, inputs: Sequence[Input], pipe: int) -> NoReturn:
    become_quiet()

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise OutOfTime

    try:
        judge.install(candidate)
        failed = _failing_examples(judge, candidate)
        os.write(pipe, (json.dumps([-1, failed, ""]) + "\n").encode())
        signal.signal(signal.SIGPROF, stop)
        for number, each in enumerate(inputs):
            told = [number, *_result(judge, each)]
            os.write(pipe, (json.dumps(told) + "\n").encode())
    except BaseException:
        os._exit(1)
    os._exit(0)


def _result(judge: Judge, one: Input) -> Seen:
    """Return what a call gives, and what it leaves of its arguments."""
    alive, call = judge.living[one.number], one.given
    if alive is None or not alive.functions:
        return "", ""
    function = alive.functions[0]
    code = function.__code__
    placed = code.co_varnames[: code.co_argcount]
    given = [call[name] for name in placed if name in call]
    named = {name: value for name, value in call.items() if name not in placed and "*" not in name}
    for name, value in call.items():
        if name.startswith("**"):
            named |= value
        elif name.startswith("*"):
            given += value
    signal.setitimer(signal.ITIMER_PROF, CALL_SECONDS, CALL_SECONDS)
    try:
        result = function(*given, **named)
        if hasattr(result, "__await__"):
            result = _awaited(result)
        return shape(result)[:_LONGEST], shape(given)[:_LONGEST] if _changes(given) else ""
    except OutOfTime:
        return NO_ANSWER
    except Exception:
        return "raises", ""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _changes(given: Sequence[object]) -> bool:
    return any(not isinstance(value, (int, float, str, bytes, tuple, type(None))) for value in given)


def _awaited(result: Any) -> Any:
    import asyncio

    async def wait() -> Any:
        return await result

    return asyncio.run(wait())


def shape(value: Any, depth: int = 4) -> str:
    """Return a text that two values share if they are alike, whatever their identity and order in sets."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, (list, tuple)) and depth:
        return f"{type(value).__name__}({', '.join(shape(each, depth - 1) for each in value)})"
    if isinstance(value, (set, frozenset)) and depth:
        return "{" + ", ".join(sorted(shape(each, depth - 1) for each in value)) + "}"
    if isinstance(value, dict) and depth:
        pairs = (f"{shape(key, depth - 1)}: {shape(each, depth - 1)}" for key, each in value.items())
        return "{" + ", ".join(sorted(pairs)) + "}"
    if hasattr(value, "__next__"):
        return shape(list(islice(value, 100)), depth)
    if getattr(type(value), "__repr__", None) == object.__repr__:
        return f"<{type(value).__name__} {shape(getattr(value, '__dict__', {}), depth - 1) if depth > 0 else ''}>"
    return _ADDRESS.sub("", repr(value))


def _failing_examples(judge: Judge, candidate: Candidate) -> int:
    """Return how many examples in the documentation of the changed files fail."""
    failed = 0
    for path in sorted({judge.units[number].path for number, _ in candidate.edits}):
        module = module_of(path)
        if module is None or ">>>" not in judge.texts[path]:
            continue
        for name, text in _documentation(judge.texts[path]):
            names = dict(module.__dict__)
            try:
                test = doctest.DocTestParser().get_doctest(text, names, name, path, 0)
                signal.setitimer(signal.ITIMER_PROF, 20 * CALL_SECONDS)
                failed += doctest.DocTestRunner(verbose=False).run(test, out=lambda words: None).failed
            except Exception:
                continue
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return failed


def _documentation(text: str) -> list[tuple[str, str]]:
    """Return the texts of a file that hold examples: documentation, and bare texts beside functions."""
    import ast

    found = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
    texts = [value.value for value in found if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return [(f"text {number}", words) for number, words in enumerate(texts) if ">>>" in words]

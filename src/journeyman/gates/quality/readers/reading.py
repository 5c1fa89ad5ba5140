"""What a reader gives back, and the few things every format shares: colours, places, counted tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from journeyman.domain.checks import Problem, TestCase, TestStatus
from journeyman.sandbox import TREE

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-Z\\-_])")
LONGEST_MESSAGE = 500
LARGEST_NUMBER = 10**9
WORST_FIRST = (TestStatus.ERROR, TestStatus.FAILED, TestStatus.SKIPPED, TestStatus.PASSED)


class Reading(msgspec.Struct, frozen=True):
    """What an output says. `known` is False when the reader found nothing of its format."""

    tests: tuple[TestCase, ...] = ()
    problems: tuple[Problem, ...] = ()
    known: bool = True


NOTHING = Reading(known=False)

Reader = Callable[[str, str | None], Reading]
"""Takes an output without colours and the report's content, if any; returns a Reading; never raises."""


def plain_text(output: str) -> str:
    """Return an output without colours and carriage returns."""
    text = ANSI.sub("", output) if "\x1b" in output else output
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def place(path: str) -> str:
    """Return a path as the repository knows it: relative to the tree's root."""
    path = path.strip().removeprefix("file://").removeprefix(f"{TREE}/")
    return path.removeprefix("./")


def number(text: str | None) -> int:
    """Return a line number; 0 for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def short(message: str) -> str:
    """Return a message that fits a report."""
    message = message.strip()
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


def worst_of_each(tests: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Return the tests, each name once, with the worst that was said about it."""
    kept: dict[str, TestCase] = {}
    for test in tests:
        known = kept.get(test.name)
        if known is None or _rank(test) < _rank(known):
            kept[test.name] = test
    return tuple(kept.values())


def _rank(test: TestCase) -> tuple[int, int]:
    return WORST_FIRST.index(test.status), -len(test.message)


def with_unnamed(tests: Iterable[TestCase], passed: int) -> tuple[TestCase, ...]:
    """Return the tests, filled up with unnamed ones to the number of passed tests that a summary tells."""
    tests = worst_of_each(tests)
    missing = passed - sum(test.status is TestStatus.PASSED for test in tests)
    names = (f"(passed test {index})" for index in range(1, min(missing, 100_000) + 1))
    return (*tests, *(TestCase(name=name, status=TestStatus.PASSED) for name in names))


def counted(text: str, word: str) -> int:
    """Return the number before a word in a summary, such as 3 in `3 passed, 1 failed`."""
    found = re.search(rf"\b(\d{{1,7}}) {word}\b", text)
    return int(found.group(1)) if found else 0

"""cargo test, build, check and clippy."""

from __future__ import annotations

import re

from journeyman.domain.checks import Problem, TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short, with_unnamed

RESULT = re.compile(
    r"(?m)^test (\S.*?)(?: - should panic)? \.\.\. (?:.*\n)??(ok|FAILED|ignored)(?:, (.*))?(?: <.*>)?$"
)
PANIC = re.compile(r"(?m)^thread '(.*?)'(?: \(\d+\))? panicked at (\S+?):(\d+):\d+:\n(.*)$")
OLD_PANIC = re.compile(r"(?m)^thread '(.*?)' panicked at '(.*?)', (\S+?):(\d+):\d+$")
ERROR = re.compile(r"(?m)^error(?:\[(E\d+)\])?: (.*)\n +--> (\S+?):(\d+):(\d+)$")
SHORT = re.compile(r"(?m)^(\S+?\.rs):(\d+):(\d+): error(?:\[(E\d+)\])?: (.*)$")
CALM = re.compile(r"(?m)^(?:test result: | +Finished )")
STATUS = {"ok": TestStatus.PASSED, "FAILED": TestStatus.FAILED, "ignored": TestStatus.SKIPPED}


def read_cargo(output: str, report: str | None) -> Reading:
    """Read what cargo prints; warnings count as problems only where they are denied, as errors."""
    panics = {name: (message, path, line) for name, path, line, message in PANIC.findall(output)}
    panics |= {name: (message, path, line) for name, message, path, line in OLD_PANIC.findall(output)}
    tests = with_unnamed((_test(name, word, why, panics) for name, word, why in RESULT.findall(output)), 0)
    found = [(path, line, column, code, text) for code, text, path, line, column in ERROR.findall(output)]
    found += [(path, line, column, code, text) for path, line, column, code, text in SHORT.findall(output)]
    problems = tuple(
        Problem(path=place(path), line=number(line), column=number(column), code=code, message=short(text))
        for path, line, column, code, text in dict.fromkeys(found)
    )
    known = tests or problems or CALM.search(output)
    return Reading(tests=tests, problems=problems) if known else NOTHING


def _test(name: str, word: str, why: str, panics: dict[str, tuple[str, str, str]]) -> TestCase:
    message, path, line = panics.get(name, (why, "", "")) if word != "ok" else ("", "", "")
    return TestCase(name=name, status=STATUS[word], message=short(message), path=place(path), line=number(line))

"""jest and vitest: their common JSON report where there is one, else each one's text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, counted, number, place, short, with_unnamed

STATUS = {
    "passed": TestStatus.PASSED,
    "failed": TestStatus.FAILED,
    "pending": TestStatus.SKIPPED,
    "skipped": TestStatus.SKIPPED,
    "todo": TestStatus.SKIPPED,
    "disabled": TestStatus.SKIPPED,
}
JEST_FILE = re.compile(r"(PASS|FAIL) (?:\S+ )?(\S+\.\w+)(?: \([\d.]+ m?s\))?$")
JEST_MARK = re.compile(r"( +)([✓✕○✎]) (?:skipped |todo )?(.*?)(?: \([\d.]+ m?s\))?$")
JEST_SUITE = re.compile(r"( +)(\S.*)$")
JEST_BLOCK = re.compile(r"  ● (.*)$")
JEST_TOTALS = re.compile(r"(?m)^Tests: +(.*)$")
MARKS = {"✓": TestStatus.PASSED, "✕": TestStatus.FAILED, "×": TestStatus.FAILED}
VITEST_LINE = re.compile(r" +([✓×↓]) (\S+\.\w+)(?: > (.*?))?(?: \d+ms)?$")
VITEST_FAIL = re.compile(r" ?FAIL +(?:\|.*?\| )?(\S+?\.\w+)(?: > (.*)| \[.*\])$")
VITEST_AT = re.compile(r" ❯ (\S+):(\d+):\d+$")
VITEST_TOTALS = re.compile(r"(?m)^ +Tests +(.*?)(?: \(\d+\))?$")


def read_jest(output: str, report: str | None) -> Reading:
    """Read a run of jest."""
    return _read(output, report, JEST_TOTALS, _jest_text)


def read_vitest(output: str, report: str | None) -> Reading:
    """Read a run of vitest."""
    return _read(output, report, VITEST_TOTALS, _vitest_text)


def _read(
    output: str, report: str | None, ending: re.Pattern[str], read: Callable[[list[str]], Iterable[TestCase]]
) -> Reading:
    reading = _read_json(report or (output if '"testResults"' in output else ""))
    if reading.known:
        return reading
    totals = ending.findall(output)
    tests = tuple(read(output.split("\n")))
    if not totals and not tests:
        return NOTHING
    return Reading(tests=with_unnamed(tests, counted(totals[-1], "passed") if totals else 0))


def _read_json(text: str) -> Reading:
    start = text.find('{"')
    if start < 0:
        return NOTHING
    try:
        content, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return NOTHING
    files = content.get("testResults")
    if not isinstance(files, list):
        return NOTHING
    return Reading(tests=with_unnamed((test for file in files if isinstance(file, dict) for test in _file(file)), 0))


def _file(file: dict[str, Any]) -> Iterator[TestCase]:
    path = place(str(file.get("name", "")))
    cases = [case for case in file.get("assertionResults") or () if isinstance(case, dict)]
    if file.get("status") == "failed" and not cases:
        yield TestCase(name=path, status=TestStatus.ERROR, message=short(str(file.get("message", ""))), path=path)
    for case in cases:
        title = " > ".join([path, *map(str, case.get("ancestorTitles") or ()), str(case.get("title", ""))])
        message = "\n".join(map(str, case.get("failureMessages") or ()))
        at = re.search(rf"{re.escape(path)}:(\d{{1,7}}):", message) if path else None
        yield TestCase(
            name=title,
            status=STATUS.get(str(case.get("status")), TestStatus.SKIPPED),
            message=short(message.partition("\n    at ")[0]),
            path=path,
            line=number(at.group(1)) if at else 0,
        )


def _jest_text(lines: list[str]) -> Iterator[TestCase]:
    path, failed, suites, reasons = "", False, list[str](), False
    for index, line in enumerate(lines):
        if found := JEST_FILE.match(line):
            failed, path, suites, reasons = found.group(1) == "FAIL", place(found.group(2)), [], False
        elif not path:
            continue
        elif found := JEST_BLOCK.match(line):
            reasons = True
            yield _block(path, found.group(1), "\n".join(lines[index + 1 : index + 7]))
        elif not reasons and (found := JEST_MARK.match(line)):
            depth = len(found.group(1)) // 2 - 1
            name = " > ".join([path, *suites[:depth], found.group(3)])
            yield TestCase(name=name, status=MARKS.get(found.group(2), TestStatus.SKIPPED), path=path)
        elif failed and reasons:
            continue
        elif found := JEST_SUITE.match(line):
            suites[max(len(found.group(1)) // 2 - 1, 0) :] = [found.group(2)]


def _block(path: str, title: str, below: str) -> TestCase:
    message = short(" ".join(below.split()))
    if title.startswith("Test suite failed to run"):
        return TestCase(name=path, status=TestStatus.ERROR, message=message, path=path)
    name = " > ".join([path, *title.split(" › ")])
    return TestCase(name=name, status=TestStatus.FAILED, message=message, path=path)


def _vitest_text(lines: list[str]) -> Iterator[TestCase]:
    for index, line in enumerate(lines):
        if found := VITEST_LINE.match(line):
            if found.group(3):
                name = f"{place(found.group(2))} > {found.group(3)}"
                status = MARKS.get(found.group(1), TestStatus.SKIPPED)
                yield TestCase(name=name, status=status, path=place(found.group(2)))
        elif found := VITEST_FAIL.match(line):
            yield _vitest_failure(place(found.group(1)), found.group(2), lines[index + 1 : index + 25])


def _vitest_failure(path: str, title: str | None, below: list[str]) -> TestCase:
    spots = (found for text in below if (found := VITEST_AT.match(text)))
    line = next((number(found.group(2)) for found in spots if place(found.group(1)) == path), 0)
    message = short(below[0]) if below else ""
    if title is None:
        return TestCase(name=path, status=TestStatus.ERROR, message=message, path=path, line=line)
    return TestCase(name=f"{path} > {title}", status=TestStatus.FAILED, message=message, path=path, line=line)

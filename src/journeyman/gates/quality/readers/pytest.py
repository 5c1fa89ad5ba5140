"""pytest: its JUnit XML report where there is one, else its text, short or verbose."""

from __future__ import annotations

import re

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.junit import read_pytest_report
from journeyman.gates.quality.readers.reading import NOTHING, Reading, counted, number, place, short, with_unnamed

ID = r"(?:[^\s\[]|[ ](?!- ))+(?:\[.*?\](?= - |\s+\[\s*\d+%\]$|$))?"
SUMMARY_LINE = re.compile(rf"(?m)^(FAILED|ERROR|PASSED|XFAIL|XPASS) ({ID})(?: - (.*))?$")
VERBOSE_LINE = re.compile(
    r"(?m)^(\S+?\.py::.*?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?: +\[ *\d+%\])?$"
)
WORKER_LINE = re.compile(r"(?m)^\[gw\d+\] \[ *\d+%\] (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S+?\.py::.*?) *$")
SKIP_LINE = re.compile(r"(?m)^SKIPPED \[\d+\] (\S+?):(\d+): (.*)$")
TOTALS = re.compile(r"(?m)^=*\s?((?:\d+ [a-z]+, )*\d+ [a-z]+|no tests ran) in [\d.]+s")
HEADING = re.compile(r"(?m)^_{3,} (?:ERROR at \w+ of |ERROR collecting )?(\S.*?) _{3,}$")
STATUS = {
    "PASSED": TestStatus.PASSED,
    "XPASS": TestStatus.PASSED,
    "FAILED": TestStatus.FAILED,
    "ERROR": TestStatus.ERROR,
    "SKIPPED": TestStatus.SKIPPED,
    "XFAIL": TestStatus.SKIPPED,
}


def read_pytest(output: str, report: str | None) -> Reading:
    """Read a run of pytest."""
    if report:
        reading = read_pytest_report(report)
        if reading.known:
            return reading
    totals = TOTALS.findall(output)
    lines = _line_numbers(output)
    tests = [
        _test(name, word, message, lines)
        for word, name, message in SUMMARY_LINE.findall(output)
        if word not in ("FAILED", "ERROR") or ".py" in name
    ]
    tests += [_test(name, word, "", lines) for name, word in VERBOSE_LINE.findall(output)]
    tests += [_test(name, word, "", lines) for word, name in WORKER_LINE.findall(output)]
    tests += [
        TestCase(name=f"{place(path)}:{line}", status=TestStatus.SKIPPED, message=reason, path=place(path))
        for path, line, reason in SKIP_LINE.findall(output)
    ]
    if not totals and not tests:
        return NOTHING
    return Reading(tests=with_unnamed(tests, counted(totals[-1], "passed") if totals else 0))


def _test(name: str, word: str, message: str, lines: dict[str, int]) -> TestCase:
    path, _, inside = name.partition("::")
    line = lines.get(inside.replace("::", "."), 0)
    return TestCase(name=name, status=STATUS[word], message=short(message), path=place(path), line=line)


def _line_numbers(output: str) -> dict[str, int]:
    """Return the line where each failed test stopped, by the name in its heading."""
    marks = list(HEADING.finditer(output))
    ends = [mark.start() for mark in marks[1:]] + [len(output)]
    lines: dict[str, int] = {}
    for mark, end in zip(marks, ends, strict=False):
        found = re.search(r"(?m)^(?:>? *)?\S+\.py:(\d{1,7}): ", output[mark.end() : end])
        if found:
            lines[mark.group(1)] = number(found.group(1))
    return lines

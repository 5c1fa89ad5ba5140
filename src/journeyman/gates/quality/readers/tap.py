"""TAP, nested or flat, and what `node --test` prints: TAP or its own picture of the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, counted, number, place, short, with_unnamed

POINT = re.compile(r"( *)(not ok|ok)\b ?(\d*)(?: - | )?(.*?)(?: ?(?<!\\)# ((?i:skip|todo))\S*(.*))?$")
SUBTEST = re.compile(r"( *)# Subtest: (.*)$")
SAID = re.compile(r"\s*(?:error|message): (?:\|-|['\"]?(.*?)['\"]?)$")
AT = re.compile(r"\s*location: '(.*?):(\d+):\d+'$")
SPEC = re.compile(r"( *)([✔✖﹣▶]) (.*?)(?: \([\d.]+m?s\)(?: # ?(.*))?)?$")
SPEC_TEST_AT = re.compile(r"(?m)^test at (.*?):(\d+):\d+\n✖ (.*?)(?: \([\d.]+m?s\))?(?: #.*)?\n((?:  .*\n?){0,6})")


def read_tap(output: str, report: str | None) -> Reading:
    """Read TAP. A point with points below it is a suite and counts by them."""
    tests = tuple(_points((report or output).split("\n")))
    return Reading(tests=with_unnamed(tests, 0)) if tests else NOTHING


def read_node(output: str, report: str | None) -> Reading:
    """Read `node --test`: the spec picture if there is one, else TAP."""
    if not re.search(r"(?m)^ℹ tests \d", output):
        return read_tap(output, report)
    tests = tuple(_spec(output))
    passed = re.search(r"(?m)^ℹ pass (\d{1,7})$", output)
    return Reading(tests=with_unnamed(tests, counted(passed.group(1) + " pass", "pass") if passed else 0))


def _points(lines: list[str]) -> Iterator[TestCase]:
    suites: list[str] = []
    children = [0] * 64
    for index, line in enumerate(lines):
        if line.lstrip(" ")[:1] not in ("#", "n", "o"):
            continue
        if subtest := SUBTEST.match(line):
            depth = min(len(subtest.group(1)) // 4, 60)
            suites[depth:] = [_unescaped(subtest.group(2))]
            continue
        point = POINT.match(line)
        if not point:
            continue
        depth = min(len(point.group(1)) // 4, 60)
        had, children[depth + 1] = children[depth + 1], 0
        children[depth] += 1
        if had == 0:
            yield _point(point, suites[:depth], lines[index + 1 : index + 12])


def _point(point: re.Match[str], suites: list[str], below: list[str]) -> TestCase:
    _, verdict, count, name, directive, why = point.groups()
    full = " > ".join([*suites, _unescaped(name) or f"test {count}"])
    if directive:
        return TestCase(name=full, status=TestStatus.SKIPPED, message=short(why or ""))
    if verdict == "ok":
        return TestCase(name=full, status=TestStatus.PASSED)
    message, path, line = _diagnosis(below)
    return TestCase(name=full, status=TestStatus.FAILED, message=short(message), path=place(path), line=line)


def _diagnosis(below: list[str]) -> tuple[str, str, int]:
    message, path, line = "", "", 0
    if not below or below[0].strip() != "---":
        return message, path, line
    for index, text in enumerate(below):
        if text.strip() == "...":
            break
        if at := AT.match(text):
            path, line = at.group(1), number(at.group(2))
        elif not message and (said := SAID.match(text)):
            message = said.group(1) or " ".join(part.strip() for part in below[index + 1 : index + 4])
    return message, path, line


def _unescaped(name: str) -> str:
    return name.replace("\\#", "#").replace("\\\\", "\\").strip()


def _spec(output: str) -> Iterator[TestCase]:
    picture, _, failing = output.partition("✖ failing tests:")
    reasons = {name: (path, line, said) for path, line, name, said in SPEC_TEST_AT.findall(failing)}
    suites: list[str] = []
    for text in picture.split("\n"):
        found = SPEC.match(text)
        if not found:
            continue
        depth, mark, name, directive = len(found.group(1)) // 2, found.group(2), found.group(3), found.group(4)
        if mark == "▶":
            suites[depth:] = [name]
        elif len(suites) > depth and suites[depth] == name:
            del suites[depth:]
        else:
            yield _spec_test(" > ".join([*suites[:depth], name]), mark, directive, reasons.get(name, ("", "", "")))


def _spec_test(name: str, mark: str, directive: str | None, reason: tuple[str, str, str]) -> TestCase:
    if directive is not None or mark == "﹣":
        return TestCase(name=name, status=TestStatus.SKIPPED, message=short(directive or ""))
    if mark == "✔":
        return TestCase(name=name, status=TestStatus.PASSED)
    path, line, said = reason
    message = short(" ".join(said.split()))
    return TestCase(name=name, status=TestStatus.FAILED, message=message, path=place(path), line=number(line))

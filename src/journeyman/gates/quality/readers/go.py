"""go test, plain or -json, and what go vet and go build complain about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from journeyman.domain.checks import Problem, TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short, with_unnamed

RESULT = re.compile(r" *--- (PASS|FAIL|SKIP): (\S+) \([\d.]+s\)$")
PACKAGE = re.compile(r"(ok|FAIL|\?) *\t(\S+)(?:\s+(.*))?$")
SAID = re.compile(r"\s+([\w./-]+\.go):(\d+): (.*)$")
COMPLAINT = re.compile(r"(?m)^(?:vet: )?(\.?/?[\w./@-]+\.go):(\d+):(?:(\d+):)? (.*)$")
STATUS = {"PASS": TestStatus.PASSED, "FAIL": TestStatus.FAILED, "SKIP": TestStatus.SKIPPED}


def read_go(output: str, report: str | None) -> Reading:
    """Read go test, go vet, go build and golangci-lint."""
    events = list(_events(output)) if '"Action"' in output else []
    tests = tuple(_from_events(events)) if events else tuple(_from_text(output.split("\n")))
    text = "".join(str(event.get("Output", "")) for event in events if not event.get("Test")) if events else output
    found = (
        Problem(path=place(path), line=number(line), column=number(column), message=short(message))
        for path, line, column, message in COMPLAINT.findall(text)
    )
    problems = tuple(dict.fromkeys(found))
    return Reading(tests=with_unnamed(tests, 0), problems=problems) if tests or problems else NOTHING


def _events(output: str) -> Iterator[dict[str, Any]]:
    for line in output.split("\n"):
        if line.startswith("{"):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event


def _from_events(events: list[dict[str, Any]]) -> Iterator[TestCase]:
    """Yield the tests, each in its package. A test with subtests counts by them."""
    said: dict[tuple[str, str], list[str]] = {}
    with_subtests = {(e.get("Package"), str(e["Test"]).rpartition("/")[0]) for e in events if e.get("Test")}
    failed_in = {e.get("Package") for e in events if e.get("Test") and e.get("Action") == "fail"}
    for event in events:
        package, test, action = str(event.get("Package", "")), str(event.get("Test", "")), event.get("Action")
        if action == "output":
            said.setdefault((package, test), []).append(str(event.get("Output", "")).rstrip("\n"))
        elif action in ("pass", "fail", "skip") and test and (package, test) not in with_subtests:
            yield _test(f"{package}.{test}", STATUS[str(action).upper()], said.get((package, test), []))
        elif action == "fail" and package and not test and package not in failed_in:
            yield TestCase(name=package, status=TestStatus.ERROR, message="the package does not build or crashed")


def _from_text(lines: list[str]) -> Iterator[TestCase]:
    """Yield the tests; the package's name comes after them, what a test said before or after its result."""
    waiting: list[tuple[str, TestStatus, list[str]]] = []
    for index, line in enumerate(lines):
        if found := RESULT.match(line):
            near = [*_before(lines, index), *lines[index + 1 : index + 6]]
            waiting.append((found.group(2), STATUS[found.group(1)], near))
        elif found := PACKAGE.match(line):
            verdict, package, rest = found.groups()
            parents = {name.rpartition("/")[0] for name, _, _ in waiting}
            leaves = [entry for entry in waiting if entry[0] not in parents]
            yield from (_test(f"{package}.{name}", status, near) for name, status, near in leaves)
            if verdict == "FAIL" and not any(status is TestStatus.FAILED for _, status, _ in leaves):
                yield TestCase(name=package, status=TestStatus.ERROR, message=rest or "")
            elif verdict == "ok" and not waiting:
                yield TestCase(name=package, status=TestStatus.PASSED)
            waiting = []


def _before(lines: list[str], index: int) -> list[str]:
    """Return what -v printed between `=== RUN` and the result."""
    start = index
    while start and index - start < 20 and SAID.match(lines[start - 1]):
        start -= 1
    return lines[start:index]


def _test(name: str, status: TestStatus, said: list[str]) -> TestCase:
    found = next((found for line in said if (found := SAID.match(line))), None)
    if status is TestStatus.PASSED or found is None:
        return TestCase(name=name, status=status)
    return TestCase(
        name=name,
        status=status,
        message=short(found.group(3)),
        path=place(found.group(1)),
        line=number(found.group(2)),
    )

"""unittest: verbose lines name every test; the blocks below tell why one failed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short, with_unnamed

STARTED = re.compile(r"(\w+) \(([\w.]+)\)(?: \.\.\. ?(.*))?$")
WORDS = (
    ("unexpected success", TestStatus.FAILED),
    ("expected failure", TestStatus.SKIPPED),
    ("skipped", TestStatus.SKIPPED),
    ("FAIL", TestStatus.FAILED),
    ("ERROR", TestStatus.ERROR),
    ("ok", TestStatus.PASSED),
)
BLOCK = re.compile(r"(?m)^={70}\n(FAIL|ERROR): (\w+) \(([\w.]+)\)(.*)$")
FRAME = re.compile(r'(?m)^  File "([^"\n]+)", line (\d+)')
TOTALS = re.compile(r"(?m)^Ran (\d+) tests? in [\d.]+s[ \t]*\n\n?(OK|FAILED|NO TESTS RAN)(.*)$")


def read_unittest(output: str, report: str | None) -> Reading:
    """Read a run of unittest, verbose or not."""
    totals = TOTALS.search(output)
    if not totals:
        return NOTHING
    tests = [*_failed(output), *_named(output)]
    other = sum(int(count) for count in re.findall(r"=(\d{1,7})\b", totals.group(3)))
    return Reading(tests=with_unnamed(tests, number(totals.group(1)) - other))


def _named(output: str) -> Iterator[TestCase]:
    """Yield the tests of verbose lines; a verdict may stand lines below, after what the test printed."""
    waiting = ""
    for line in output.split("\n"):
        if line.startswith("=====") or line.startswith("-----"):
            return
        text = line
        if found := STARTED.match(line):
            waiting, text = _name(found.group(1), found.group(2)), found.group(3) or ""
        elif waiting and " ... " in line:
            text = line.rpartition(" ... ")[2]
        status = next((status for word, status in WORDS if text.startswith(word)), None)
        if waiting and status:
            yield TestCase(name=waiting, status=status, message=text if text.startswith("skipped") else "")
            waiting = ""


def _failed(output: str) -> Iterator[TestCase]:
    output = re.split(r"\n-{70}\nRan \d", output)[0]
    blocks = list(BLOCK.finditer(output))
    for index, block in enumerate(blocks):
        end = blocks[index + 1].start() if index + 1 < len(blocks) else len(output)
        text = output[block.end() : end]
        frames = [(path, line) for path, line in FRAME.findall(text) if "/unittest/" not in path]
        path, line = frames[0] if frames else ("", "")
        said = [line for line in text.strip().split("\n") if line and not line.startswith((" ", "-", "="))]
        yield TestCase(
            name=_name(block.group(2), block.group(3)),
            status=TestStatus.FAILED if block.group(1) == "FAIL" else TestStatus.ERROR,
            message=short(said[-1] if said else ""),
            path=place(path),
            line=number(line),
        )


def _name(test: str, owner: str) -> str:
    """Return the dotted name that `python -m unittest` takes; older versions leave the test out of the brackets."""
    owner = owner.removeprefix("unittest.loader._FailedTest.").removeprefix("unittest.loader._FailedTest")
    return owner if owner.rpartition(".")[2] == test else f"{owner}.{test}".lstrip(".")

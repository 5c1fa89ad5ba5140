"""The one table of readers, and the class that uses it. A new format is a function and a line here."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from journeyman.domain.checks import Check, CheckOutcome, Problem, TestCase, TestStatus
from journeyman.gates.contract import Raw
from journeyman.gates.quality.readers.cargo import read_cargo
from journeyman.gates.quality.readers.doctest import read_doctest
from journeyman.gates.quality.readers.formatters import read_black, read_isort, read_prettier
from journeyman.gates.quality.readers.go import read_go
from journeyman.gates.quality.readers.jest import read_jest, read_vitest
from journeyman.gates.quality.readers.junit import read_junit
from journeyman.gates.quality.readers.linters import (
    read_autoflake,
    read_eslint,
    read_mypy,
    read_pre_commit,
    read_ruff,
    read_tsc,
)
from journeyman.gates.quality.readers.pytest import read_pytest
from journeyman.gates.quality.readers.reading import NOTHING, Reader, Reading, plain_text
from journeyman.gates.quality.readers.tap import read_node, read_tap
from journeyman.gates.quality.readers.unittest import read_unittest

READERS: dict[str, Reader] = {
    "pytest": read_pytest,
    "unittest": read_unittest,
    "doctest": read_doctest,
    "node": read_node,
    "jest": read_jest,
    "vitest": read_vitest,
    "go": read_go,
    "cargo": read_cargo,
    "tap": read_tap,
    "junit": read_junit,
    "ruff": read_ruff,
    "mypy": read_mypy,
    "eslint": read_eslint,
    "tsc": read_tsc,
    "black": read_black,
    "isort": read_isort,
    "prettier": read_prettier,
    "autoflake": read_autoflake,
    "pre-commit": read_pre_commit,
}

SNIFFED = (
    *("junit", "unittest", "doctest", "pytest", "jest", "vitest", "node", "cargo", "tsc", "mypy", "go"),
    *("pre-commit", "eslint", "ruff", "autoflake", "black", "prettier"),
)
"""What a plain command's output is tried as, the one that understands most counts, the surer one first."""

Placed = TypeVar("Placed", TestCase, Problem)

BAD = (TestStatus.FAILED, TestStatus.ERROR)
MISSING_TOOL = re.compile(
    r"No module named '?[\w.]+'?\s*\Z|: (?:command )?not found\s*\Z|No such file or directory\s*\Z"
)
FINISHED = (0, 1, 2, 5)
"""Exit codes of runners that came to their end; after any other a report may be a stale one."""


class OutputReaders:
    """Reads the output of any check."""

    def read(self, check: Check, raw: Raw) -> CheckOutcome:
        """Return the outcome. The exit code wins: a command that was content has no failed tests."""
        reading = self._reading(check, raw)
        tests = reading.tests if raw.exit_code else tuple(t for t in reading.tests if t.status not in BAD)
        folder = _folder(check.command)
        return CheckOutcome(
            check=check,
            exit_code=raw.exit_code,
            seconds=raw.seconds,
            output=raw.output,
            timed_out=raw.timed_out,
            readable=reading.known,
            tests=tuple(_below(folder, test) for test in tests),
            problems=tuple(_below(folder, problem) for problem in dict.fromkeys(reading.problems)),
        )

    def _reading(self, check: Check, raw: Raw) -> Reading:
        text = plain_text(raw.output)
        if raw.exit_code in (126, 127) or (raw.exit_code and MISSING_TOOL.search(text[-300:])):
            return NOTHING
        report = raw.report if raw.exit_code in FINISHED and not raw.timed_out else None
        if check.reader in READERS:
            return READERS[check.reader](text, report)
        readings = [READERS[name](text, report) for name in SNIFFED]
        return max(readings, key=lambda reading: (reading.known, len(reading.tests), len(reading.problems)))


def _folder(command: str) -> str:
    """Return the folder that a found check of a nested project goes to first."""
    found = re.match(r"cd '?([^'&]+?)'? && ", command)
    return found.group(1) if found else ""


def _below(folder: str, thing: Placed) -> Placed:
    inside = folder and thing.path and not thing.path.startswith(("/", f"{folder}/"))
    return msgspec.structs.replace(thing, path=f"{folder}/{thing.path}") if inside else thing

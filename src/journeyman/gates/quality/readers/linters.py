"""Linters and type checkers, which say path, line and message: ruff, flake8, mypy, pyright, eslint, tsc; and those
that say less: autoflake the path, pre-commit the hook."""

from __future__ import annotations

import json
import re
from typing import Any

from journeyman.domain.checks import Problem
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short

CONCISE = re.compile(r"(?m)^(\S[^:\n]*):(\d+):(\d+): ([A-Z]+\d+|[a-z]+(?:-[a-z]+)+)(?::)? (?:\[\*\] )?(.*)$")
FULL = re.compile(r"(?m)^([A-Z]+\d+|[a-z]+(?:-[a-z]+)+)(?::)? (?:\[\*\] )?(.*)\n +--> (\S[^:\n]*):(\d+):(\d+)$")
RUFF_CALM = re.compile(r"(?m)^(?:All checks passed!|Found \d+ errors?)")
MYPY = re.compile(r"(?m)^(\S[^:\n]*):(\d+):(?:(\d+):)?(?:\d+:\d+:)? error: (.*?)(?:  \[([\w-]+)\])?$")
MYPY_FILE = re.compile(r"(?m)^(\S[^:\n]*\.pyi?): error: (.*?)(?:  \[([\w-]+)\])?$")
MYPY_CALM = re.compile(r"(?m)^(?:Success: no issues found|Found \d+ errors? in|\d+ errors?, \d+ warnings?)")
PYRIGHT = re.compile(r"(?m)^ +(\S[^:\n]*):(\d+):(\d+) - error: (.*?)(?: \((report\w+)\))?$")
TSC = re.compile(r"(?m)^(\S[^(:\n]*)(?:\((\d+),(\d+)\):|:(\d+):(\d+) -) error (TS\d+): (.*)$")
TSC_CALM = re.compile(r"(?m)^(?:error TS\d+: |Found \d+ errors?)")
ESLINT_FILE = re.compile(r"^(?:/|[A-Z]:|\.{0,2}\w)\S*$")
ESLINT_LINE = re.compile(r"^ +(\d+):(\d+) +(error|warning) +(.*?)(?: {2,}(\S+))?$")
ESLINT_CALM = re.compile(r"(?m)^✖ \d+ problems? ")

AUTOFLAKE = re.compile(r"(?m)^(\S[^:\n]*): (Unused imports/variables detected)$")
AUTOFLAKE_CALM = re.compile(r"(?m)^(?:\S[^:\n]*: )?No issues detected!$")
HOOK = re.compile(r"(?m)^(\S.*?)\.{3,}(?:\(.*\))?(Passed|Failed|Skipped)$(?:\n- hook id: (\S+)$)?")


def read_ruff(output: str, report: str | None) -> Reading:
    """Read ruff, concise or full, and flake8."""
    found = [(path, line, column, code, text) for path, line, column, code, text in CONCISE.findall(output)]
    found += [(path, line, column, code, text) for code, text, path, line, column in FULL.findall(output)]
    problems = tuple(_problem(*parts) for parts in found)
    return Reading(problems=problems) if problems or RUFF_CALM.search(output) else NOTHING


def read_mypy(output: str, report: str | None) -> Reading:
    """Read mypy and pyright."""
    found = [(path, line, column, code, text) for path, line, column, text, code in MYPY.findall(output)]
    found += [(path, line, column, code, text) for path, line, column, text, code in PYRIGHT.findall(output)]
    found += [(path, "", "", code, text) for path, text, code in MYPY_FILE.findall(output)]
    problems = tuple(_problem(*parts) for parts in found)
    return Reading(problems=problems) if problems or MYPY_CALM.search(output) else NOTHING


def read_tsc(output: str, report: str | None) -> Reading:
    """Read the TypeScript compiler, plain or pretty."""
    problems = tuple(
        _problem(path, line or other_line, column or other_column, code, text)
        for path, line, column, other_line, other_column, code, text in TSC.findall(output)
    )
    return Reading(problems=problems) if problems or TSC_CALM.search(output) else NOTHING


def read_eslint(output: str, report: str | None) -> Reading:
    """Read eslint's stylish output or its JSON. Warnings are left out: they fail nothing."""
    start = output.find('[{"filePath"')
    if start >= 0:
        return _eslint_json(output[start:])
    path, problems, seen = "", [], False
    for text in output.split("\n"):
        if found := ESLINT_LINE.match(text[:2000]):
            seen = True
            line, column, level, message, code = found.groups()
            if level == "error" and path:
                problems.append(_problem(path, line, column, code or "", message))
        elif ESLINT_FILE.match(text[:500]):
            path = text
    return Reading(problems=tuple(problems)) if seen or ESLINT_CALM.search(output) else NOTHING


def read_autoflake(output: str, report: str | None) -> Reading:
    """Read autoflake --check, which names files alone."""
    problems = tuple(_problem(path, "", "", "unused", message) for path, message in AUTOFLAKE.findall(output))
    return Reading(problems=problems) if problems or AUTOFLAKE_CALM.search(output) else NOTHING


def read_pre_commit(output: str, report: str | None) -> Reading:
    """Read pre-commit: each hook that failed is a problem without a place."""
    hooks = HOOK.findall(output)
    failed = tuple(_problem("", "", "", hook, name) for name, ending, hook in hooks if ending == "Failed")
    return Reading(problems=failed) if hooks else NOTHING


def _eslint_json(text: str) -> Reading:
    try:
        files, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return NOTHING
    entries = [entry for entry in files if isinstance(entry, dict) and isinstance(entry.get("messages"), list)]
    return Reading(problems=tuple(problem for entry in entries for problem in _eslint_file(entry)))


def _eslint_file(entry: dict[str, Any]) -> list[Problem]:
    path = str(entry.get("filePath", ""))
    errors = [said for said in entry["messages"] if isinstance(said, dict) and said.get("severity") == 2]
    return [
        _problem(path, str(e.get("line")), str(e.get("column")), str(e.get("ruleId") or ""), str(e.get("message")))
        for e in errors
    ]


def _problem(path: str, line: str, column: str, code: str, message: str) -> Problem:
    return Problem(
        path=place(path), line=number(line), column=number(column), code=code or "", message=short(message)
    )

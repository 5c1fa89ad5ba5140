"""Formatters in checking mode: black, ruff format, isort, prettier name the files they would change."""

from __future__ import annotations

import re

from journeyman.domain.checks import Problem
from journeyman.gates.quality.readers.reading import NOTHING, Reading, place, short

BLACK = re.compile(r"(?m)^[Ww]ould reformat:? (.+)$")
RUFF = re.compile(r"(?m)^unformatted: .*\n +--> (\S[^:\n]*):\d+:\d+$")
RUFF_SYNTAX = re.compile(r"(?m)^invalid-syntax: (.*)\n +--> (\S[^:\n]*):\d+:\d+$")
BLACK_ERROR = re.compile(r"(?m)^error: (?:cannot format|cannot parse:|Failed to parse) (\S+?):(?: (.*)|\d+:\d+.*)$")
BLACK_CALM = re.compile(r"(?m)^(?:All done!|\d+ files? (?:would be left unchanged|already formatted|left unch))")
ISORT = re.compile(r"(?m)^ERROR: (.+?) (Imports are incorrectly sorted and/or formatted\.)$")
PRETTIER = re.compile(r"(?m)^\[(warn|error)\] (\S[^:\n]*?\.\w+)(?:: (.*))?$")
PRETTIER_CALM = re.compile(r"(?m)^(?:All matched files use Prettier|Checking formatting\.\.\.)")


def read_black(output: str, report: str | None) -> Reading:
    """Read black and ruff format."""
    problems = [_unformatted(path) for path in (*BLACK.findall(output), *RUFF.findall(output))]
    problems += [_broken(path, message) for path, message in BLACK_ERROR.findall(output)]
    problems += [_broken(path, message) for message, path in RUFF_SYNTAX.findall(output)]
    return Reading(problems=tuple(problems)) if problems or BLACK_CALM.search(output) else NOTHING


def read_isort(output: str, report: str | None) -> Reading:
    """Read isort, which says nothing at all when it is content."""
    problems = [
        Problem(path=place(path), line=0, message=message, code="imports") for path, message in ISORT.findall(output)
    ]
    return Reading(problems=tuple(problems)) if problems or not output.strip() else NOTHING


def read_prettier(output: str, report: str | None) -> Reading:
    """Read prettier --check."""
    problems = [
        _broken(path, message) if level == "error" else _unformatted(path)
        for level, path, message in PRETTIER.findall(output)
    ]
    return Reading(problems=tuple(problems)) if problems or PRETTIER_CALM.search(output) else NOTHING


def _unformatted(path: str) -> Problem:
    return Problem(path=place(path), line=0, message="would be reformatted", code="format")


def _broken(path: str, message: str) -> Problem:
    return Problem(path=place(path), line=0, message=short(message) or "cannot be parsed", code="syntax")

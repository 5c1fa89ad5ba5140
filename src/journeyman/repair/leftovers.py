"""What is said about a check that still fails: what it is, and what a person could do next."""

from __future__ import annotations

import re

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus
from journeyman.repair.contract import Leftover
from journeyman.repair.protected import is_test_file

_SHOWN = 3
_MISSING_PACKAGE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_SNAPSHOT = re.compile(
    r"--snapshot-update|inline-snapshot|snapshots? (?:report|failed|obsolete)|Snapshots +\d+ (?:failed|obsolete)"
    r"|--force-regen|cargo insta"
)
_UNREAD = re.compile(
    r'^E\s+File "(?P<path>[^"]+)", line \d+\n(?:E .*\n){0,3}?E\s+(?:Syntax|Indentation|Tab)Error', re.M
)
_UNDECIDED = "apply by hand the patch that is meant, or the likeliest by journeyman fix --apply-first"
_MODEL = 'needs a model: journeyman run --model anthropic:NAME --task "make {check} pass"'


def leftover(outcome: CheckOutcome, used_seconds: float | None = None, undecided: bool = False) -> Leftover:
    """Return what is left of a check. `used_seconds`: the time limit, if it ended the mending. `undecided`: patches
    were found that a person has to judge."""
    step = f"{_UNDECIDED}; else {_model(outcome)}" if undecided else _next_step(outcome, used_seconds)
    return Leftover(outcome.check.name, _what(outcome), step)


def _what(outcome: CheckOutcome) -> str:
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    lines = [f"{test.name}: {_first_line(test.message)}" for test in outcome.tests if test.status in bad]
    lines += [f"{p.path}:{p.line}: {p.code} {p.message}".strip() for p in outcome.problems]
    if outcome.timed_out:
        return f"`{outcome.check.command}` took longer than {outcome.check.timeout_seconds:g} s"
    if not lines:
        return f"`{outcome.check.command}` ends with exit code {outcome.exit_code}"
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more


def _next_step(outcome: CheckOutcome, used_seconds: float | None) -> str:
    if used_seconds is not None:
        return f"the time limit of {used_seconds:g} s is used up: give it more with --time-limit, or name a --model"
    missing = _MISSING_PACKAGE.search(outcome.output)
    if missing:
        return f"add the package that provides '{missing[1]}' to the dependencies, if it is not a fault of spelling"
    if outcome.exit_code in (126, 127):
        return f"`{outcome.check.command}` is not there: add it to the dependencies, or name another with --check"
    if _in_tests_alone(outcome):
        return "it is in the tests, which are never edited here: mend it by hand, or " + _model(outcome).replace(
            "needs", "with"
        )
    if _SNAPSHOT.search(outcome.output):
        return "if the new output is right, make the snapshots anew with --allow-oracle-changes; else " + _model(
            outcome
        )
    if outcome.check.kind is CheckKind.FORMAT:
        return f"run the formatter of the repository by hand and look at what it says: {outcome.check.command}"
    return _model(outcome)


def _in_tests_alone(outcome: CheckOutcome) -> bool:
    """Tell whether all that is complained of lies in tests: problems, or text that is no code."""
    unread = [place for found in _UNREAD.finditer(outcome.output) if (place := found["path"])]
    places = [problem.path for problem in outcome.problems] or unread
    return bool(places) and all(is_test_file(path) for path in places)


def _model(outcome: CheckOutcome) -> str:
    return _MODEL.format(check=outcome.check.name)


def _first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "failed")

"""CI workflows, Makefiles and scripts that check less or pass anyway."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_ci
from journeyman.gates.quality.weakened.loosened import LEFT_OUT, SUCCESS_ANYWAY
from journeyman.gates.quality.weakened.verdicts import blocks

RUNS = re.compile(
    r"(?:^|/)(?:(?:GNU)?[Mm]akefile|justfile|Justfile|Taskfile\.ya?ml|noxfile\.py|tox\.ini|Rakefile"
    r"|[\w.-]+\.sh|run|test)$"
)
CHECKS = re.compile(
    r"\b(?:pytest|unittest|tox|nox|jest|vitest|mocha|eslint|prettier|tsc|mypy|pyright|ruff|black|isort"
    r"|flake8|pylint|bandit|coverage"
    r"|go (?:test|vet|build)|golangci-lint|cargo (?:test|clippy|fmt|check|build)|pre-commit|codecov|mvn"
    r"|gradlew?|rspec|rubocop|phpunit|ctest"
    r"|(?:npm|pnpm|yarn)(?: run)? (?:test|lint|build|typecheck|check\S*|ci)|make (?:test|check|lint"
    r"|\w*test\w*)|python -m (?:pytest|unittest|mypy))\b"
)
PASSES_ANYWAY = re.compile(
    r"^\s*continue-on-error:\s*(?:true|\$\{\{)|^\s*allow_failure:\s*true|^\s*if:\s*(?:false|\$\{\{\s*false)"
    r"|^\s*when:\s*(?:manual|never)|soft_fail:\s*true"
)


async def weaker_automation(comparison: Comparison) -> Iterable[Finding]:
    """Return what CI and the repository's own scripts no longer check."""
    edits = [edit for edit in comparison.edits if edit.before is not None]
    scripts = [edit for edit in edits if is_ci(edit.path) or RUNS.search(edit.path)]
    return [finding for edit in scripts for finding in (*_gone(edit), *_passes(edit))]


def _gone(edit: Edit) -> Iterator[Finding]:
    """A command that checks something and is no longer there, nor in other words."""
    if edit.after is None and not is_ci(edit.path):
        return
    kept = Counter(tool for line in _lines(edit.after) for tool in CHECKS.findall(line))
    lost = Counter(tool for line in _lines(edit.before) for tool in CHECKS.findall(line)) - kept
    for tool in lost:
        yield blocks("automation", f"'{tool}' is run no more", edit.path)
    for event in ("pull_request", "push"):
        pattern = re.compile(rf"(?m)^\s*-?\s*{event}\b|\b{event}\b(?=[,\]])")
        if is_ci(edit.path) and edit.after and pattern.search(edit.before or "") and not pattern.search(edit.after):
            yield blocks("automation", f"the workflow does not run on {event} any more", edit.path)


def _lines(text: str | None) -> list[str]:
    return [line for line in (text or "").splitlines() if not re.match(r"\s*(?:#|- (?:uses|name):|name:)", line)]


def _passes(edit: Edit) -> Iterator[Finding]:
    """New words that let a failure pass."""
    for line, text in edit.added():
        if text.lstrip().startswith("#"):
            continue
        if PASSES_ANYWAY.search(text) and is_ci(edit.path):
            yield blocks("automation", "a failure does not fail the run any more", edit.path, line, text.strip())
        elif CHECKS.search(text) and (_anyway(edit, text) or LEFT_OUT.search(text)):
            yield blocks(
                "automation",
                "a check passes whatever it finds, or leaves something out",
                edit.path,
                line,
                text.strip(),
            )


def _anyway(edit: Edit, text: str) -> bool:
    """Whether a command's failure is thrown away; a leading dash means so in a Makefile only."""
    words = text.strip() if re.search(r"(?i)makefile$", edit.path) else text.replace("- ", "", 1).strip().lstrip("-")
    return bool(SUCCESS_ANYWAY.search(words))

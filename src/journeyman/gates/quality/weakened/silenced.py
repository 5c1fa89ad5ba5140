"""Comments that silence a linter or type checker, and golden files that were written anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from journeyman.domain.changes import ChangeKind, Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_test
from journeyman.gates.quality.weakened.verdicts import blocks, warns

SILENCER = re.compile(
    r"\s*(?:#\s*(?:noqa|type:\s*ignore|pylint:\s*(?:disable|skip-file)|pyright:\s*(?:ignore|basic)"
    r"|mypy:\s*(?:ignore-errors|disable)|ruff:\s*noqa"
    r"|flake8:\s*noqa|pragma:\s*no\s?cover|nosec|fmt:\s*(?:off|skip)|isort:\s*skip\w*|rubocop:disable)"
    r"|(?://|/\*)\s*(?:eslint-disable\S*|@ts-(?:ignore|nocheck|expect-error)|prettier-ignore|istanbul ignore"
    r"|c8 ignore|v8 ignore|biome-ignore|nolint\b|NOLINT|noinspection)"
    r"|<!--\s*(?:eslint-disable|prettier-ignore)|#!?\[allow\(|@SuppressWarnings|\[SuppressMessage)[^\n]*"
)
WHOLE_FILE = re.compile(
    r"^\s*(?:#\s*(?:type:\s*ignore\s*$|mypy:\s*ignore-errors|ruff:\s*noqa|flake8:\s*noqa"
    r"|pylint:\s*(?:skip-file|disable=all)|pyright:\s*basic)"
    r"|//\s*@ts-nocheck|/\*\s*eslint-disable\s*\*/|#!\[allow\()"
)
MILD = re.compile(r"#\s*(?:pragma:\s*no\s?cover|fmt:|isort:)|.*(?:prettier-ignore|istanbul|c8 ignore|v8 ignore)")
GOLDEN = re.compile(
    r"\.(?:snap|ambr|golden|approved\.\w+|expected)$|(?:^|/)(?:__snapshots__|snapshots?|golden|goldens"
    r"|expected|approved|baselines?)/"
    r"|(?:^|/)(?:expected|golden|snapshot)[\w.-]*$|[\w-]+[._](?:expected|golden|snapshot|approved)\.\w+$"
)


async def silenced(comparison: Comparison) -> Iterable[Finding]:
    """Return silencing comments and changed golden files."""
    return [finding for edit in comparison.edits for finding in (*_comments(edit), *_golden(edit))]


def _comments(edit: Edit) -> Iterator[Finding]:
    """On a line that was there before, a comment hides what the check said of it; on a new one it may be honest."""
    if edit.after is None or edit.path.endswith((".md", ".rst", ".txt", ".json", ".lock")):
        return
    old = {line.rstrip() for line in (edit.before or "").splitlines()}
    for number, text in edit.added():
        found = SILENCER.search(text[:1000])
        if not found:
            continue
        bare = text[: found.start()].rstrip()
        above = found.group(0).lstrip()
        whole = bool(WHOLE_FILE.match(text)) and edit.before is not None
        hides = bool(bare.strip()) and bare in old
        if MILD.match(above):
            yield warns("silenced", "lines are left out of a check", edit.path, number, above)
        elif whole or hides or (not bare.strip() and edit.before is not None and _next_is_old(edit, number, old)):
            yield blocks("silenced", "a check is silenced instead of answered", edit.path, number, above)
        else:
            yield warns("silenced", "a new line silences a check", edit.path, number, above)


def _next_is_old(edit: Edit, number: int, old: set[str]) -> bool:
    """Whether the line that a comment of its own stands above was there before."""
    lines = (edit.after or "").splitlines()
    following = lines[number].rstrip() if number < len(lines) else ""
    return bool(following.strip()) and following in old


def _golden(edit: Edit) -> Iterator[Finding]:
    if not (is_test(edit.path) and (GOLDEN.search(edit.path))) or edit.path.endswith(".py"):
        return
    if edit.file.kind is ChangeKind.DELETED:
        yield blocks("deleted", "what a test expects is gone", edit.path)
    elif edit.file.kind is ChangeKind.MODIFIED and edit.before != edit.after and any(True for _ in edit.gone()):
        yield blocks("expectation", "a golden file says something else now", edit.path)

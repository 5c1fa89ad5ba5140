"""Python tests before and after: deleted, skipped."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from journeyman.domain.changes import Finding, Severity
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_test


async def python_weakenings(comparison: Comparison) -> Iterable[Finding]:
    """Return tests that vanished or are skipped now."""
    edits = [edit for edit in comparison.edits if edit.path.endswith(".py") and is_test(edit.path) and edit.before]
    after = {name for edit in comparison.edits if edit.after for name in _tests(edit.after)}
    return [finding for edit in edits for finding in (*_deleted(edit, after), *_skipped(edit))]


def _tests(text: str) -> dict[str, ast.AST]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test")}


def _deleted(edit: Edit, after: set[str]) -> Iterable[Finding]:
    for name in _tests(edit.before or ""):
        if name not in after:
            yield Finding("test-weakened.deleted", Severity.BLOCKS, f"the test {name} is gone", edit.path)


def _skipped(edit: Edit) -> Iterable[Finding]:
    before, after = _tests(edit.before or ""), _tests(edit.after or "")
    for name in before.keys() & after.keys():
        if _skips(after[name]) > _skips(before[name]):
            yield Finding("test-weakened.skip", Severity.BLOCKS, f"the test {name} is skipped now", edit.path)


def _skips(test: ast.AST) -> int:
    return sum(
        isinstance(node, ast.Attribute) and node.attr in ("skip", "skipif", "xfail") for node in ast.walk(test)
    )

"""Modules that import each other: an import that only functions need moves into them."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.imports import shortened
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced
from journeyman.repair.tracebacks import raised

_HALF_MADE = re.compile(r"cannot import name '(\w+)' from partially initialized module '([\w.]+)'")
_MOST_FUNCTIONS = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef


class CircularImports:
    """Moves a name that is imported too early into the functions that use it, where nothing else does."""

    name = "circular imports"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        for item in raised(case.words()):
            half_made = _HALF_MADE.search(item.message)
            places = [(case.tree.path_of(path), line) for path, line in item.frames] if half_made else []
            for path, line in dict.fromkeys(reversed(places)):
                source = parsed(await case.tree.text(path)) if path and not is_test_file(path) else None
                statement = source.statement_at(line) if source else None
                if path and source and isinstance(statement, ast.ImportFrom) and statement.col_offset == 0:
                    after = moved_inside(source, statement)
                    if after is not None:
                        names = ", ".join(alias.name for alias in statement.names)
                        yield Proposal(f"import {names} where functions of {path} use it", {path: after})


def moved_inside(source: Source, statement: ast.ImportFrom) -> str | None:
    """Return a module's text with an import moved into the functions that use its names; None if anything that runs
    while the module is imported uses one of them, or many functions do."""
    bound = {alias.asname or alias.name: alias for alias in statement.names}
    uses = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id in bound]
    exported = any(isinstance(n, ast.Constant) and n.value in bound for n in ast.walk(source.tree))
    owners: dict[Function, set[str]] = {}
    for use in uses:
        owner = _running_later(source.tree, use)
        if owner is None:
            return None
        owners.setdefault(owner, set()).add(use.id)
    if (
        not owners
        or len(owners) > _MOST_FUNCTIONS
        or exported
        or {name for n in owners.values() for name in n} != {*bound}
    ):
        return None
    splices = [shortened(source, statement, statement.names)]
    for owner, names in owners.items():
        splices.append(_inserted(source, statement, owner, [bound[name] for name in sorted(names)]))
    after = spliced(source.text, splices)
    return after if source.text.startswith("\n") else after.lstrip("\n")


def _running_later(tree: ast.Module, use: ast.Name) -> Function | None:
    """Return the outermost function whose body a name is used in; None if it is used while the module is imported."""
    for node in ast.walk(tree):  # outer ones first
        if isinstance(node, Function) and any(use is inner for part in node.body for inner in ast.walk(part)):
            return node
    return None


def _inserted(source: Source, statement: ast.ImportFrom, owner: Function, names: list[ast.alias]) -> Splice:
    """Return what puts an import at the beginning of a function, after what it says of itself."""
    first = owner.body[0]
    documented = ast.get_docstring(owner) is not None
    line = f"from {'.' * statement.level}{statement.module or ''} import {', '.join(map(source.of, names))}"
    if documented:
        at, blanks = source.span(first)[1], " " * first.col_offset
        return Splice(at, at, f"\n{blanks}{line}")
    at = source.span(first)[0]
    apart = "\n" if first.lineno > owner.lineno else "; "
    return Splice(at, at, f"{line}{apart}{' ' * first.col_offset if apart != '; ' else ''}")

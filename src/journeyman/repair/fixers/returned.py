"""Annotations of what functions return, where every return statement says something else."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import AsyncGenerator, Mapping

from journeyman.domain.checks import CheckKind
from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.names import bound_names
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced

_TOLD = re.compile(
    r"^(?P<path>[^\s:]+\.pyi?):(?P<line>\d+):(?:\d+:)? error: "
    r'(?:No return value expected|Incompatible return value type \(got "(?P<got>[^"]+)", expected "[^"]+"\))',
    re.M,
)
_PROBE = "memoryview"
"""What next to nothing returns: the checker then says what is returned."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class WrongReturns:
    """Annotates a function with what all its return statements give, where none fits the annotation and no test
    fails: it is the annotation that nobody ran."""

    name = "wrong return types"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        report = case.bench.report.outcomes
        if case.outcome.check.kind is not CheckKind.TYPES or any(
            o.check.kind is CheckKind.TEST and not o.passed for o in report
        ):
            return
        for path, told in _told(case, case.outcome.output).items():
            source = parsed(await case.tree.text(path))
            for node in _contradicted(source, set(told)) if source else ():
                assert source is not None
                kinds = {told[line] for line in _returns(node)}
                if "" in kinds:
                    kinds = await _probed(case, path, source, node)
                kind = kinds.pop() if len(kinds) == 1 else ""
                if kind and _spoken_of(kind, source):
                    words = f"say that {node.name} returns {kind} in {path}"
                    yield Proposal(words, {path: _annotated(source, node, kind)})


def _told(case: Case, output: str) -> dict[str, dict[int, str]]:
    """Return the types that are returned, "" for unknown ones, by path and line."""
    found: dict[str, dict[int, str]] = {}
    for match in _TOLD.finditer(output):
        path = case.tree.path_of(match["path"])
        if path and not is_test_file(path):
            found.setdefault(path, {})[int(match["line"])] = match["got"] or ""
    return found


def _contradicted(source: Source, lines: set[int]) -> list[Function]:
    """Return the functions with an annotation of which every return statement is complained of."""
    functions = [node for node in ast.walk(source.tree) if isinstance(node, Function) and node.returns is not None]
    return [node for node in functions if (own := _returns(node)) and own <= lines]


def _returns(node: Function) -> set[int]:
    """Return the lines of a function's own return statements."""
    found, waiting = set[int](), list[ast.AST](node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Return):
            found.add(part.lineno)
        if not isinstance(part, Function | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(part)
    return found


async def _probed(case: Case, path: str, source: Source, node: Function) -> set[str]:
    """Return what a checker says that a function returns; the tree is then as it was."""
    start = await case.bench.save()
    await case.tree.write(path, _annotated(source, node, _PROBE))
    outcome = await case.bench.judge(case.outcome.check)
    await case.bench.back(start)
    case.tree.forget()
    told: Mapping[int, str] = _told(case, outcome.output).get(path, {})
    return {told.get(line, "") for line in _returns(node)}


def _spoken_of(kind: str, source: Source) -> bool:
    """Tell whether a type can be written in a module as the checker says it."""
    names = re.findall(r"[A-Za-z_][\w.]*", kind)
    known = bound_names(source.tree) | set(dir(builtins))
    return bool(re.fullmatch(r"[\w\[\], .|]+", kind)) and all(name.split(".")[0] in known for name in names)


def _annotated(source: Source, node: Function, kind: str) -> str:
    assert node.returns is not None
    return spliced(source.text, [Splice(*source.span(node.returns), kind)])

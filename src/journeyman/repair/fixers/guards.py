"""Values that a type checker says may be None: an assertion before the statement that could not do with None."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, Iterator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced

_TOLD = re.compile(
    r"^\s*(?P<path>[^\s:]+\.pyi?):(?P<line>\d+):(?:\d+:)? (?:- )?(?:error|warning)?:? ?.*?"
    r"(?:Item \"None\" of .* has no attribute \"(?P<attribute>\w+)\""
    r"|\"(?P<member>\w+)\" is not a known attribute of \"None\""
    r"|Value of type .*(?:None|Optional\[).* is not indexable|Object of type \"None\" is not subscriptable)",
    re.M,
)
_UNSURE = (
    ast.BoolOp,
    ast.IfExp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.NamedExpr,
)
"""What may leave a part of itself out, or come to it again and again: nothing can be said before it."""


class OptionalGuards:
    """Says that a name is not None where the next thing done with it would fail on None anyway."""

    name = "guards against None"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        told: dict[str, list[tuple[int, str]]] = {}
        for found in _TOLD.finditer(case.words()):
            path = case.tree.path_of(found["path"])
            if path and not is_test_file(path):
                told.setdefault(path, []).append((int(found["line"]), found["attribute"] or found["member"] or ""))
        texts = {path: guarded(await case.tree.text(path) or "", places) for path, places in told.items()}
        for path, text in texts.items():
            if text != await case.tree.text(path):
                yield Proposal(f"say that a value is not None in {path}", {path: text})


def guarded(text: str, places: list[tuple[int, str]]) -> str:
    """Return a text with an assertion before each statement on those lines that takes an attribute, or an item ("")
    of a plain name; others stay as they are."""
    source = parsed(text)
    if source is None:
        return text
    lines = text.splitlines(keepends=True)
    splices = []
    for line, attribute in places:
        statement = source.statement_at(line)
        if statement is None or not _begins_its_line(lines, statement):
            continue
        start = source.offset(statement.lineno, 0)
        indent = text[start : source.offset(statement.lineno, statement.col_offset)]
        for name in dict.fromkeys(_taken(source, statement, line, attribute)):
            splices.append(Splice(start, start, f"{indent}assert {name} is not None\n"))
    return spliced(text, list(dict.fromkeys(splices)))


def _begins_its_line(lines: list[str], statement: ast.stmt) -> bool:
    """Tell whether something can be put before a statement: no other stands on its line, and it is no `elif`."""
    before = lines[statement.lineno - 1].encode()[: statement.col_offset].decode()
    return not before.strip() and not lines[statement.lineno - 1].lstrip().startswith("elif")


def _taken(source: Source, statement: ast.stmt, line: int, attribute: str) -> Iterator[str]:
    """Yield the names of which something is taken on a line, in parts of a statement that are always come to once."""
    for node in _surely(statement):
        taken = node.lineno <= line <= (node.end_lineno or node.lineno) if isinstance(node, ast.expr) else False
        match node:
            case ast.Attribute(value=value, attr=name) if taken and attribute and name == attribute and _plain(value):
                yield source.of(value)
            case ast.Subscript(value=value) if taken and not attribute and _plain(value):
                yield source.of(value)


def _surely(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement's own expressions that are evaluated whenever it runs."""
    if isinstance(statement, ast.If):
        parts: list[ast.AST] = [statement.test]
    elif isinstance(statement, ast.For):
        parts = [statement.iter]
    elif isinstance(statement, ast.With):
        parts = [item.context_expr for item in statement.items[:1]]
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr | ast.Raise):
        parts = list(ast.iter_child_nodes(statement))
    else:
        return
    while parts:
        node = parts.pop()
        yield node
        if isinstance(node, ast.BoolOp):
            parts.append(node.values[0])
        elif isinstance(node, ast.IfExp):
            parts.append(node.test)
        elif not isinstance(node, _UNSURE):
            parts += ast.iter_child_nodes(node)


def _plain(value: ast.expr) -> bool:
    """Tell whether an expression is a name, or an attribute of one: reading it twice gives the same."""
    return isinstance(value, ast.Name) or (isinstance(value, ast.Attribute) and _plain(value.value))

"""How odd a text looks that compiles: what few people write, and what breaks the habits of its own file."""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
import re
import warnings
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.tokens import words

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def meaning_of(text: str) -> str | None:
    """Return a text's syntax tree in words, to tell edits apart that mean the same; None if ours cannot read it."""
    tree = _parsed(text)
    return ast.dump(tree) if tree else None


def oddity(text: str, known: frozenset[str]) -> float:
    """Return how odd a text is, given the names known in its file; only the difference of two texts tells."""
    tree = _parsed(text)
    if tree is None:
        return 0.0
    return sum(_odd_nodes(tree)) + len(_strange_names(tree, known)) + sum(_odd_words(text)) + sum(_swallowed(tree))


def names_in(text: str) -> frozenset[str]:
    """Return every name that a text, Python or not, mentions as code."""
    return frozenset(word.text for word in words(text) if word.kind == "name")


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _strange_names(tree: ast.Module, known: frozenset[str]) -> set[str]:
    """Return names that are read and nowhere else to be seen."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    bound |= {(a.asname or a.name).split(".")[0] for a in ast.walk(tree) if isinstance(a, ast.alias)}
    bound |= {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read - bound - known - set(dir(builtins)) - {"__file__", "__name__"}


def _odd_nodes(tree: ast.Module) -> Iterator[float]:
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield from _odd_block(value, isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef))
        match node:
            case ast.Call(func=ast.Constant() | ast.List() | ast.Tuple() | ast.Dict() | ast.Set() | ast.JoinedStr()):
                yield 1.5
            case ast.Subscript(value=ast.List() | ast.Set() | ast.Constant(value=int() | float())):
                yield 1.0
            case ast.Tuple(elts=[_]) | ast.Compare(left=ast.Compare()):
                yield 0.4
            case ast.AnnAssign(annotation=ast.Call() | ast.BinOp(op=ast.Add()) | ast.Dict() | ast.Tuple()):
                yield 1.0
            case ast.AnnAssign(annotation=ast.Constant(value=int() | float())):
                yield 1.0
            case ast.Call(args=args) if any(isinstance(arg, ast.Slice) for arg in args):
                yield 1.0
            case ast.For(body=[*_, ast.Return() | ast.Break() | ast.Raise()]):
                yield 0.5
            case ast.Attribute(value=ast.Constant(value=int() | float())):
                yield 1.0
            case ast.If(test=ast.Constant() | ast.Tuple() | ast.Dict() | ast.Set() | ast.NamedExpr()):
                yield 0.6


def _swallowed(tree: ast.Module) -> Iterator[float]:
    """Yield for each name of the code that stands in a string behind a comma, as if the string ended too late."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
            yield from (0.35 for name in re.findall(r", (\w+)", node.value) if name in names)
            yield 0.5 * bool(re.search(r"[\[({:,=]\s*[\"']|[\"']\s*[:\])}]", node.value))
            yield 0.4 * (node.value[-1:] in ("'", '"') and node.value.count(node.value[-1:]) % 2 == 1)


def _odd_block(body: list[ast.stmt], documented: bool) -> Iterator[float]:
    for number, statement in enumerate(body):
        if isinstance(statement, _ENDS) and number + 1 < len(body):
            yield 0.8
        if not isinstance(statement, ast.Expr):
            continue
        match statement.value:
            case ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom():
                pass
            case ast.Constant(value=str()):
                yield 0.0 if number == 0 and documented else 0.5
            case ast.Constant():
                yield 0.0 if statement.value.value is ... else 1.0
            case _:
                yield 1.0


def _odd_words(text: str) -> Iterator[float]:
    found = [word for word in words(text) if word.kind not in ("space", "comment")]
    for word, after in itertools.pairwise(found):
        if word.kind == after.kind == "string":
            yield 0.8
        elif word.kind == "name" and after.kind == "string" and word.text not in keyword.kwlist:
            yield 1.0
    for word in found:
        if word.kind == "string" and not word.text.endswith(('"""', "'''")):
            yield 0.5 * (sum((sign in "([{") - (sign in ")]}") for sign in word.text) != 0)
            yield 0.3 * (word.text[1:2] in (",", ")", "]", "}") or word.text[-2:-1] in (",", "(", "[", "="))

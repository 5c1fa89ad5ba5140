"""Methods that lack a parameter of the method that they stand in for."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator

from journeyman.repair.names import Names
from journeyman.repair.spans import Source, Splice, spliced

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEPTH = 4
"""How far up bases are looked for."""


async def with_parameter(path: str, method: Function, name: str, names: Names) -> str | None:
    """Return the text of a file in which a method takes a parameter as the one that it overrides does; None if it
    overrides none that takes it."""
    source = await names.source(path)
    holder = _holder(source, method) if source else None
    async for base, text in _overridden(holder, method.name, names):
        words = _parameter(text, base, name)
        if words and source:
            return spliced(source.text, [_added(source, method, words, named=name in _named(base))])
    return None


def _holder(source: Source, method: Function) -> ast.ClassDef | None:
    """Return the class that a method stands in."""
    classes = (node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef))
    return next((each for each in classes if any(_same(part, method) for part in each.body)), None)


def _same(node: ast.stmt, method: Function) -> bool:
    return isinstance(node, Function) and (node.name, node.lineno) == (method.name, method.lineno)


async def _overridden(
    holder: ast.ClassDef | None, name: str, names: Names, depth: int = _DEPTH
) -> AsyncIterator[tuple[Function, Source]]:
    """Yield the methods of a name in the bases of a class, as far as they are the repository's own."""
    for base in holder.bases if holder and depth else ():
        called = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
        for path in names.modules.values() if called else ():
            source = await names.source(path) if called in (await names.text(path) or "") else None
            for node in ast.walk(source.tree) if source else ():
                if isinstance(node, ast.ClassDef) and node.name == called and source:
                    for part in node.body:
                        if isinstance(part, Function) and part.name == name:
                            yield part, source
                    async for above in _overridden(node, name, names, depth - 1):
                        yield above


def _named(method: Function) -> set[str]:
    return {argument.arg for argument in method.args.kwonlyargs}


def _parameter(source: Source, method: Function, name: str) -> str:
    """Return a parameter as a method declares it, its default included; "" if it has none of that name."""
    plain = [*method.args.posonlyargs, *method.args.args]
    without: list[ast.expr | None] = [None] * (len(plain) - len(method.args.defaults))
    pairs = [*zip(plain, [*without, *method.args.defaults], strict=True)]
    pairs += zip(method.args.kwonlyargs, method.args.kw_defaults, strict=True)
    for argument, default in pairs:
        if argument.arg == name:
            words = source.of(argument)
            equals = " = " if argument.annotation else "="
            return f"{words}{equals}{source.of(default)}" if default else words
    return ""


def _added(source: Source, method: Function, words: str, *, named: bool) -> Splice:
    """Return the splice that adds a parameter: behind the last one, by name where the order demands it."""
    given = method.args
    positional: list[ast.arg | ast.expr] = [*given.posonlyargs, *given.args, *given.defaults]
    by_name: list[ast.arg | ast.expr] = [*given.kwonlyargs, *(each for each in given.kw_defaults if each)]
    by_name += [given.vararg] if given.vararg else []
    apart = not by_name and positional and (named or (given.defaults and "=" not in words))
    at = max((source.span(each)[1] for each in by_name or positional), default=0)
    if not at:
        at = source.text.index("(", source.span(method)[0]) + 1
        return Splice(at, at, words)
    return Splice(at, at, f", *, {words}" if apart else f", {words}")

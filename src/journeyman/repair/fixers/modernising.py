"""A Python text with removed and deprecated names written as what took their place; layout and comments stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from journeyman.repair.fixers.imports import shortened, with_import
from journeyman.repair.replaced import ALIASES, ATTRIBUTES, CALLS, MOVED
from journeyman.repair.spans import Source, Splice, parsed, spliced

OLD_WORDS = re.compile(
    r"\b(?:"
    + "|".join(sorted({re.escape(name.rpartition(".")[2]) for name in (*MOVED, *CALLS, *ALIASES, *ATTRIBUTES)}))
    + r""")\b|open\([^)]*["'][rb]?U[rb]?["']|\butc(?:now|fromtimestamp)\b"""
)
"""What a text has that is worth parsing."""


def modernised(text: str) -> str:
    """Return the text with every old name that is known for sure to be meant; as it is if it does not parse."""
    for _ in range(3):  # an edit may stand inside another: the inner one first
        source = parsed(text)
        if source is None:
            return text
        new = _once(source)
        if new == text:
            return text
        text = new
    return text


def _once(source: Source) -> str:
    known = _imported(source.tree)
    splices: list[Splice] = []
    lines: list[str] = []
    for node in ast.walk(source.tree):
        for splice, needed in _edits(source, node, known):
            if not any(one.start < splice.end and splice.start < one.end for one in splices):
                splices.append(splice)
                lines += needed
    text = spliced(source.text, splices)
    for line in dict.fromkeys(lines):
        if not re.search(rf"^{re.escape(line)}$", text, re.M):
            text = _with(text, line)
    return _without_unused(text, _used(source.tree)) if splices else text


def _with(text: str, line: str) -> str:
    """Return the text with an import more; one of a package becomes that of its module."""
    package = line.rpartition(".")[0]
    if package.startswith("import ") and re.search(rf"^{re.escape(package)}$", text, re.M):
        return re.sub(rf"^{re.escape(package)}$", line, text, count=1, flags=re.M)
    return with_import(text, line)


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what the names of imports stand for; names that are bound otherwise too are left out."""
    found: dict[str, str] = {}
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.split(".")[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
    return {name: full for name, full in found.items() if name not in bound}


def _full(node: ast.AST, known: dict[str, str]) -> str:
    """Return what a dotted name stands for; "" if it does not come from an import."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := _full(node.value, known)):
        return f"{owner}.{node.attr}"
    return ""


def _edits(source: Source, node: ast.AST, known: dict[str, str]) -> Iterator[tuple[Splice, list[str]]]:
    match node:
        case ast.ImportFrom(module=str(module), level=0):
            yield from _import_edit(source, node, module)
        case ast.Call(func=ast.Name(id="open"), args=[_, ast.Constant(value=str(mode)) as old, *_]) if "U" in mode:
            plain = mode.replace("U", "")
            yield Splice(*source.span(old), f'"{plain if "r" in plain else "r" + plain}"'), []
        case ast.Call(func=ast.Attribute() as func, keywords=[]) if _full(func, known) in _NAIVE:
            yield _naive(source, node, func)
        case ast.Call(func=func) if (template := CALLS.get(_full(func, known))) and not node.keywords:
            if edit := _call_edit(source, node, *template):
                yield edit
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr)) if attr in ALIASES:
            end = source.span(node.func)[1]
            yield Splice(end - len(attr), end, ALIASES[attr]), []
        case ast.Call(func=ast.Attribute(attr=attr), args=[], keywords=[]) if attr in ATTRIBUTES:
            end = source.span(node.func)[1]
            yield Splice(end - len(attr), end, ATTRIBUTES[attr]), []
        case ast.Attribute() if (new := MOVED.get(_full(node, known))) and isinstance(node.ctx, ast.Load):
            module = new.rpartition(".")[0]
            if module == _full(node.value, known):
                end = source.span(node)[1]
                yield Splice(end - len(node.attr), end, new.rpartition(".")[2]), []
            else:
                yield Splice(*source.span(node), new), [f"import {module}"] if module else []
        case ast.Name(ctx=ast.Load(), id=name) if new := MOVED.get(known.get(name, "")):
            if known[name].endswith(f".{name}"):
                yield Splice(*source.span(node), new.rpartition(".")[2]), []


_NAIVE = {
    "datetime.datetime.utcnow": "{owner}.now({zone}).replace(tzinfo=None)",
    "datetime.datetime.utcfromtimestamp": "{owner}.fromtimestamp({given}, {zone}).replace(tzinfo=None)",
}
"""Calls that gave a time without a zone, as they still do."""


def _naive(source: Source, node: ast.Call, func: ast.Attribute) -> tuple[Splice, list[str]]:
    owner = source.of(func.value)
    module = owner.rpartition(".")[0]
    zone = f"{module}.timezone.utc" if module else "timezone.utc"
    given = ", ".join(source.of(argument) for argument in node.args)
    text = _NAIVE[f"datetime.datetime.{func.attr}"].format(owner=owner, zone=zone, given=given)
    return Splice(*source.span(node), text), [] if module else ["from datetime import timezone"]


def _import_edit(source: Source, node: ast.ImportFrom, module: str) -> Iterator[tuple[Splice, list[str]]]:
    """Yield the import of moved names from where they are now; of others from where they were."""
    moved = {alias.name: MOVED[f"{module}.{alias.name}"] for alias in node.names if f"{module}.{alias.name}" in MOVED}
    if not moved:
        return
    indent = " " * node.col_offset
    kept = [source.of(alias) for alias in node.names if alias.name not in moved]
    lines = [f"from {module} import {', '.join(kept)}"] if kept else []
    homes: dict[str, list[str]] = {}
    for alias in node.names:
        if alias.name in moved:
            home, _, name = moved[alias.name].rpartition(".")
            homes.setdefault(home, []).append(f"{name} as {alias.asname}" if alias.asname else name)
    lines += [f"from {home} import {', '.join(names)}" for home, names in homes.items() if home]
    yield Splice(*source.span(node), f"\n{indent}".join(lines) or "pass"), []


def _call_edit(source: Source, node: ast.Call, template: str, *needed: str) -> tuple[Splice, list[str]] | None:
    """Return a call written after a template of its arguments; None if it has others."""
    words = [source.of(argument) for argument in node.args]
    wanted = len(set(re.findall(r"\{(\d)\}", template)))
    if len(words) != wanted or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    return Splice(*source.span(node), template.format(*words)), list(needed)


def _without_unused(text: str, before: set[str]) -> str:
    """Return the text without imports of names that were used before and are not any more."""
    source = Source(text)
    used = _used(source.tree)
    splices = []
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias: alias.asname or alias.name.split(".")[0] for alias in node.names}
            gone = [alias for alias, name in names.items() if name in before and name not in used]
            if gone:
                splices.append(shortened(source, node, gone))
    return spliced(text, splices)

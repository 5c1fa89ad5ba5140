"""A Python text with removed and deprecated names written as what took their place; layout and comments stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from journeyman.repair.fixers.imports import shortened, with_import
from journeyman.repair.replaced import ALIASES, ATTRIBUTES, CALLS, MODULES, MOVED, replacement_of
from journeyman.repair.spans import Source, Splice, parsed, spliced

OLD_WORDS = re.compile(
    r"\b(?:"
    + "|".join(
        sorted({re.escape(name.rpartition(".")[2]) for name in (*MOVED, *CALLS, *ALIASES, *ATTRIBUTES, *MODULES)})
    )
    + r"""|unescape|coroutine|setDaemon|isDaemon)\b|open\([^)]*["'][rb]?U[rb]?["']|\butc(?:now|fromtimestamp)\b"""
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
    if not splices:
        return text
    bare = _without_unused(text, _used(source.tree))
    return bare if source.text.startswith("\n") else bare.lstrip("\n")


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
        case ast.Call(func=ast.Attribute(attr=attr, value=value), args=[], keywords=[]) if attr in ATTRIBUTES:
            end = source.span(node.func)[1]
            if ATTRIBUTES[attr]:
                yield Splice(end - len(attr), end, ATTRIBUTES[attr]), []
            else:
                yield Splice(*source.span(node), f"list({source.of(value)})"), []
        case ast.Call(func=ast.Attribute(attr="unescape", value=ast.Call(func=made)), args=[text], keywords=[]):
            if _full(made, known) in ("html.parser.HTMLParser", "HTMLParser.HTMLParser"):
                yield Splice(*source.span(node), f"html.unescape({source.of(text)})"), ["import html"]
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="setDaemon", value=value), args=[given], keywords=[])):
            yield Splice(*source.span(node), f"{source.of(value)}.daemon = {source.of(given)}"), []
        case ast.FunctionDef() if any(_full(each, known) == _COROUTINE for each in node.decorator_list):
            yield from ((splice, []) for splice in _coroutine(source, node, known))
        case ast.Attribute() if (new := replacement_of(_full(node, known))) and isinstance(node.ctx, ast.Load):
            module = new.rpartition(".")[0]
            if module == _full(node.value, known):
                end = source.span(node)[1]
                yield Splice(end - len(node.attr), end, new.rpartition(".")[2]), []
            else:
                yield Splice(*source.span(node), new), [f"import {module}"] if module else []
        case ast.Name(ctx=ast.Load(), id=name) if new := replacement_of(known.get(name, "")):
            if known[name].endswith(f".{name}"):
                yield Splice(*source.span(node), new.rpartition(".")[2]), []


_COROUTINE = "asyncio.coroutine"


def _coroutine(source: Source, node: ast.FunctionDef, known: dict[str, str]) -> list[Splice]:
    """Return the splices that make a coroutine of a generator; none if it yields in another way too."""
    inner = [part for part in ast.walk(node) if isinstance(part, ast.YieldFrom)]
    simple = (ast.Call, ast.Name, ast.Attribute, ast.Subscript)
    if any(isinstance(part, ast.Yield) for part in ast.walk(node)) or not all(
        isinstance(part.value, simple) for part in inner
    ):
        return []
    mark = next(each for each in node.decorator_list if _full(each, known) == _COROUTINE)
    start, end = source.span(mark)
    at, begin = source.text.rindex("@", 0, start), source.offset(node.lineno, node.col_offset)
    gap = re.match(r"[ \t]*(?:#[^\n]*)?\n[ \t]*", source.text[end:])
    awaited = [Splice(source.span(part)[0], source.span(part.value)[0], "await ") for part in inner]
    return [Splice(at, end + (gap.end() if gap else 0), ""), Splice(begin, begin, "async "), *awaited]


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
    found = {alias.name: replacement_of(f"{module}.{alias.name}") for alias in node.names if alias.name != "*"}
    moved = {name: new for name, new in found.items() if new}
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

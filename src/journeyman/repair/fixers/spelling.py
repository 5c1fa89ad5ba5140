"""Misspelt attributes and keyword arguments, by the exception that told of them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import AsyncGenerator, Iterable, Iterator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.names import Names, close_to, standard_names
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, spliced
from journeyman.repair.tracebacks import Raised, raised

_NO_ATTRIBUTE = re.compile(r"'?(?P<owner>[\w.]+)'?(?: object)? has no attribute '(?P<name>\w+)'")
_NO_KEYWORD = re.compile(r"(?P<owner>[\w.]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'")
_MEANT = re.compile(r"Did you mean:? '(?:self\.)?(\w+)'")


class MisspeltAttributes:
    """Spells an attribute or a keyword argument as its class, module or function does."""

    name = "misspelt attributes"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        names = Names(case.tree)
        for item in raised(case.words()):
            told = _NO_ATTRIBUTE.search(item.message) or _NO_KEYWORD.search(item.message)
            place = _place(case, item)
            source = await names.source(place[0]) if told and place else None
            if not told or not place or not source:
                continue
            keyword = told.re is _NO_KEYWORD
            owner = told["owner"].rpartition(".")[2] if keyword else told["owner"]
            offered = await _parameters(owner, names) if keyword else await _attributes(owner, names)
            meant = _MEANT.findall(item.message)
            for right in dict.fromkeys([*meant, *close_to(told["name"], offered)]):
                text = _respelt(source, place[1], told["name"], right, keyword=keyword)
                if text:
                    yield Proposal(f"spell {told['name']} as {right} in {place[0]}:{place[1]}", {place[0]: text})


def _place(case: Case, item: Raised) -> tuple[str, int] | None:
    """Return the innermost frame inside the repository, unless it is a test's."""
    inside = [(path, line) for seen, line in item.frames if (path := case.tree.path_of(seen))]
    return inside[-1] if inside and not is_test_file(inside[-1][0]) else None


def _respelt(source: Source, line: int, wrong: str, right: str, *, keyword: bool) -> str | None:
    """Return the text with the name of one statement spelt right; None if it is not there."""
    statement = source.statement_at(line)
    splices = []
    for node in ast.walk(statement) if statement else ():
        if keyword and isinstance(node, ast.keyword) and node.arg == wrong:
            start = source.span(node)[0]
            splices.append(Splice(start, start + len(wrong), right))
        elif not keyword and isinstance(node, ast.Attribute) and node.attr == wrong:
            end = source.span(node)[1]
            splices.append(Splice(end - len(wrong), end, right))
    return spliced(source.text, splices) if splices else None


async def _attributes(owner: str, names: Names) -> set[str]:
    """Return what an object of a class, or a module, offers."""
    builtin = getattr(builtins, owner, None)
    found = {name for name in dir(builtin) if not name.startswith("_")} if isinstance(builtin, type) else set()
    found |= set(standard_names(owner)) | await names.offered_by(owner)
    return found | {name for node in await _definitions(owner, names) for name in _members(node)}


async def _parameters(owner: str, names: Names) -> set[str]:
    """Return the parameters of a function, or the fields of a class."""
    found: set[str] = set()
    for node in await _definitions(owner, names):
        if isinstance(node, ast.ClassDef):
            found |= {
                n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
            }
        else:
            found |= {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]} - {"self", "cls"}
    return found


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


async def _definitions(name: str, names: Names) -> list[Definition]:
    """Return the repository's definitions of a name, and the bases of a class as far as they are its own."""
    found: list[Definition] = []
    for path in names.modules.values():
        source = await names.source(path)
        for node in ast.walk(source.tree) if source else ():
            if isinstance(node, Definition) and node.name == name:
                found.append(node)
    bases = [
        base.id
        for node in found
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    ]
    for base in bases:
        found += await _definitions(base, names) if base != name else []
    return found


def _members(node: Definition) -> Iterator[str]:
    """Yield the methods, fields and instance attributes of a class."""
    parts: Iterable[ast.AST] = ast.walk(node) if isinstance(node, ast.ClassDef) else ()
    for part in parts:
        match part:
            case (
                ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name))
            ):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name

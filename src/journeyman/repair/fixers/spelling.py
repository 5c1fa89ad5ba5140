"""Misspelt attributes, keyword arguments and keys, by the exception or the type checker that told of them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import AsyncGenerator, Iterable, Iterator

import msgspec

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.python2_names import LEFTOVERS, OTHERS, with_names_of_python3
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import Names, close_to, likeness, standard_names
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, spliced
from journeyman.repair.tracebacks import Raised, raised

_NO_ATTRIBUTE = re.compile(r"'?(?P<owner>[\w.]+)'?(?: object)? has no attribute '(?P<name>\w+)'")
_NO_KEYWORD = re.compile(r"(?P<owner>[\w.]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'")
_MEANT = re.compile(r"Did you mean:? '(?:self\.)?(\w+)'")


_TYPED = re.compile(
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+):(?:\d+:)? .*?"
    r"\"(?P<owner>[\w.]+)\" has no attribute \"(?P<name>\w+)\"",
    re.M,
)
_KEY = re.compile(r"^'(\w+)'$")
_MANGLED = re.compile(r"^_+[A-Za-z]\w*?(?=__\w)(?!\w*__$)")
"""What the interpreter puts before a private name: `__size` of class `Box` is said as `_Box__size`."""


_OTHER_KIND = 0.3


class Told(msgspec.Struct, frozen=True):
    """A name that is not there: where it stands, whose it should be, what the interpreter believes was meant.

    `kind` is attribute, keyword or key.
    """

    path: str
    line: int
    owner: str
    name: str
    kind: str
    meant: tuple[str, ...] = ()


class MisspeltAttributes:
    """Spells an attribute, a keyword argument or a key as its class, module, function or dictionary does."""

    name = "misspelt attributes"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        names = Names(case.tree)
        for told in _told(case):
            source = await names.source(told.path)
            if source:
                for chosen in await standing_out(case, await _spellings(told, source, names)):
                    yield chosen


async def _spellings(told: Told, source: Source, names: Names) -> list[Rival]:
    """Return the ways to spell a name, likeliest first."""
    modern = with_names_of_python3(source) if told.name in LEFTOVERS and told.kind == "attribute" else source.text
    if modern != source.text:
        return [Rival(Proposal(f"write names of Python 3 in {told.path}", {told.path: modern}), 0.2)]
    offered = await _offered(told, source, names)
    rivals = []
    for right in dict.fromkeys([*told.meant, *close_to(told.name, offered), *OTHERS.get(told.name, "").split()]):
        if text := _respelt(source, told, right):
            summary = f"spell {told.name} as {right} in {told.path}:{told.line}"
            likely = OTHERS.get(told.name) == right
            cost = 0.2 if likely else 0.3 + 2 * (1 - likeness(told.name, right))
            cost += _OTHER_KIND * (not likely and not _alike(told.name, right))
            rivals.append(Rival(Proposal(summary, {told.path: text}), cost))
    return sorted(rivals, key=lambda rival: rival.cost)


def _alike(one: str, other: str) -> bool:
    """Tell whether two names are both public, or private in the same way: a slip of the keys seldom changes that."""
    return len(one) - len(one.lstrip("_")) == len(other) - len(other.lstrip("_"))


def _told(case: Case) -> list[Told]:
    """Return the names that exceptions and type checkers tell of, each once; tests are left out."""
    found: list[Told] = []
    words = case.words()
    for item in raised(words):
        place = _place(case, item)
        attribute, keyword = _NO_ATTRIBUTE.search(item.message), _NO_KEYWORD.search(item.message)
        if place and (said := attribute or keyword):
            parts = [part for part in said["owner"].split(".") if part not in ("__init__", "<locals>")]
            owner = parts[-1] if keyword and parts else said["owner"]
            kind, meant = "keyword" if keyword else "attribute", tuple(_MEANT.findall(item.message))
            name = _MANGLED.sub("", said["name"])
            found.append(Told(*place, owner, name, kind, tuple(_MANGLED.sub("", word) for word in meant)))
        elif place and item.kind == "KeyError" and (key := _KEY.match(item.message)):
            found.append(Told(*place, "", key[1], "key"))
    for said in _TYPED.finditer(words):
        path = case.tree.path_of(said["path"])
        if path and not is_test_file(path):
            found.append(Told(path, int(said["line"]), said["owner"], said["name"], "attribute"))
    return list(dict.fromkeys(found))


async def _offered(told: Told, source: Source, names: Names) -> set[str]:
    """Return the names that could have been right in the place of a wrong one."""
    if told.kind == "keyword":
        return await _parameters(told.owner, names)
    if told.kind == "attribute":
        around = _class_around(source, told.line)  # of which the object may be a subclass that a test defines
        return await _attributes(told.owner, names) | (await _attributes(around, names) if around else set())
    return {
        node.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
    }


def _class_around(source: Source, line: int) -> str:
    """Return the class in whose method a line stands; "" outside of any."""
    around = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda node: node.lineno).name if around else ""


def _place(case: Case, item: Raised) -> tuple[str, int] | None:
    """Return the innermost frame inside the repository, unless it is a test's."""
    inside = [(path, line) for seen, line in item.frames if (path := case.tree.path_of(seen))]
    return inside[-1] if inside and not is_test_file(inside[-1][0]) else None


def _respelt(source: Source, told: Told, right: str) -> str | None:
    """Return the text with a name spelt right in its statement, those of Python 2 everywhere; None if not there."""
    everywhere = OTHERS.get(told.name) == right
    statement: ast.AST | None = source.tree if everywhere else source.statement_at(told.line)
    splices = []
    for node in ast.walk(statement) if statement else ():
        match node:
            case ast.keyword(arg=name) if told.kind == "keyword" and name == told.name:
                start = source.span(node)[0]
                splices.append(Splice(start, start + len(told.name), right))
            case ast.Attribute(attr=name) if told.kind == "attribute" and name == told.name:
                end = source.span(node)[1]
                splices.append(Splice(end - len(told.name), end, right))
            case ast.Constant(value=name) if told.kind == "key" and name == told.name:
                start, end = source.span(node)
                splices.append(Splice(start, end, source.text[start:end].replace(told.name, right)))
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

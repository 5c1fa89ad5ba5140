"""Imports that are unused, missing or misspelt, and names that nothing defines."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.names import (
    Names,
    bound_names,
    builtin_names,
    close_to,
    module_name,
    standard_home,
    standard_modules,
)
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced
from journeyman.repair.tracebacks import raised

_UNUSED = re.compile(
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+)(?::\d+)?:? .*?['`](?P<name>[\w.]+)(?: as \w+)?['`] imported but unused",
    re.M,
)
_UNDEFINED = re.compile(
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+)(?::\d+)?:? .*?(?:[Uu]ndefined name ['`\"]|Name \")(?P<name>\w+)['`\"]",
    re.M,
)
_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


class UnusedImports:
    """Takes out an import that a linter calls unused, where the linter has no way to do so itself."""

    name = "unused imports"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        found: dict[str, set[tuple[int, str]]] = {}
        for match in _UNUSED.finditer(case.words()):
            path = case.tree.path_of(match["path"])
            if path and not is_test_file(path) and not path.endswith("__init__.py"):
                found.setdefault(path, set()).add((int(match["line"]), match["name"]))
        texts = {}
        for path, unused in found.items():
            source = parsed(await case.tree.text(path))
            if source:
                texts[path] = without_imports(source, unused)
        if texts:
            yield Proposal("remove unused imports", texts)


def without_imports(source: Source, unused: set[tuple[int, str]]) -> str:
    """Return the text without the named imports; lines are where a linter saw the statement or the name."""
    splices = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        prefix = "." * node.level + f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        gone = [
            alias
            for alias in node.names
            for line, name in unused
            if line in (node.lineno, alias.lineno) and name in (alias.name, f"{prefix}{alias.name}", alias.asname)
        ]
        if gone:
            splices.append(_shortened(source, node, gone))
    return spliced(source.text, splices)


def _shortened(source: Source, node: ast.Import | ast.ImportFrom, gone: list[ast.alias]) -> Splice:
    start, end = source.span(node)
    left = ", ".join(source.of(alias) for alias in node.names if alias not in gone)
    if not left:
        whole_line = (
            source.text[end : end + 1] == "\n" and source.text[:start].endswith(("\n", "")) and node.col_offset == 0
        )
        return Splice(start, end + 1, "") if whole_line else Splice(start, end, "pass")
    words = f"from {'.' * node.level}{node.module or ''} import" if isinstance(node, ast.ImportFrom) else "import"
    return Splice(start, end, f"{words} {left}")


class BrokenImports:
    """Spells module paths and imported names as the repository and the standard library do."""

    name = "misspelt imports"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        names = Names(case.tree)
        for item in raised(case.words()):
            no_module, no_name = _NO_MODULE.search(item.message), _NO_NAME.search(item.message)
            places = [(case.tree.path_of(path), line) for path, line in reversed(item.frames)]
            place = next(((path, line) for path, line in places if path), None)
            if place is None or is_test_file(place[0]):
                continue
            source = await names.source(place[0])
            statement = source.statement_at(place[1]) if source else None
            if not source or not isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            if no_module:
                for summary, text in _module_spellings(source, statement, no_module[1], names):
                    yield Proposal(f"{summary} in {place[0]}", {place[0]: text})
            elif no_name and "circular" not in item.message:
                async for summary, text in _name_spellings(source, statement, no_name[1], no_name[2], names):
                    yield Proposal(f"{summary} in {place[0]}", {place[0]: text})


def _module_spellings(
    source: Source, statement: ast.Import | ast.ImportFrom, missing: str, names: Names
) -> Iterator[tuple[str, str]]:
    """Yield the text with the last part of a missing module's path spelt like one that exists."""
    parent, _, last = missing.rpartition(".")
    known = {*names.modules, *standard_modules()} if not parent else set(names.modules) | set(standard_modules())
    inside = {name.removeprefix(f"{parent}.").split(".")[0] for name in known if name.startswith(f"{parent}.")}
    offered = inside if parent else {name.split(".")[0] for name in known}
    start, end = source.span(statement)
    for right in close_to(last, offered):
        changed = re.sub(rf"\b{re.escape(last)}\b", right, source.of(statement), count=1)
        text = spliced(source.text, [Splice(start, end, changed)])
        if isinstance(statement, ast.Import) and last not in bound_names(ast.parse(text)):
            text = re.sub(rf"(?<![\w.]){re.escape(last)}(?=\.)", right, text)
        yield f"spell the module {right}", text


async def _name_spellings(
    source: Source, statement: ast.Import | ast.ImportFrom, missing: str, module: str, names: Names
) -> AsyncIterator[tuple[str, str]]:
    """Yield the text with an imported name spelt right, or imported from the module that has it."""
    start, end = source.span(statement)
    for right in close_to(missing, await names.offered_by(module)):
        changed = re.sub(rf"\b{re.escape(missing)}\b", right, source.of(statement), count=1)
        splices = [Splice(start, end, changed)]
        uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == missing]
        if f"as {missing}" not in changed:
            splices += [Splice(*source.span(use), right) for use in uses]
        yield f"import {right}, not {missing}", spliced(source.text, splices)
    for home in [*await names.homes(missing), *standard_home(missing)]:
        if home != module:
            text = _taken_out(source, statement, missing)
            yield f"import {missing} from {home}", with_import(text, f"from {home} import {missing}")


def _taken_out(source: Source, statement: ast.Import | ast.ImportFrom, name: str) -> str:
    return spliced(source.text, [_shortened(source, statement, [a for a in statement.names if a.name == name])])


class UndefinedNames:
    """Gives a name that nothing defines its import, or the spelling of one that is defined."""

    name = "undefined names"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        names = Names(case.tree)
        for path, undefined in dict.fromkeys(_undefined(case)):
            source = await names.source(path)
            if source is None:
                continue
            for line in await _import_lines(undefined, path, names):
                yield Proposal(f"`{line}` in {path}", {path: with_import(source.text, line)})
            known = bound_names(source.tree) | builtin_names() | standard_modules()
            uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == undefined]
            for right in close_to(undefined, known):
                text = spliced(source.text, [Splice(*source.span(use), right) for use in uses])
                yield Proposal(f"spell {undefined} as {right} in {path}", {path: text})


def _undefined(case: Case) -> Iterator[tuple[str, str]]:
    """Yield (path, name) of undefined names that linters, type checkers and exceptions tell of, tests left out."""
    words = case.words()
    seen = [(match["path"], match["name"]) for match in _UNDEFINED.finditer(words)]
    for item in raised(words):
        told = _NOT_DEFINED.search(item.message)
        if told and item.kind == "NameError" and item.frames:
            seen.append((item.frames[-1][0], told[1]))
    for path, name in seen:
        inside = case.tree.path_of(path)
        if inside and not is_test_file(inside):
            yield inside, name


async def _import_lines(name: str, path: str, names: Names) -> list[str]:
    """Return imports that would define a name, likeliest first."""
    own = [f"from {home} import {name}" for home in await names.homes(name) if home != module_name(path)]
    module = [f"import {name}"] if name in standard_modules() else []
    inner = [f"from {full.rpartition('.')[0]} import {name}" for full in names.modules if full.endswith(f".{name}")]
    return [*own, *module, *(f"from {home} import {name}" for home in standard_home(name)), *inner][:8]


def with_import(text: str, line: str) -> str:
    """Return the text with an import line where a sorted list of imports would have it."""
    source = Source(text)
    wanted = ast.parse(line).body[0]
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in imports:
        if isinstance(node, ast.ImportFrom) and isinstance(wanted, ast.ImportFrom) and _joinable(node, wanted):
            aliases = sorted({source.of(alias) for alias in node.names} | {wanted.names[0].name}, key=str.lower)
            return spliced(text, [Splice(*source.span(node), f"from {node.module} import {', '.join(aliases)}")])
    after = [node for node in imports if _rank(node) <= _rank(wanted)]
    if after:
        at = source.span(after[-1])[1]
        return f"{text[:at]}\n{line}{text[at:]}"
    if imports:
        at = source.span(imports[0])[0]
        return f"{text[:at]}{line}\n{text[at:]}"
    first, documented = source.tree.body[0], ast.get_docstring(source.tree) is not None
    if documented:
        at = source.span(first)[1]
        return f"{text[:at]}\n\n{line}{text[at:]}"
    apart = "\n\n\n" if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else "\n\n"
    return f"{line}{apart}{text}"


def _joinable(node: ast.ImportFrom, wanted: ast.ImportFrom) -> bool:
    return node.level == 0 and node.module == wanted.module and all(alias.name != "*" for alias in node.names)


def _rank(node: ast.stmt) -> tuple[int, bool, str]:
    """Return where an import stands: future, standard library, others; plain ones first; by name."""
    plain = isinstance(node, ast.Import)
    module = node.names[0].name if isinstance(node, ast.Import) else getattr(node, "module", None) or "."
    top = module.split(".")[0]
    section = 0 if top == "__future__" else 1 if top in standard_modules() else 3 if getattr(node, "level", 0) else 2
    return section, not plain, module.lower()

"""Imports that are unused, or that name what is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.lint_codes import UNDEFINED
from journeyman.repair.fixers.moved import led_there
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import (
    Names,
    bound_names,
    close_to,
    likeness,
    package_of,
    standard_home,
    standard_modules,
    top_names,
)
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced
from journeyman.repair.tracebacks import Raised, raised

_UNUSED = re.compile(
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+)(?::\d+)?:? .*?['`](?P<name>[\w.]+)(?: as \w+)?['`] imported but unused",
    re.M,
)
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


class UnusedImports:
    """Takes out an import that a linter calls unused, where the linter has no way to do so itself."""

    name = "unused imports"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        found: dict[str, set[tuple[int, str]]] = {}
        if UNDEFINED.search(case.words()):
            return
        for match in _UNUSED.finditer(case.words()):
            path = case.tree.path_of(match["path"])
            if path and not is_test_file(path) and not (path.endswith("__init__.py") and _offered_on(match["name"])):
                found.setdefault(path, set()).add((int(match["line"]), match["name"]))
        texts = {}
        for path, unused in found.items():
            source = parsed(await case.tree.text(path))
            if source:
                texts[path] = without_imports(source, unused)
        if texts:
            yield Proposal("remove unused imports", texts)


def _offered_on(name: str) -> bool:
    """Tell whether a package may import a name for others to have it: none does so with the standard library's."""
    return name.split(".")[0] not in standard_modules()


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
            splices.append(shortened(source, node, gone))
    return spliced(source.text, splices)


def shortened(source: Source, node: ast.Import | ast.ImportFrom, gone: list[ast.alias]) -> Splice:
    """Return what takes names out of an import; the whole of it if none is left."""
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
    """Names modules and what is in them as the repository and the standard library do; of several ways the check
    chooses. Where a test imports what its package does not offer, the package is made to offer it."""

    name = "misspelt imports"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        names = Names(case.tree)
        for item in raised(case.words()):
            no_module, no_name = _NO_MODULE.search(item.message), _NO_NAME.search(item.message)
            place = _place(case, item)
            if place is None or not (no_module or no_name or "relative import" in item.message):
                continue
            source = await names.source(place[0])
            statement = source.statement_at(place[1]) if source else None
            if not source or not isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            ways: list[Way] = []
            if is_test_file(place[0]):
                ways = [way async for way in _offered(no_name[1], no_name[2], names)] if no_name else []
            elif no_module:
                for chosen in await standing_out(case, await led_there(no_module[1], names)):
                    yield chosen
                ways = [way async for way in _modules(place[0], source, statement, no_module[1], names)]
            elif no_name and "circular" not in item.message:
                ways = [way async for way in _names(place[0], source, statement, no_name[1], no_name[2], names)]
            elif not no_name:
                ways = [way async for way in _absolute(place[0], source, statement, names)]
            for chosen in await standing_out(case, _rivals(ways)):
                yield chosen


Way = tuple[float, str, str, str]
"""Doubt, what is done, the file, its new text."""


def _place(case: Case, item: Raised) -> tuple[str, int] | None:
    """Return the innermost frame inside the repository."""
    places = [(case.tree.path_of(path), line) for path, line in reversed(item.frames)]
    return next(((path, line) for path, line in places if path), None)


def _rivals(ways: list[Way]) -> list[Rival]:
    unique: dict[str, Way] = {}
    for way in sorted(ways):
        unique.setdefault(way[3], way)
    return [Rival(Proposal(f"{what} in {path}", {path: text}), cost) for cost, what, path, text in unique.values()]


async def _modules(
    path: str, source: Source, statement: ast.Import | ast.ImportFrom, missing: str, names: Names
) -> AsyncIterator[Way]:
    """Yield the text with a missing module named as one that exists: spelt alike, moved, or in its package."""
    known = {*names.modules, *standard_modules(), *(() if "." in missing else await names.installed())}
    for cost, summary, text in _module_spellings(source, statement, missing, known):
        yield cost, summary, path, text
    last = missing.rpartition(".")[2]
    for full in names.modules:
        if full.rpartition(".")[2] == last and full != missing and isinstance(statement, ast.ImportFrom):
            yield 0.25, f"import from {full}", path, _from(source, statement, _as_near(path, full, source, statement))
    if isinstance(statement, ast.ImportFrom) and len(statement.names) == 1:
        for home in await names.homes(statement.names[0].name):
            yield 0.5, f"import from {home}", path, _from(source, statement, _as_near(path, home, source, statement))


def _as_near(path: str, full: str, source: Source, statement: ast.ImportFrom) -> str:
    """Return how a file names a module: relative, if its statement did or its others do, and only so it is found."""
    package = full.rpartition(".")[0]
    relative = statement.level or any(isinstance(node, ast.ImportFrom) and node.level for node in source.tree.body)
    return f".{full.rpartition('.')[2]}" if relative and package == package_of(path) else full


async def _absolute(
    path: str, source: Source, statement: ast.Import | ast.ImportFrom, names: Names
) -> AsyncIterator[Way]:
    """Yield the text with a relative import that leads nowhere led less far up, or absolute if nothing is there."""
    if not isinstance(statement, ast.ImportFrom) or not statement.level:
        return
    package, wanted = package_of(path).split("."), {alias.name for alias in statement.names}
    for level in range(statement.level - 1, 0, -1):
        above = ".".join(package[: len(package) - level + 1])
        full = f"{above}.{statement.module}" if statement.module else above
        if above and wanted <= (await names.offered_by(full) if full in names.modules else set()):
            module = f"{'.' * level}{statement.module or ''}"
            yield 0.2, f"import from {module}", path, _from(source, statement, module)
            return
    for full in names.modules:
        if f".{full}".endswith(f".{statement.module}"):
            yield 0.3, f"import from {full}", path, _from(source, statement, full)


def _from(source: Source, statement: ast.ImportFrom, module: str) -> str:
    start, end = source.span(statement)
    words = re.sub(r"^from\s+[\w.]+(?:\s+(?=import))?", f"from {module} ", source.of(statement), count=1)
    return spliced(source.text, [Splice(start, end, words)])


def _module_spellings(
    source: Source, statement: ast.Import | ast.ImportFrom, missing: str, known: set[str]
) -> Iterator[tuple[float, str, str]]:
    """Yield the text with the last part of a missing module's path spelt like one that exists."""
    parent, _, last = missing.rpartition(".")
    inside = {name.removeprefix(f"{parent}.").split(".")[0] for name in known if name.startswith(f"{parent}.")}
    offered = inside if parent else {name.split(".")[0] for name in known}
    start, end = source.span(statement)
    for right in close_to(last, offered):
        changed = re.sub(rf"\b{re.escape(last)}\b", right, source.of(statement), count=1)
        text = spliced(source.text, [Splice(start, end, changed)])
        if isinstance(statement, ast.Import) and last not in bound_names(ast.parse(text)):
            text = re.sub(rf"(?<![\w.]){re.escape(last)}(?=\.)", right, text)
        yield 0.3 + 2 * (1 - likeness(last, right)), f"spell the module {right}", text


async def _names(
    path: str, source: Source, statement: ast.Import | ast.ImportFrom, missing: str, module: str, names: Names
) -> AsyncIterator[Way]:
    """Yield the text with an imported name spelt right, or imported from the module that has it."""
    if isinstance(statement, ast.ImportFrom) and (near := await _near(path, statement, names)):
        yield 0.2, f"import from {near}", path, _from(source, statement, near)
        return
    start, end = source.span(statement)
    for right in close_to(missing, await names.offered_by(module)):
        changed = re.sub(rf"\b{re.escape(missing)}\b", right, source.of(statement), count=1)
        splices = [Splice(start, end, changed)]
        uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == missing]
        if f"as {missing}" not in changed:
            splices += [Splice(*source.span(use), right) for use in uses]
        cost = 0.3 + 2 * (1 - likeness(missing, right))
        yield cost, f"import {right}, not {missing}", path, spliced(source.text, splices)
    homes = [*await names.homes(missing), *standard_home(missing)]
    for rank, home in enumerate(home for home in homes if home != module):
        text = with_import(_taken_out(source, statement, missing), f"from {home} import {missing}")
        yield 0.3 + 0.15 * rank, f"import {missing} from {home}", path, text


async def _near(path: str, statement: ast.ImportFrom, names: Names) -> str:
    """Return the module beside a file that has what is looked for in one of the same name elsewhere; "" if none."""
    full = f"{package_of(path)}.{statement.module}"
    wanted = {alias.name for alias in statement.names}
    there = full in names.modules and not statement.level and wanted <= await names.offered_by(full)
    return f".{statement.module}" if there else ""


async def _offered(missing: str, module: str, names: Names) -> AsyncIterator[Way]:
    """Yield a package made to offer what a test imports: from the module inside that has it, or by its name."""
    path = names.modules.get(module)
    source = await names.source(path) if path else None
    if path is None or source is None:
        return
    if path.endswith("__init__.py"):
        for home in await names.homes(missing):
            if home.startswith(f"{module}."):
                relative = any(isinstance(node, ast.ImportFrom) and node.level for node in source.tree.body)
                line = f"from {home.removeprefix(module) if relative else home} import {missing}"
                yield 0.3, f"offer {missing}", path, with_import(source.text, line)
    for wrong in close_to(missing, top_names(source.tree)):
        if not any([wrong in (await names.text(other) or "") for other in names.modules.values() if other != path]):
            renamed = re.sub(rf"(?<!\w){wrong}(?!\w)", missing, source.text)
            yield 0.4 + 2 * (1 - likeness(missing, wrong)), f"call {wrong} {missing}", path, renamed


def _taken_out(source: Source, statement: ast.Import | ast.ImportFrom, name: str) -> str:
    return spliced(source.text, [shortened(source, statement, [a for a in statement.names if a.name == name])])


def with_import(text: str, line: str) -> str:
    """Return the text with an import line where a sorted list of imports would have it."""
    source = Source(text)
    wanted = ast.parse(line).body[0]
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in imports:
        if isinstance(node, ast.ImportFrom) and isinstance(wanted, ast.ImportFrom) and _joinable(node, wanted):
            aliases = sorted(
                {source.of(alias) for alias in node.names} | {ast.unparse(wanted.names[0])}, key=str.lower
            )
            return spliced(
                text,
                [
                    Splice(
                        *source.span(node), f"from {'.' * node.level}{node.module or ''} import {', '.join(aliases)}"
                    )
                ],
            )
    after = [node for node in imports if _rank(node) <= _rank(wanted)]
    if after:
        at = source.span(after[-1])[1]
        return f"{text[:at]}\n{line}{text[at:]}"
    if imports:
        at = source.span(imports[0])[0]
        return f"{text[:at]}{line}\n{text[at:]}"
    if not source.tree.body:
        return f"{text}{line}\n"
    first, documented = source.tree.body[0], ast.get_docstring(source.tree) is not None
    if documented:
        at = source.span(first)[1]
        return f"{text[:at]}\n\n{line}{text[at:]}"
    apart = "\n\n\n" if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else "\n\n"
    return f"{line}{apart}{text}"


def _joinable(node: ast.ImportFrom, wanted: ast.ImportFrom) -> bool:
    return (
        node.level == wanted.level and node.module == wanted.module and all(alias.name != "*" for alias in node.names)
    )


def _rank(node: ast.stmt) -> tuple[int, bool, str]:
    """Return where an import stands: future, standard library, others; plain ones first; by name."""
    plain = isinstance(node, ast.Import)
    module = node.names[0].name if isinstance(node, ast.Import) else getattr(node, "module", None) or "."
    top = module.split(".")[0]
    section = 0 if top == "__future__" else 1 if top in standard_modules() else 3 if getattr(node, "level", 0) else 2
    return section, not plain, module.lower()

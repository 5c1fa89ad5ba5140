"""Names that nothing defines: an import is missing, or a name is misspelt; of several answers the checks choose."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import AsyncGenerator, Iterator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.imports import with_import
from journeyman.repair.fixers.python2_names import NAMES, with_names_of_python3
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import (
    Names,
    bound_names,
    builtin_names,
    likeness,
    module_name,
    standard_home,
    standard_modules,
)
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, spliced
from journeyman.repair.tracebacks import raised

_TOLD = re.compile(
    r"^(?P<path>[^\s:]+\.pyi?):(?P<line>\d+)(?::\d+)?:? .*?"
    r"(?:[Uu]ndefined (?:name|variable) ['`\"]|Name ['`\"]|['`\"](?=\w+['`\"] is not defined))(?P<name>\w+)['`\"]",
    re.M,
)
_FULL = re.compile(r"[Uu]ndefined name `(?P<name>\w+)`\n +--> (?P<path>[^:\n]+):(?P<line>\d+)")
_RAISED = re.compile(r"name '(\w+)' is not defined")
_CUSTOMARY = {
    "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "tf": "tensorflow", "sns": "seaborn", "nx": "networkx",
    "dt": "datetime", "ET": "xml.etree.ElementTree", "sa": "sqlalchemy", "tk": "tkinter", "mp": "multiprocessing",
}  # fmt: skip
_MODULE_NAMES = frozenset({"__file__", "__name__", "__doc__", "__path__", "__all__", "__spec__", "__builtins__"})


class Answer:
    """One way to define a name in a file: an import line, or another spelling of its uses."""

    def __init__(self, cost: float, what: str, line: str = "", spelling: str = "") -> None:
        self.cost, self.what, self.line, self.spelling = cost, what, line, spelling

    def made(self, text: str, name: str) -> str:
        """Return a text with the answer given."""
        if self.line:
            return with_import(text, self.line)
        source = Source(text)
        uses = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id == name]
        return spliced(text, [Splice(*source.span(use), self.spelling) for use in uses])


class UndefinedNames:
    """Gives names that nothing defines their import, or the spelling of one that is defined, a file at a time."""

    name = "undefined names"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        names = Names(case.tree)
        told: dict[str, set[str]] = {}
        for path, name in _told(case):
            told.setdefault(path, set()).add(name)
        for path, wanted in told.items():
            source = await names.source(path)
            if source and wanted & set(NAMES) and (modern := with_names_of_python3(source)) != source.text:
                yield Proposal(f"write names of Python 3 in {path}", {path: modern})
            if source:
                every = sorted(wanted | (undefined(source) if len(wanted) < 6 else set()))
                answers = {name: await _answers(name, path, source, names) for name in every}
                for chosen in await standing_out(case, _combined(path, source.text, answers)):
                    yield chosen


def undefined(source: Source) -> set[str]:
    """Return names that code reads and that neither its module nor Python defines."""
    if any(
        alias.name == "*"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ):
        return set()
    known = bound_names(source.tree) | set(dir(builtins))
    return {
        name for name in _read(symtable.symtable(source.text, "text", "exec")) if name not in known | _MODULE_NAMES
    }


def _read(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _read(inner)


def _told(case: Case) -> Iterator[tuple[str, str]]:
    """Yield (path, name) of undefined names that linters, type checkers and exceptions tell of, tests left out."""
    words = case.words()
    seen = [(found["path"], found["name"]) for pattern in (_TOLD, _FULL) for found in pattern.finditer(words)]
    for item in raised(words):
        found = _RAISED.search(item.message)
        if found and item.kind in ("NameError", "UnboundLocalError") and item.frames:
            seen.append((item.frames[-1][0], found[1]))
    for path, name in dict.fromkeys(seen):
        inside = case.tree.path_of(path)
        if inside and not is_test_file(inside):
            yield inside, name


def _combined(path: str, text: str, answers: dict[str, list[Answer]]) -> list[Rival]:
    """Return ways to define all names of a file: the likeliest answer for each, then another one for one of them."""
    first = {name: found[0] for name, found in answers.items() if found}
    ways = [first] if first else []
    for name, found in answers.items():
        ways += [first | {name: other} for other in found[1:]]
    rivals = []
    for way in ways:
        after = text
        for name, answer in way.items():
            after = answer.made(after, name)
        what = ", ".join(answer.what for answer in way.values())
        rivals.append(Rival(Proposal(f"{what} in {path}", {path: after}), sum(a.cost for a in way.values())))
    return sorted(rivals, key=lambda rival: rival.cost)


async def _answers(name: str, path: str, source: Source, names: Names) -> list[Answer]:
    """Return what a name may have been meant to be, likeliest first."""
    if name in NAMES:
        return [Answer(0.2, f"write {NAMES[name]} for {name}", spelling=NAMES[name])]
    found = {line: Answer(cost, f"`{line}`", line=line) for cost, line in reversed(await _imports(name, path, names))}
    own = bound_names(source.tree)
    spellings = {word: likeness(name, word) for word in own | builtin_names()}
    spelt = [
        Answer(0.3 + 2 * (1 - like) + 0.2 * (word not in own), f"spell {name} as {word}", spelling=word)
        for word, like in spellings.items()
        if like >= 0.7 and word != name
    ]
    return sorted([*found.values(), *spelt], key=lambda answer: answer.cost)[:6]


async def _imports(name: str, path: str, names: Names) -> list[tuple[float, str]]:
    """Return imports that would define a name, with their doubt: as other files have it, own, standard."""
    used = [(0.2 + 0.1 * rank, line) for rank, line in enumerate(await names.imports_of(name, path))]
    own = [(0.3, f"from {home} import {name}") for home in await names.homes(name) if home != module_name(path)]
    plain = [(0.3, f"import {name}")] if name in standard_modules() else []
    inner = [full for full in names.modules if full.endswith(f".{name}")]
    customary = [(0.4, f"import {_CUSTOMARY[name]} as {name}")] if name in _CUSTOMARY else []
    standard = [(0.35 + 0.3 * rank, f"from {home} import {name}") for rank, home in enumerate(standard_home(name))]
    inside = [(0.5, f"from {full.rpartition('.')[0]} import {name}") for full in inner]
    if used or own:
        standard = [(cost + 0.3, line) for cost, line in standard]
    return sorted([*used, *own, *plain, *customary, *standard, *inside])[:8]

"""Misspelt keywords of what a repository only calls: its libraries and the standard one, by their own signatures."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import AsyncGenerator, Iterator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.names import close_to
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced
from journeyman.repair.tracebacks import raised

_SAID = re.compile(
    r"unexpected keyword argument '(?P<name>\w+)'|'(?P<other>\w+)' is an invalid keyword argument|"
    r"Unexpected keyword argument \"(?P<typed>\w+)\""
)
_ASKS = """
import importlib, inspect, sys
def found(words):
    for at in range(len(words), 0, -1):
        try:
            thing = importlib.import_module(".".join(words[:at]))
        except ImportError:
            continue
        for word in words[at:]:
            thing = getattr(thing, word)
        return thing
for name in sys.argv[1:]:
    try:
        print(*inspect.signature(found(name.split("."))).parameters)
    except Exception:
        pass
"""
_TYPES = ("str", "list", "dict", "bytes", "set")


class LibraryKeywords:
    """Spells a keyword as the signature of the called function does, asked of the repository's own Python."""

    name = "keywords of libraries"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        """Yield the near names for each keyword that an exception calls unknown, where the call is."""
        for item in raised(case.words()):
            said = _SAID.search(item.message)
            places = [(case.tree.path_of(path), line) for path, line in reversed(item.frames)]
            for path, line in places[:2] if said else ():
                if not said or not path or is_test_file(path):
                    continue
                source = parsed(await case.tree.text(path))
                if source is None:
                    continue
                for keyword, functions in _calls(source, line, said[said.lastgroup or 0]):
                    for name in close_to(keyword.arg or "", await _parameters(case, functions)):
                        begin, _ = source.span(keyword)
                        text = spliced(source.text, [Splice(begin, begin + len(keyword.arg or ""), name)])
                        yield Proposal(f"spell {keyword.arg} as {name} in {path}", {path: text})


def _calls(source: Source, line: int, wrong: str) -> Iterator[tuple[ast.keyword, list[str]]]:
    """Yield the keywords of that name in the statement at a line, with what the called function may be."""
    statement = source.statement_at(line)
    for node in ast.walk(statement) if statement else ():
        if isinstance(node, ast.Call):
            yield from ((keyword, _called(source, node.func)) for keyword in node.keywords if keyword.arg == wrong)


def _called(source: Source, function: ast.expr) -> list[str]:
    """Return the full names that a function may have: as imported, as built in, as a method of a built-in type."""
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
        for alias in node.names
    }
    root, dot, rest = ast.unparse(function).partition(".")
    names = [imported.get(root, f"builtins.{root}") + dot + rest] if root.isidentifier() else []
    if isinstance(function, ast.Attribute):
        names += [f"builtins.{kind}.{function.attr}" for kind in _TYPES]
    return names


async def _parameters(case: Case, names: list[str]) -> set[str]:
    """Return the parameters of the first of the functions that there is."""
    asked = " ".join(map(shlex.quote, names))
    _, output = await case.tree.shell.run(f"python -c {shlex.quote(_ASKS)} {asked} 2>/dev/null", 20.0)
    return set(next((line for line in output.splitlines() if line.strip()), "").split())

"""Commas missed between the items of a display, where the text still parses: `("a", 1) ("b", 2)` is a call."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, Iterator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced
from journeyman.repair.tracebacks import raised

_SAID = re.compile(r"'(?:tuple|list|dict|set|str|int|float|bytes)' object is not callable|indices must be integers")
_DISPLAYS = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Constant, ast.JoinedStr)


class MissedCommas:
    """Puts a comma after a literal that is called, or indexed by a tuple, in a file that an exception leads to."""

    name = "missed commas"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        """Yield one proposal for each file: what it does to a literal there can mean nothing else."""
        tried: set[str] = set()
        for item in raised(case.words()):
            if item.kind != "TypeError" or not _SAID.search(item.message):
                continue
            for path in (case.tree.path_of(path) for path, _ in reversed(item.frames)):
                if not path or path in tried or is_test_file(path):
                    continue
                tried.add(path)
                source = parsed(await case.tree.text(path))
                splices = list(_missed(source)) if source else []
                if source and splices:
                    yield Proposal(f"put in a missed comma in {path}", {path: spliced(source.text, splices)})


def _missed(source: Source) -> Iterator[Splice]:
    for node in ast.walk(source.tree):
        literal = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else None
        paired = not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Tuple)
        if isinstance(literal, _DISPLAYS) and paired:
            _, end = source.span(literal)
            yield Splice(end, end, ",")

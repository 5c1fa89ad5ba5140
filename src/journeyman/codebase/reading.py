"""Shows a work tree's code to rooms that do not search it themselves: its files, symbols and edges."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from journeyman.codebase.contract import Edge, Kind, Symbol
from journeyman.codebase.digesting import LONGEST_READ, decoded
from journeyman.codebase.graph import Graph
from journeyman.codebase.trees import Tree, Unreadable
from journeyman.codebase.viewing import View


class ViewedCode:
    """Fits `Code` with a view. `read` returns a file's text."""

    def __init__(self, view: View, read: Callable[[str], str]) -> None:
        self._view = view
        self._graph = Graph(view)
        self.text = read
        self.named = self._graph.symbols
        self.callers = self._graph.callers
        self.callees = self._graph.callees

    def paths(self) -> dict[str, str]:
        """Return the path of each file with its language, by path; text that is in none has ""."""
        contents = self._view.contents
        return {path: self._view.languages.get(contents[path], "") for path in sorted(contents)}

    def symbols(self, path: str) -> list[Symbol]:
        """Return what a file defines, in its order, without the module itself. No such file: nothing."""
        if path not in self._view.contents:
            return []
        found = (self._view.symbol(row, path) for row in self._view.rows_of(self._view.contents[path]))
        return [symbol for symbol in found if symbol.kind is not Kind.MODULE]

    def modules(self, path: str) -> tuple[str, ...]:
        """Return the names of the modules that a file imports, each once, in its order."""
        if path not in self._view.contents:
            return ()
        return tuple(dict.fromkeys(each.module for each in self._view.details(self._view.contents[path]).imports))

    def tests(self, symbol: Symbol) -> list[Edge]:
        """Return the tests that exercise a symbol, the surest first."""
        return self._graph.tests(symbol)


def reader_of(root: Path) -> Callable[[str], str]:
    """Return what reads the texts of a tree's files, following no link; "" for what cannot be read."""

    def read(path: str) -> str:
        try:
            with Tree(root) as tree:
                return decoded(tree.read(os.fsencode(path))[:LONGEST_READ])[0]
        except (Unreadable, OSError):
            return ""

    return read

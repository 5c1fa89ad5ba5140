"""The modules of a project as templates borrow from them: each read once, those of a package beside each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial

from .ingredients import Ingredients
from .source import Source

MOST_MODULES = 12
MOST_CHARACTERS = 200_000
"""Of all modules together that are read beside one; a character costs about a microsecond."""
_TESTING = ("test_", "tests.", "conftest.")


class Package:
    """Ingredients by path. `run`: the modules that failing tests run; others beside them are read when asked for."""

    def __init__(self, run: Mapping[str, Source]) -> None:
        self._known = {path: Ingredients(source, partial(self._beside, path)) for path, source in run.items()}
        self._run = run

    def of(self, path: str) -> Ingredients:
        """Return what a module that failing tests run is made of."""
        return self._known[path]

    def _beside(self, path: str) -> list[Ingredients]:
        """Return the other modules of a module's folder: those that failing tests run first, then the smallest."""
        found, room = list[Ingredients](), MOST_CHARACTERS
        for other in _modules(path, self._run):
            module = self._module(other, room)
            if module is not None and len(found) < MOST_MODULES:
                found.append(module)
                room -= len(module.source.text)
        return found

    def _module(self, path: str, room: int) -> Ingredients | None:
        if path not in self._known:
            try:
                if os.path.getsize(path) > room:
                    return None
                with open(path, encoding="utf-8", newline="") as file:
                    self._known[path] = Ingredients(Source(file.read()))
            except (OSError, SyntaxError, ValueError, RecursionError):
                return None
        return self._known[path] if len(self._known[path].source.text) <= room else None


def _modules(path: str, run: Mapping[str, Source]) -> Iterator[str]:
    folder = os.path.dirname(path)
    try:
        with os.scandir(folder) as entries:
            found = [(each.path not in run, each.stat().st_size, each.path) for each in entries if _is_module(each)]
    except OSError:
        return
    yield from (other for _, _, other in sorted(found) if other != path)


def _is_module(entry: os.DirEntry[str]) -> bool:
    testing = entry.name.startswith(_TESTING) or entry.name.endswith("_test.py")
    return entry.name.endswith(".py") and not testing and entry.is_file()

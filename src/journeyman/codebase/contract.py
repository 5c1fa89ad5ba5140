"""What the index knows and tells."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec


class Kind(StrEnum):
    """What a symbol is."""

    MODULE = "module"
    CLASS = "class"
    INTERFACE = "interface"
    TYPE = "type"
    FUNCTION = "function"
    METHOD = "method"
    TEST = "test"
    SUITE = "suite"
    CONSTANT = "constant"
    FIELD = "field"
    ROUTE = "route"
    NAMESPACE = "namespace"
    SECTION = "section"
    KEY = "key"


class Symbol(msgspec.Struct, frozen=True):
    """A named piece of code. Lines count from 1, both inclusive; `complexity` is cyclomatic."""

    id: int
    path: str
    name: str
    qualified: str
    kind: Kind
    language: str
    line: int
    end_line: int
    complexity: int
    signature: str
    doc: str

    @property
    def place(self) -> str:
        """The symbol as `path:Class.function`; a module as its path."""
        return self.path if self.kind is Kind.MODULE else f"{self.path}:{self.qualified}"


class Hit(msgspec.Struct, frozen=True):
    """Something that a search found. `line` counts from 1; `symbol` is what it lies in, qualified, or empty."""

    path: str
    line: int
    text: str
    score: float
    symbol: str = ""
    kind: str = ""


class How(StrEnum):
    """What a query is taken for: words, the name of a symbol, a text as it stands, a regular expression."""

    WORDS = "words"
    SYMBOL = "symbol"
    TEXT = "text"
    REGEX = "regex"


class Filter(msgspec.Struct, frozen=True):
    """What a search is confined to. `path` is a pattern as the shell has them, `changed` a set of paths or None."""

    language: str = ""
    path: str = ""
    kind: str = ""
    changed: frozenset[str] | None = None


class Problem(msgspec.Struct, frozen=True):
    """A file that was not indexed in full, and why."""

    path: str
    reason: str


class Report(msgspec.Struct, frozen=True):
    """What bringing an index up to date did.

    `changed` counts files that had to be looked at, `parsed` contents that had never been seen.
    """

    files: int
    changed: int
    parsed: int
    removed: int
    symbols: int
    source_bytes: int
    index_bytes: int
    seconds: float
    rebuilt: str
    problems: tuple[Problem, ...]


class Located(msgspec.Struct, frozen=True):
    """A file or a function that an issue is likely about."""

    place: str
    score: float


class Trees(Protocol):
    """What git knows of work trees."""

    async def paths(self, root: Path) -> list[bytes] | None:
        """Return the paths below a folder that git does not ignore, or None if the folder is in no work tree."""
        ...

    async def identity(self, root: Path) -> str:
        """Return what all clones of a repository have in common; empty if there is nothing."""
        ...

    async def head(self, root: Path) -> str:
        """Return the commit that a work tree stands at; empty if there is none."""
        ...

    async def history(self, root: Path, commit: str, most: int) -> list[tuple[str, tuple[str, ...]]]:
        """Return the messages of a commit and those before it, newest first, and the paths below a folder of each."""
        ...

    async def changed_since(self, root: Path, revision: str) -> frozenset[str]:
        """Return the paths below a folder that differ from a revision. BadRequest if there is no such revision."""
        ...

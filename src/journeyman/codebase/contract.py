"""What the index knows and tells."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from journeyman.domain.changes import Change, Commit
from journeyman.domain.checks import Check
from journeyman.domain.patterns import Pattern, PatternType, Recalled


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


class Relation(StrEnum):
    """How the source of an edge relates to its target."""

    CALLS = "calls"
    INHERITS = "inherits"
    IMPORTS = "imports"
    TESTS = "tests"


class Edge(msgspec.Struct, frozen=True):
    """One symbol needs another. `confidence` is from 0 to 1."""

    source: Symbol
    target: Symbol
    relation: Relation
    confidence: float


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
    """A file or a function that an issue is likely about. A function has its lines, a file has 0."""

    place: str
    score: float
    line: int = 0
    end_line: int = 0


class Gain(msgspec.Struct, frozen=True):
    """What an embedder is worth on a repository: the share, in percent, of the files to change that are among the
    first ten, on average over the questions.

    `on`: whether the embedder is used on this repository, which it is where it finds more.
    """

    embedder: str
    questions: int
    without: float
    with_embedder: float
    better: int
    worse: int
    at: str
    on: bool


class Code(Protocol):
    """The code of one work tree, as of the last refresh of its index."""

    def paths(self) -> dict[str, str]:
        """Return the path of each file with its language, by path; text that is in none has ""."""
        ...

    def symbols(self, path: str) -> list[Symbol]:
        """Return what a file defines, in its order, without the module itself. No such file: nothing."""
        ...

    def modules(self, path: str) -> tuple[str, ...]:
        """Return the names of the modules that a file imports, each once, in its order."""
        ...

    def text(self, path: str) -> str:
        """Return a file's text as it lies in the work tree; "" if it cannot be read any more."""
        ...

    def named(self, name: str) -> list[Symbol]:
        """Return the symbols of a name."""
        ...

    def callers(self, symbol: Symbol) -> list[Edge]:
        """Return who calls a symbol, the surest first."""
        ...

    def callees(self, symbol: Symbol) -> list[Edge]:
        """Return what a symbol calls, the surest first."""
        ...

    def tests(self, symbol: Symbol) -> list[Edge]:
        """Return the tests that exercise a symbol, the surest first."""
        ...


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


class Pasts(Protocol):
    """What git tells of how a repository came to be as it is. `root` is a work tree or a git directory."""

    async def head(self, root: Path) -> str:
        """Return the commit that a place stands at; empty if there is none."""
        ...

    async def origin(self, root: Path) -> str:
        """Return the address of the remote that a place was cloned from, else the place of its git directory.

        Empty where there is no repository.
        """
        ...

    async def top(self, root: Path) -> Path:
        """Return the top folder of the work tree that a place is in; the place itself where there is none."""
        ...

    async def commits(self, root: Path, commit: str, most: int) -> list[Commit]:
        """Return a commit and those before it, newest first, merges left out; nothing if it is unknown."""
        ...

    async def names(self, root: Path, commit: str) -> frozenset[str]:
        """Return the paths of a commit's files; nothing if it is unknown."""
        ...

    async def files(self, root: Path, commit: str, largest: int) -> dict[str, bytes]:
        """Return the files of a commit by their paths, links and those of more bytes than `largest` left out."""
        ...

    async def diffs(self, root: Path, commits: Sequence[str]) -> dict[str, str]:
        """Return the unified diffs of commits, with two lines around each change."""
        ...


class Finished(msgspec.Struct, frozen=True):
    """What a run shows that completed: the checks that passed, what they failed by before, and its change."""

    checks: tuple[Check, ...]
    mended: tuple[str, ...]
    change: Change


class ProjectMemory(Protocol):
    """What was learnt of projects. What one project learnt is shown to no other unless the settings say so."""

    async def project_at(self, address: str) -> str:
        """Return the project of a repository's address; a folder is of the project that it was cloned from."""
        ...

    async def recall(
        self, project: str, question: str, limit: int = 10, kinds: Sequence[PatternType] = ()
    ) -> tuple[Recalled, ...]:
        """Return what a question brings up, best first: by relevance × success × confidence."""
        ...

    async def shown(self, run_id: str, project: str, numbers: Sequence[int]) -> None:
        """Note that a run was shown patterns. Doing it again changes nothing."""
        ...

    async def turned_out(self, run_id: str, helped: bool | None) -> tuple[Pattern, ...]:
        """Count how a run ended for what it was shown, and return what retires by it. None: it tells nothing."""
        ...

    async def learn_run(self, project: str, finished: Finished) -> None:
        """Learn from a run that completed: the commands that worked, and what made a failing check pass."""
        ...

    async def read_past(self, project: str, root: Path, commit: str) -> None:
        """Learn from the commits up to one, where they were not read before; `root` is a place that has them."""
        ...

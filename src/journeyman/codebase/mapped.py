"""What a map of a repository holds."""

from __future__ import annotations

import msgspec

from journeyman.codebase.contract import Relation

FOLDER, FILE = "folder", "file"
"""The kinds of nodes that are no symbols."""


class Node(msgspec.Struct, frozen=True):
    """A folder, a file or a symbol. `parent` is the number of what it lies in, -1 for the root alone; what it lies in
    comes before it. `symbol` is a symbol's name with those of what it lies in. `lines` of a folder are those of its
    files. Lines count from 1, both inclusive."""

    kind: str
    name: str
    parent: int
    path: str
    line: int = 0
    end_line: int = 0
    lines: int = 0
    language: str = ""
    test: bool = False
    symbol: str = ""


class Link(msgspec.Struct, frozen=True):
    """One node, by its number, needs another. `confidence` is from 0 to 1."""

    source: int
    target: int
    relation: Relation
    confidence: float


class CodeMap(msgspec.Struct, frozen=True):
    """A repository's graph. `left_out` counts what was more than a picture can show, by its kind."""

    nodes: tuple[Node, ...]
    edges: tuple[Link, ...]
    left_out: dict[str, int]

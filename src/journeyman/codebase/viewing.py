"""One work tree as an index knows it at one moment: its files, symbols and postings."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import compress

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS, Details, details_of
from journeyman.codebase.languages import owning_languages
from journeyman.codebase.parsing import CLASSES, KINDS
from journeyman.codebase.postings import Posting, joined, posting
from journeyman.codebase.words import Terms

_DETAILS_KEPT = 2000
_POSTINGS_KEPT = 4000
_NAMES_KEPT = 20_000
_BLOCKS = """SELECT (SELECT block FROM blocks WHERE segment = segments.id AND first <= ? ORDER BY first DESC LIMIT 1)
    FROM segments"""

ENTRANCES = frozenset({"__init__", "index", "mod", "lib", "main"})
"""File names that stand for their folder."""

Row = tuple[int, str, int, int, int, int, int]


class View:
    """What a search looks at. Made anew when the index has changed."""

    def __init__(self, connection: sqlite3.Connection, root: bytes) -> None:
        self._connection = connection
        row = connection.execute("SELECT id FROM trees WHERE root = ?", (root,)).fetchone()
        self._tree = row[0] if row else 0
        self.details = lru_cache(_DETAILS_KEPT)(self._details)
        self.postings = lru_cache(_POSTINGS_KEPT)(self._postings)
        self.qualified = lru_cache(_NAMES_KEPT)(self._qualified)
        self._around = lru_cache(_NAMES_KEPT)(self._names_around)

    @cached_property
    def paths(self) -> dict[int, list[str]]:
        """The paths of each content."""
        found: dict[int, list[str]] = {}
        rows = self._connection.execute(
            "SELECT path, content FROM files WHERE tree = ? AND content IS NOT NULL ORDER BY path", (self._tree,)
        )
        for path, content in rows:
            found.setdefault(content, []).append(os.fsdecode(path))
        return found

    @cached_property
    def contents(self) -> dict[str, int]:
        """The content of each path."""
        return {path: content for content, paths in self.paths.items() for path in paths}

    @cached_property
    def languages(self) -> dict[int, str]:
        """The language of each content; empty where it is only text."""
        rows = self._connection.execute(
            "SELECT DISTINCT contents.id, language FROM contents JOIN files ON content = contents.id WHERE tree = ?",
            (self._tree,),
        )
        return dict(rows)

    @cached_property
    def blobs(self) -> dict[str, str]:
        """The Git blob id of each path's content."""
        rows = self._connection.execute(
            "SELECT path, lower(hex(substr(blob, 1, 20))) FROM files"
            " JOIN contents ON content = contents.id WHERE tree = ?",
            (self._tree,),
        )
        return {os.fsdecode(path): blob for path, blob in rows}

    @cached_property
    def lengths(self) -> dict[int, int]:
        """The number of words of each content."""
        rows = self._connection.execute(
            "SELECT DISTINCT contents.id, words FROM contents JOIN files ON content = contents.id WHERE tree = ?",
            (self._tree,),
        )
        return dict(rows)

    @cached_property
    def path_terms(self) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
        """The terms of each content's path: of the folders, and of the file's name, or that of what it stands for."""
        terms, folder_terms = Terms(), lru_cache(None)(lambda folder: tuple(Terms().in_text(folder)))
        found = {}
        for content, paths in self.paths.items():
            folder, _, name = paths[0].rpartition("/")
            if name.partition(".")[0] in ENTRANCES:
                folder, _, name = folder.rpartition("/")
            found[content] = folder_terms(folder), tuple(terms.in_text(name.partition(".")[0]))
        return found

    @cached_property
    def path_term_counts(self) -> Counter[str]:
        """In how many paths each term stands."""
        return Counter(term for folders, name in self.path_terms.values() for term in {*folders, *name})

    @cached_property
    def by_file_name(self) -> dict[str, list[tuple[str, int]]]:
        """The paths and contents of each file name, and of each name without its ending but the dot."""
        found: dict[str, list[tuple[str, int]]] = {}
        for content, paths in self.paths.items():
            for path in paths:
                name = path.rpartition("/")[2]
                found.setdefault(name, []).append((path, content))
        return found

    @cached_property
    def chunks(self) -> int:
        """How many symbols the tree has, whatever else is in the index."""
        last = (1 << SYMBOL_BITS) - 1
        row = self._connection.execute(
            "SELECT count(*) FROM (SELECT DISTINCT content FROM files WHERE tree = ? AND content IS NOT NULL)"
            f" JOIN code_symbols ON id BETWEEN content << {SYMBOL_BITS} AND content << {SYMBOL_BITS} | {last}",
            (self._tree,),
        ).fetchone()
        return row[0] or 1

    @cached_property
    def _live_to(self) -> int:
        """The number up to which all contents of the index are in this tree; others may write while this is used."""
        stored, newest = self._connection.execute("SELECT count(*), max(id) FROM contents").fetchone()
        return newest if stored == len(self.paths) else 0

    def _postings(self, term: str) -> Posting | None:
        rows = self._connection.execute(_BLOCKS, (term,))
        parts = [part for (block,) in rows if block and (part := posting(block, term))]
        if not parts:
            return None
        ids, payloads = parts[0] if len(parts) == 1 else joined(parts)
        if ids[-1] >> SYMBOL_BITS > self._live_to:
            paths = self.paths
            live = [id >> SYMBOL_BITS in paths for id in ids]
            ids, payloads = type(ids)("I", compress(ids, live)), type(payloads)("H", compress(payloads, live))
        return (ids, payloads) if ids else None

    def _details(self, content: int) -> Details:
        row = self._connection.execute("SELECT details FROM contents WHERE id = ?", (content,)).fetchone()
        return details_of(row[0])

    def rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """Return the rows of symbols."""
        found: dict[int, Row] = {}
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            marks = ",".join("?" * len(some))
            for row in self._connection.execute(f"SELECT * FROM code_symbols WHERE id IN ({marks})", some):
                found[row[0]] = row
        return found

    def rows_of(self, content: int) -> list[Row]:
        """Return the rows of all symbols of a content, in their order."""
        first = content << SYMBOL_BITS
        return self._connection.execute(
            "SELECT * FROM code_symbols WHERE id BETWEEN ? AND ? ORDER BY id", (first, first | (1 << SYMBOL_BITS) - 1)
        ).fetchall()

    def named(self, name: str, most: int = 2000) -> list[Row]:
        """Return the rows of the tree's symbols of a name, whatever its case."""
        rows = self._connection.execute("SELECT * FROM code_symbols WHERE name = ? LIMIT ?", (_text(name), most))
        return [row for row in rows if row[0] >> SYMBOL_BITS in self.paths]

    def beginning(self, name: str, most: int) -> list[Row]:
        """Return the rows of the tree's symbols whose names begin so, whatever the case."""
        rows = self._connection.execute(
            "SELECT * FROM code_symbols WHERE name >= ? AND name < ? LIMIT ?",
            (_text(name), _text(name) + "\U0010ffff", most),
        )
        return [row for row in rows if row[0] >> SYMBOL_BITS in self.paths]

    def symbol(self, row: Row, path: str = "") -> Symbol:
        """Return a symbol, of the path or of the first that has its content."""
        id, name, kind, _, line, end_line, complexity = row
        content, number = id >> SYMBOL_BITS, id & (1 << SYMBOL_BITS) - 1
        details = self.details(content)
        return Symbol(
            id=id,
            path=path or self.paths[content][0],
            name=name,
            qualified=self.qualified(row),
            kind=KINDS[kind],
            language=self.languages.get(content, ""),
            line=line,
            end_line=end_line,
            complexity=complexity,
            signature=details.signatures[number],
            doc=details.docs[number],
        )

    def _qualified(self, row: Row) -> str:
        """Return a symbol's name with those of what it lies in."""
        content, number = row[0] >> SYMBOL_BITS, row[0] & (1 << SYMBOL_BITS) - 1
        name = row[1]
        if self.languages.get(content, "") in owning_languages():
            owner = self.details(content).owners.get(number)
            name = f"{owner}.{name}" if owner else name
        return f"{self._around(content << SYMBOL_BITS | row[3])}.{name}" if row[3] else name

    def _names_around(self, id: int) -> str:
        """Return the names of a symbol that others lie in, and of those that it lies in."""
        row = self.rows([id])[id]
        return f"{self._around(id >> SYMBOL_BITS << SYMBOL_BITS | row[3])}.{row[1]}" if row[3] else row[1]


def _text(name: str) -> str:
    """Return a name that a person gave as it may be asked for: halves of surrogate pairs are in none."""
    return name.encode(errors="replace").decode()


def is_class(row: Row) -> bool:
    """Tell whether a row is that of a class or the like."""
    return KINDS[row[2]] in CLASSES


def kinds_of(kinds: Iterable[Kind]) -> frozenset[int]:
    """Return the numbers of kinds."""
    return frozenset(KINDS.index(kind) for kind in kinds)

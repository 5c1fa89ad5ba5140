"""The file of an index: its tables, and what is done when it is damaged or of another version.

contents      what was read, by its git blob id; shared by every tree, branch and commit
code_symbols  what contents define; the id is the content's, shifted, and the symbol's number in it
segments      parts of the word index, each made in one go; several small ones become one
blocks        which symbols the terms from one on stand in, for each segment (`postings.py`)
history       what the commits before one tell: the terms of their messages, the paths they changed
trees, files  which content lies where, for each work tree, and how to tell that it still does
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

VERSION = 8
"""Of the tables and of what is stored in them: another one is built anew."""

DAMAGE = (sqlite3.DatabaseError, zlib.error, msgspec.DecodeError, msgspec.ValidationError, ValueError, IndexError)
"""What reading a damaged file raises."""

TABLES = """
CREATE TABLE contents (id INTEGER PRIMARY KEY, blob BLOB NOT NULL UNIQUE, language TEXT NOT NULL,
    size INTEGER NOT NULL, lines INTEGER NOT NULL, words INTEGER NOT NULL, note TEXT NOT NULL, details BLOB NOT NULL);
CREATE TABLE code_symbols (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, kind INTEGER NOT NULL,
    parent INTEGER NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, complexity INTEGER NOT NULL);
CREATE TABLE segments (id INTEGER PRIMARY KEY, postings INTEGER NOT NULL);
CREATE TABLE blocks (id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, first TEXT NOT NULL, block BLOB NOT NULL);
CREATE INDEX blocks_by_term ON blocks (segment, first);
CREATE TABLE trees (id INTEGER PRIMARY KEY, root BLOB NOT NULL UNIQUE, generation INTEGER NOT NULL);
CREATE TABLE files (tree INTEGER NOT NULL, path BLOB NOT NULL, content INTEGER, note TEXT NOT NULL,
    size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL, node INTEGER NOT NULL,
    PRIMARY KEY (tree, path)) WITHOUT ROWID;
CREATE TABLE history (head TEXT PRIMARY KEY, past BLOB NOT NULL);
CREATE INDEX files_by_content ON files (tree, content);
"""
BY_NAME = "CREATE INDEX symbols_by_name ON code_symbols (name)"

Returned = TypeVar("Returned")


class IndexFile:
    """One repository's index. Two processes may use it: readers see whole states, writers take turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rebuilt = ""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self.connection = self._opened()
        except DAMAGE as error:
            self.start_anew(f"damaged ({error})")

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA mmap_size = 268435456")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise ValueError(f"version {version}")
            if version == 0:
                _make(connection)
            return connection
        except BaseException:
            connection.close()
            raise

    def start_anew(self, why: str) -> None:
        """Throw the file away and begin an empty one."""
        self.rebuilt = why
        with suppress(AttributeError):
            self.connection.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        self.connection = self._opened()

    def check(self) -> None:
        """Look through the whole file and begin anew if its structure is damaged."""
        try:
            found = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            self.start_anew(f"damaged ({' '.join(found.split())})")

    def write(self, work: Callable[[sqlite3.Connection], Returned]) -> Returned:
        """Do work in one transaction that is the only writing one."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            returned = work(self.connection)
        except BaseException:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return returned

    @property
    def size(self) -> int:
        """Bytes of the file, once all that was written lies in it."""
        pages, bytes_each = (
            self.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        return int(pages * bytes_each)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


@contextmanager
def names_last(connection: sqlite3.Connection) -> Iterator[None]:
    """Within a transaction: of an empty index, index the symbols' names at the end, which is faster."""
    empty = connection.execute("SELECT 1 FROM contents LIMIT 1").fetchone() is None
    if empty:
        connection.execute("DROP INDEX symbols_by_name")
    yield
    if empty:
        connection.execute(BY_NAME)


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in (*TABLES.split(";"), BY_NAME):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")

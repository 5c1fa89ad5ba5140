"""Keeps what tests were seen to run, by the contents of the files: in a file of its own beside the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import msgspec

from journeyman.domain.coverage import Recorded

VERSION = 1

TABLES = """
CREATE TABLE tests (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seconds REAL NOT NULL, passed INTEGER NOT NULL,
    opaque INTEGER NOT NULL, reads BLOB NOT NULL);
CREATE TABLE ran (id INTEGER PRIMARY KEY, path TEXT NOT NULL, blob TEXT NOT NULL, lines BLOB NOT NULL,
    UNIQUE (path, blob, lines));
CREATE TABLE tests_ran (test INTEGER NOT NULL, ran INTEGER NOT NULL, PRIMARY KEY (test, ran)) WITHOUT ROWID;
CREATE INDEX tests_by_ran ON tests_ran (ran);
CREATE TABLE known (path TEXT PRIMARY KEY, blob TEXT NOT NULL) WITHOUT ROWID;
"""

IMPORTED = ""
"""The name of what ran while tests were collected."""


class Known(msgspec.Struct, frozen=True):
    """A recorded test."""

    id: int
    name: str
    seconds: float
    opaque: bool
    reads: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file that it is in."""
        return self.name.partition("::")[0]


class Coverage:
    """The recorded coverage of one repository. A damaged file is begun anew: it can be recorded again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = self._opened()
        except (sqlite3.DatabaseError, ValueError):
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
            self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=60, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise ValueError(f"version {version}")
            if version == 0:
                with _writing(connection):
                    for statement in TABLES.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
            return connection
        except BaseException:
            connection.close()
            raise

    def keep(self, recorded: Recorded) -> None:
        """Keep a recording. What its tests ran before is forgotten, and tests that are no longer there."""
        with _writing(self._connection) as connection:
            sets = [_kept_set(connection, each.path, recorded.files[each.path], each.lines) for each in recorded.ran]
            for number in self._gone(recorded):
                connection.execute("DELETE FROM tests_ran WHERE test = ?", (number,))
                connection.execute("DELETE FROM tests WHERE id = ?", (number,))
            for test in recorded.tests:
                self._keep_test(test.name, (test.seconds, test.passed, test.opaque, test.reads), test.ran, sets)
            self._keep_test(IMPORTED, (0.0, True, False, ()), recorded.imported, sets)
            connection.execute("DELETE FROM ran WHERE id NOT IN (SELECT ran FROM tests_ran)")
            files = ((_named(path), blob) for path, blob in recorded.files.items())
            connection.executemany("INSERT OR REPLACE INTO known VALUES (?, ?)", files)
        self.__dict__.pop("tests", None)
        self.__dict__.pop("files", None)

    def _gone(self, recorded: Recorded) -> list[int]:
        """Return the tests whose files are gone, or have changed and were run now without them, and those that other
        parameters of the same function took the place of."""
        ran, files = {test.name for test in recorded.tests}, {test.path for test in recorded.tests}
        functions = {name.partition("[")[0] for name in ran}
        return [
            number
            for number, test in self.tests.items()
            if test.name not in ran
            and (
                test.path not in recorded.files
                or test.name.partition("[")[0] in functions
                or (test.path in files and number not in self.ran(test.path, recorded.files[test.path]))
            )
        ]

    def _keep_test(
        self, name: str, told: tuple[float, bool, bool, tuple[str, ...]], ran: Iterable[int], sets: list[int]
    ) -> None:
        packed = (name, *told[:3], msgspec.msgpack.encode(told[3]))
        connection = self._connection
        connection.execute(
            "INSERT INTO tests (name, seconds, passed, opaque, reads) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO"
            " UPDATE SET seconds = excluded.seconds, passed = excluded.passed, opaque = excluded.opaque,"
            " reads = excluded.reads",
            packed,
        )
        number = connection.execute("SELECT id FROM tests WHERE name = ?", (name,)).fetchone()[0]
        connection.execute("DELETE FROM tests_ran WHERE test = ?", (number,))
        connection.executemany(
            "INSERT OR IGNORE INTO tests_ran VALUES (?, ?)", {(number, sets[each]) for each in ran}
        )

    @cached_property
    def tests(self) -> dict[int, Known]:
        """The recorded tests by their numbers."""
        rows = self._connection.execute("SELECT id, name, seconds, opaque, reads FROM tests WHERE name != ''")
        return {
            row[0]: Known(row[0], row[1], row[2], bool(row[3]), msgspec.msgpack.decode(row[4], type=tuple[str, ...]))
            for row in rows
        }

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The blobs of the files as they were when they were recorded."""
        return dict(self._connection.execute("SELECT path, blob FROM known").fetchall())

    def ran(self, path: str, blob: str = "") -> dict[int, int]:
        """Return which lines of a file each test ran, as bits: of this content, or of any."""
        found: dict[int, int] = {}
        query = "SELECT test, lines FROM ran JOIN tests_ran ON ran.id = ran WHERE path = ?"
        rows = self._connection.execute(
            query + (" AND blob = ?" if blob else ""), (_named(path), blob) if blob else (_named(path),)
        ).fetchall()
        for test, lines in rows:
            if test in self.tests:
                found[test] = found.get(test, 0) | int.from_bytes(lines, "little")
        return found

    def imported(self, path: str, blob: str) -> int:
        """Return which lines of a content ran while tests were collected, as bits."""
        row = self._connection.execute(
            "SELECT lines FROM ran JOIN tests_ran ON ran.id = ran JOIN tests ON tests.id = test"
            " WHERE name = '' AND path = ? AND blob = ?",
            (_named(path), blob),
        ).fetchone()
        return int.from_bytes(row[0], "little") if row else 0

    def contents(self) -> list[tuple[str, str]]:
        """Return the paths and blobs of all that ran."""
        return self._connection.execute("SELECT DISTINCT path, blob FROM ran").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _named(path: str) -> str:
    """Return a path as the tables have it: names of files may be any bytes."""
    return path.encode(errors="backslashreplace").decode()


def _kept_set(connection: sqlite3.Connection, path: str, blob: str, lines: int) -> int:
    path = _named(path)
    packed = lines.to_bytes((lines.bit_length() + 7) // 8, "little")
    connection.execute("INSERT OR IGNORE INTO ran (path, blob, lines) VALUES (?, ?, ?)", (path, blob, packed))
    row = connection.execute("SELECT id FROM ran WHERE path = ? AND blob = ? AND lines = ?", (path, blob, packed))
    return int(row.fetchone()[0])


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

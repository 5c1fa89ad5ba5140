"""The shape of code: its syntax without the names, as fingerprints that like code shares. Kept by content.

A text becomes words of syntax: keywords and signs stay, every name is one word, so is every number and every text.
Runs of these are hashed; of each few neighbouring hashes the least is kept (winnowing, Schleimer and others 2003).
"""

from __future__ import annotations

import re
import sqlite3
from array import array
from contextlib import suppress
from pathlib import Path
from zlib import crc32

VERSION = 1
RUN, WINDOW = 5, 2
"""Words of a run, and neighbouring runs of which one is kept."""

LEAST = 4
"""Fingerprints without which nothing can be said of a shape."""

_KEYWORDS = frozenset(
    """
    and as assert async await break case catch class const continue def default defer del do elif else end enum
    except export extends extern false finally fn for foreach from func function global go goto if impl import
    in instanceof interface is lambda let loop match module mut namespace new nil None nonlocal not null or
    package pass private protected public raise range rescue return select static struct switch throw throws
    True true try type typeof unless until use var virtual void when where while with yield
    """.split()  # noqa: SIM905 - a list of words, not of strings
)
_WORDS = re.compile(
    r"(?P<text>[rbfuRBFU]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`))"
    r"|(?P<note>/\*.*?\*/|//[^\n]*|\#[^\n]*|--[ ][^\n]*)"
    r"|(?P<number>\d[\w.]*)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>[-+*/%&|^=<>!]{1,3}|[()\[\]{}.,:;?@~])",
    re.DOTALL,
)
_FLOOR = re.compile(r"(?<=[\w)\]\s])//(?=[\s\w(])")


def fingerprints(text: str, language: str) -> array[int]:
    """Return the fingerprints of a text, in rising order, each once."""
    words = syntax(text, language)
    hashes = [crc32(" ".join(words[at : at + RUN]).encode()) for at in range(len(words) - RUN + 1)]
    kept = {min(hashes[at : at + WINDOW]) for at in range(max(len(hashes) - WINDOW + 1, 1)) if hashes}
    return array("I", sorted(kept))


def syntax(text: str, language: str) -> list[str]:
    """Return the words of syntax of a text; notes and documentation left out."""
    if language == "python":
        text = _FLOOR.sub("%", text)  # a division, where others begin a note
    found: list[str] = []
    for match in _WORDS.finditer(text):
        kind, word = match.lastgroup, match[0]
        if kind == "name" and word not in _KEYWORDS and found[-2:] == ["n", "."]:
            found.pop()  # a name of a name is a name
        elif kind == "name":
            found.append(word if word in _KEYWORDS else "n")
        elif kind == "number":
            found.append("0")
        elif kind == "text" and not (word.startswith(('"""', "'''")) and (not found or found[-1] == ":")):
            found.append("s")
        elif kind == "sign":
            found.append(word)
    return found


class Shapes:
    """The fingerprints of the symbols of contents, in a file of their own beside the index."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = _opened(path)
        except (sqlite3.DatabaseError, ValueError):
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
            self._connection = _opened(path)

    def known(self) -> set[str]:
        """Return the blobs whose fingerprints are kept."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT blob FROM shapes")}

    def keep(self, found: dict[str, dict[int, array[int]]]) -> None:
        """Keep the fingerprints of the symbols of blobs, by their numbers."""
        self._connection.execute("BEGIN IMMEDIATE")
        rows = [(blob, number, each.tobytes()) for blob, shapes in found.items() for number, each in shapes.items()]
        self._connection.executemany("INSERT OR REPLACE INTO shapes VALUES (?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def all(self, blobs: set[str]) -> dict[tuple[str, int], array[int]]:
        """Return the fingerprints of all symbols of some blobs."""
        found = {}
        for blob, number, packed in self._connection.execute("SELECT blob, number, prints FROM shapes"):
            if blob in blobs and packed:
                found[blob, number] = array("I")
                found[blob, number].frombytes(packed)
        return found

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise ValueError(f"version {version}")
        with suppress(sqlite3.OperationalError):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS shapes (blob TEXT NOT NULL, number INTEGER NOT NULL,"
                " prints BLOB NOT NULL, PRIMARY KEY (blob, number)) WITHOUT ROWID"
            )
        connection.execute(f"PRAGMA user_version = {VERSION}")
        return connection
    except BaseException:
        connection.close()
        raise

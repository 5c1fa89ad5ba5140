"""Brings an index up to date with a work tree: reads what changed, digests what was never seen."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Problem, Report
from journeyman.codebase.database import DAMAGE, IndexFile, names_last
from journeyman.codebase.digesting import LONGEST_READ, SYMBOL_BITS, Batch, Content, digest
from journeyman.codebase.labour import Workers
from journeyman.codebase.languages import language_of
from journeyman.codebase.postings import blocks, gathered, opened
from journeyman.codebase.trees import LARGEST, Binary, Gone, Mark, Tree, Unreadable
from journeyman.codebase.words import Terms

BATCH_BYTES = (500_000, 3_000_000)
"""What a worker is given at once, at least and at most: less at the beginning and towards the end, so that all
begin and end together."""

ALONE_BYTES = 400_000
"""Contents up to so many bytes are digested in this process; starting others would take longer."""

SEGMENT_BYTES = 60_000_000
"""Bytes of source that one segment is made of: its postings are held in memory until then."""

MOST_SEGMENTS = 10
MOST_CONTENTS = 1 << (32 - SYMBOL_BITS)
FORGOTTEN = 20_000
"""Contents that no tree has any more are kept, to four times those that one has and so many."""

SETTLED = 20_000_000
"""Nanoseconds after which a changed file surely has another time than this one."""

_TERMS = Terms()

Known = dict[bytes, tuple[int | None, Mark]]


class _Row(msgspec.Struct, frozen=True):
    """What is stored of a file; `content` is None where it has none, with the reason in `note`."""

    path: bytes
    content: int | None
    note: str
    mark: Mark


class _Difference(msgspec.Struct):
    """What has to be looked at: changed files with their marks, and paths that are gone."""

    changed: list[tuple[bytes, Mark]]
    rows: list[_Row]
    gone: list[bytes]

    @property
    def empty(self) -> bool:
        return not (self.changed or self.rows or self.gone)


class _Done(msgspec.Struct, frozen=True):
    """What bringing an index up to date did: files looked at, contents parsed, files that are gone."""

    changed: int
    parsed: int
    removed: int


NO_MARK: Mark = (0, 0, 0, 0)


def update(file: IndexFile, root: Path, paths: Sequence[bytes] | None, workers: int) -> Report:
    """Bring the index up to date with the tree below a root and tell what that meant.

    `paths` are the files that belong to it; None takes all of them. A damaged index is built anew.
    """
    began = time.monotonic()
    with Tree(root) as tree:
        listed = sorted(set(tree.walk() if paths is None else paths))
        try:
            done = _brought_up(file, os.fsencode(root), tree, listed, workers)
            return _report(file, root, done, began)
        except DAMAGE as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise
            file.start_anew(f"damaged ({error})")
            done = _brought_up(file, os.fsencode(root), tree, listed, workers)
            return _report(file, root, done, began)


def touch(file: IndexFile, root: Path, paths: Sequence[bytes]) -> int:
    """Bring the index up to date with these files only, which changed, came or went; returns how many did."""
    with Tree(root) as tree:
        done = _brought_up(file, os.fsencode(root), tree, sorted(set(paths)), 1, only=True)
    return done.changed + done.removed


def _brought_up(
    file: IndexFile, root: bytes, tree: Tree, paths: list[bytes], workers: int, *, only: bool = False
) -> _Done:
    among = paths if only else None
    row = file.connection.execute("SELECT id, generation FROM trees WHERE root = ?", (root,)).fetchone()
    seen = _difference(_known(file.connection, row[0], among), tree, paths) if row else None
    if seen is not None and seen.empty:
        return _Done(0, 0, 0)
    if _mostly_forgotten(file.connection):
        file.start_anew("most of it was no longer there")
        row = None

    def work(connection: sqlite3.Connection) -> _Done:
        number, generation = _tree(connection, root)
        # Somebody else may have done the work while this process waited for its turn.
        same = row is not None and (number, generation) == row
        difference = seen if same and seen else _difference(_known(connection, number, among), tree, paths)
        if difference.empty:
            return _Done(0, 0, 0)
        connection.execute("UPDATE trees SET generation = generation + 1 WHERE id = ?", (number,))
        filling = _Filling(connection, tree, number)
        with names_last(connection):
            filling.fill(difference, workers)
        _merge_segments(connection)
        return _Done(len(difference.changed) + len(difference.rows), filling.parsed, len(difference.gone))

    return file.write(work)


def _tree(connection: sqlite3.Connection, root: bytes) -> tuple[int, int]:
    """Return the number and the generation of a tree; trees that are no longer there are forgotten."""
    for number, known_root in connection.execute("SELECT id, root FROM trees").fetchall():
        if known_root != root and not os.path.isdir(known_root):
            connection.execute("DELETE FROM files WHERE tree = ?", (number,))
            connection.execute("DELETE FROM trees WHERE id = ?", (number,))
    connection.execute("INSERT OR IGNORE INTO trees (root, generation) VALUES (?, 0)", (root,))
    return connection.execute("SELECT id, generation FROM trees WHERE root = ?", (root,)).fetchone()  # type: ignore[no-any-return]


def _mostly_forgotten(connection: sqlite3.Connection) -> bool:
    stored, newest = connection.execute("SELECT count(*), coalesce(max(id), 0) FROM contents").fetchone()
    live = connection.execute("SELECT count(DISTINCT content) FROM files").fetchone()[0]
    return bool(stored > 4 * live + FORGOTTEN or newest > MOST_CONTENTS * 0.8)


def _known(connection: sqlite3.Connection, tree: int, among: list[bytes] | None) -> Known:
    select = "SELECT path, content, size, modified, changed, node FROM files WHERE tree = ?"
    if among is None:
        rows = connection.execute(select, (tree,)).fetchall()
    else:
        rows = [row for path in among for row in connection.execute(f"{select} AND path = ?", (tree, path))]
    return {path: (content, (size, modified, changed, node)) for path, content, size, modified, changed, node in rows}


def _difference(known: Known, tree: Tree, paths: list[bytes]) -> _Difference:
    difference = _Difference([], [], [])
    for path in paths:
        before = known.pop(path, None)
        try:
            mark = tree.mark(path)
        except Gone:
            difference.gone += [path] if before else []
            continue
        except Unreadable as error:
            if before is None or before != (None, NO_MARK):
                difference.rows.append(_Row(path, None, str(error), NO_MARK))
            continue
        if before is None or before[1] != mark:
            difference.changed.append((path, mark))
    difference.gone += known
    return difference


class _Filling:
    """One transaction that takes files in."""

    def __init__(self, connection: sqlite3.Connection, tree: Tree, number: int) -> None:
        self._connection = connection
        self._tree = tree
        self._number = number
        self._next = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM contents").fetchone()[0]
        self._blobs: dict[bytes, int] = {}
        self._new: dict[int, tuple[bytes, str, int]] = {}
        self._postings: dict[str, bytearray] = {}
        self._posted_bytes = 0
        self._rows: list[_Row] = []
        self._left = 0
        self.parsed = 0

    def fill(self, difference: _Difference, workers: int) -> None:
        """Take the difference in."""
        self._rows = list(difference.rows)
        self._left = sum(mark[0] for _, mark in difference.changed)
        for batch in _digested(self._contents(difference.changed), lambda: self._left, workers):
            self._store(batch)
        self._store_postings()
        self._connection.executemany(
            "DELETE FROM files WHERE tree = ? AND path = ?", [(self._number, path) for path in difference.gone]
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(self._number, row.path, row.content, row.note, *row.mark) for row in self._rows],
        )

    def _contents(self, changed: list[tuple[bytes, Mark]]) -> Iterator[Content]:
        """Read the changed files, note each, and yield the contents that were never seen."""
        now = time.time_ns()
        for path, mark in changed:
            self._left -= mark[0]
            if max(mark[1:3]) > now - SETTLED:
                mark = (*mark[:3], -1)  # looked at again the next time
            try:
                content = self._tree.read(path)
            except Unreadable as error:
                lasting = mark[0] > LARGEST or isinstance(error, Binary)
                self._rows.append(_Row(path, None, str(error), mark if lasting else NO_MARK))
                continue
            language = language_of(os.fsdecode(path))
            blob = hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).digest()
            number, is_new = self._content(blob + language.encode())
            self._rows.append(_Row(path, number, "", mark))
            if is_new:
                self._new[number] = (blob + language.encode(), language, len(content))
                yield Content(number, language, content[: LONGEST_READ + 1])

    def _content(self, blob: bytes) -> tuple[int, bool]:
        """Return a content's number, and whether it was never seen."""
        number = self._blobs.get(blob)
        if number is not None:
            return number, False
        row = self._connection.execute("SELECT id FROM contents WHERE blob = ?", (blob,)).fetchone()
        number = row[0] if row else self._next
        self._blobs[blob] = number
        self._next += row is None
        return number, row is None

    def _store(self, batch: Batch) -> None:
        self.parsed += len(batch.digested)
        new = self._new
        rows = []
        for each in batch.digested:
            blob, language, size = new.pop(each.number)
            rows.append((each.number, blob, language, size, each.lines, each.words, each.note, each.details))
            self._posted_bytes += size
        self._connection.executemany("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._connection.executemany(
            "INSERT INTO code_symbols VALUES (?, ?, ?, ?, ?, ?, ?)",
            chain.from_iterable(each.symbols for each in batch.digested),
        )
        postings = self._postings
        for term, entries in batch.postings.items():
            found = postings.get(term)
            if found is None:
                postings[term] = bytearray(entries)
            else:
                found += entries
        if self._posted_bytes > SEGMENT_BYTES:
            self._store_postings()

    def _store_postings(self) -> None:
        if self._postings:
            count = sum(map(len, self._postings.values())) // 8
            _add_segment(self._connection, count, ((term, self._postings[term]) for term in sorted(self._postings)))
        self._postings = {}
        self._posted_bytes = 0


def _add_segment(
    connection: sqlite3.Connection, postings: int, terms: Iterable[tuple[str, bytes | bytearray]]
) -> None:
    segment = connection.execute("INSERT INTO segments (postings) VALUES (?)", (postings,)).lastrowid
    rows = ((segment, first, block) for first, block in blocks(terms))
    connection.executemany("INSERT INTO blocks (segment, first, block) VALUES (?, ?, ?)", rows)


def _digested(contents: Iterator[Content], left: Callable[[], int], workers: int) -> Iterator[Batch]:
    """Yield contents digested, by other processes if there is enough to do; `left` tells how many bytes come yet."""
    first, read = [], 0
    for each in contents:
        first.append(each)
        read += len(each.content)
        if read > ALONE_BYTES:
            break
    else:
        if first:
            yield digest(first, _TERMS)
        return
    with closing(Workers(workers)) as processes:
        yield from processes.digest(_batches(chain(first, contents), left, workers))


def _batches(contents: Iterable[Content], left: Callable[[], int], workers: int) -> Iterator[list[Content]]:
    least, most = BATCH_BYTES
    batch: list[Content] = []
    size = given = 0
    for each in contents:
        batch.append(each)
        size += len(each.content)
        if size > max(least, min(most, given, left() // (3 * workers))):
            yield batch
            given += size
            batch, size = [], 0
    if batch:
        yield batch


def _merge_segments(connection: sqlite3.Connection) -> None:
    """Make the small segments one, if there are many: a search looks into each."""
    segments = connection.execute("SELECT id, postings FROM segments ORDER BY postings").fetchall()
    if len(segments) <= MOST_SEGMENTS:
        return
    merged, total = [segments[0][0]], segments[0][1]
    for number, postings in segments[1:]:
        if postings > 4 * total:
            break
        merged.append(number)
        total += postings
    if len(merged) < 2:
        return
    marks = ",".join("?" * len(merged))
    by_term: dict[str, list[bytes]] = {}
    for (block,) in connection.execute(f"SELECT block FROM blocks WHERE segment IN ({marks})", merged).fetchall():
        for term, entries in opened(block).items():
            by_term.setdefault(term, []).append(entries)
    connection.execute(f"DELETE FROM blocks WHERE segment IN ({marks})", merged)
    connection.execute(f"DELETE FROM segments WHERE id IN ({marks})", merged)
    _add_segment(connection, total, ((term, gathered(by_term[term])) for term in sorted(by_term)))


def _report(file: IndexFile, root: Path, done: _Done, began: float) -> Report:
    connection = file.connection
    tree = connection.execute("SELECT id FROM trees WHERE root = ?", (os.fsencode(root),)).fetchone()
    number = tree[0] if tree else 0
    files, size = connection.execute("SELECT count(*), total(size) FROM files WHERE tree = ?", (number,)).fetchone()
    return Report(
        files=files,
        changed=done.changed,
        parsed=done.parsed,
        removed=done.removed,
        symbols=connection.execute("SELECT count(*) FROM code_symbols").fetchone()[0],
        source_bytes=int(size),
        index_bytes=file.size,
        seconds=round(time.monotonic() - began, 3),
        rebuilt=file.rebuilt,
        problems=tuple(_problems(connection, number)),
    )


def _problems(connection: sqlite3.Connection, tree: int) -> Iterator[Problem]:
    rows = connection.execute(
        "SELECT path, files.note, coalesce(contents.note, '') FROM files LEFT JOIN contents ON content = contents.id"
        " WHERE tree = ? AND (files.note <> '' OR contents.note <> '') ORDER BY path",
        (tree,),
    )
    for path, own, of_content in rows:
        yield Problem(os.fsdecode(path), own or of_content)

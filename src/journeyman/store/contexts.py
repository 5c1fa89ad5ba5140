"""What sessions in editors are at, in the database: few of them, and not for long."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, Row, delete, insert, select

from journeyman.domain.attention import KEPT, CodeContext, Spot, noted
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.tables import code_contexts

MOST_SESSIONS = 500

_columns = code_contexts.c


class StoredContexts:
    """The sessions of all work trees; of more than `most`, those noted last are kept."""

    def __init__(self, database: Database, most: int = MOST_SESSIONS) -> None:
        self._database = database
        self._most = most

    async def note(self, new: CodeContext, at: datetime) -> CodeContext:
        """Take in what a session is at now, forget what is too old, and return what is known of the session."""

        def work(connection: Connection) -> CodeContext:
            exclusively(connection, "contexts")
            _forget(connection, at, self._most - 1)
            kept = noted(_found(connection, new.root, new.session, at), new)
            connection.execute(delete(code_contexts).where(_columns.key == _key(new.root, new.session)))
            connection.execute(insert(code_contexts), _values(kept, at))
            return kept

        return await self._database.transact(work)

    async def of(self, root: str, session: str, now: datetime) -> CodeContext | None:
        """Return what a session is at; None if nothing was noted, or not lately."""
        return await self._database.look(lambda connection: _found(connection, root, session, now))

    async def forget(self, root: str, session: str) -> None:
        """Forget a session."""
        gone = delete(code_contexts).where(_columns.key == _key(root, session))
        await self._database.transact(lambda connection: connection.execute(gone))


def _forget(connection: Connection, now: datetime, most: int) -> None:
    connection.execute(delete(code_contexts).where(_columns.noted_at < now - KEPT))
    newest = select(_columns.key).order_by(_columns.noted_at.desc(), _columns.key).limit(most)
    kept = connection.execute(newest).scalars().all()
    if len(kept) == most:
        connection.execute(delete(code_contexts).where(_columns.key.not_in(kept)))


def _found(connection: Connection, root: str, session: str, now: datetime) -> CodeContext | None:
    found = select(code_contexts).where(_columns.key == _key(root, session), _columns.noted_at >= now - KEPT)
    row = connection.execute(found).one_or_none()
    return _context(row) if row else None


def _context(row: Row[tuple[object, ...]]) -> CodeContext:
    return CodeContext(
        row.root,
        row.session,
        row.file,
        row.line,
        row.column_number,
        from_json(row.open_files, tuple[str, ...]),
        from_json(row.recent_edits, tuple[Spot, ...]),
        row.noted_at,
    )


def _values(context: CodeContext, at: datetime) -> dict[str, object]:
    return {
        "key": _key(context.root, context.session),
        "root": context.root,
        "session": context.session,
        "file": context.file,
        "line": context.line,
        "column_number": context.column,
        "open_files": to_json(context.open_files),
        "recent_edits": to_json(context.recent_edits),
        "noted_at": at,
    }


def _key(root: str, session: str) -> str:
    return blake2b(f"{root}\0{session}".encode(errors="replace"), digest_size=16).hexdigest()

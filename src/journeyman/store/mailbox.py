"""What people say to runs."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from journeyman.domain.runs import Word, WordKind
from journeyman.store.database import Database, exclusively
from journeyman.store.tables import words


class StoredMailbox:
    """Fits `Mailbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def say(self, word: Word) -> None:
        """Leave a word for a run; the database gives its number."""
        row = {"run_id": word.run_id, "kind": word.kind.value, "text": word.text, "said_at": word.said_at}

        def work(connection: Connection) -> None:
            exclusively(connection, f"words to {word.run_id}")
            connection.execute(insert(words), row)

        await self._database.transact(work)

    async def words(self, run_id: str, kind: WordKind, after: int = 0) -> tuple[Word, ...]:
        """Return words of a kind after a number, in order."""
        found = (
            select(words)
            .where(words.c.run_id == run_id, words.c.kind == kind.value, words.c.number > after)
            .order_by(words.c.number)
        )
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return tuple(Word(row.run_id, WordKind(row.kind), row.text, row.said_at, row.number) for row in rows)

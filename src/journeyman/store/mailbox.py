"""What people say to runs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select

from journeyman.domain.runs import Word, WordKind
from journeyman.store.database import Database, exclusively
from journeyman.store.tables import words

# Built once: it runs with every turn of the coder.
_NEWS = (
    select(words)
    .where(
        words.c.run_id == bindparam("of_run"),
        or_(
            words.c.kind == WordKind.CANCEL.value,
            (words.c.kind == WordKind.TELL.value) & (words.c.number > bindparam("after")),
        ),
    )
    .order_by(words.c.number)
)


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
        return tuple(map(_word, rows))

    async def news(self, run_id: str, after: int) -> tuple[Word, ...]:
        """Return what was told after a number, and every word that cancels, in order."""
        given = {"of_run": run_id, "after": after}
        rows = await self._database.look(lambda connection: connection.execute(_NEWS, given).all())
        return tuple(map(_word, rows))


def _word(row: Row[Any]) -> Word:
    return Word(row.run_id, WordKind(row.kind), row.text, row.said_at, row.number)

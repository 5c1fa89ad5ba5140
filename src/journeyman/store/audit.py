"""The audit log: a chain of hashes, so that no entry can be changed, removed or put in unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from journeyman.store.columns import storable, to_json
from journeyman.store.contract import AuditEntry, Verdict
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.tables import audit_log

BEFORE_THE_FIRST = "0" * 64

PAGE = 1000


def hash_of(entry: AuditEntry, previous: str) -> str:
    """Return the hash that an entry must have after the one before it."""
    words = [previous, entry.number, entry.at, entry.actor, entry.action, entry.subject, entry.details]
    return hashlib.sha256(to_json(words).encode()).hexdigest()


def verify(entries: Iterable[AuditEntry], previous: str = BEFORE_THE_FIRST, number: int = 0) -> Verdict:
    """Return whether the entries follow one another from the first on.

    A cut at the end leaves a chain that is whole: compare `last_hash` with one that was written down elsewhere.
    """
    for entry in entries:
        if entry.number != number + 1 or entry.hash != hash_of(entry, previous):
            return Verdict(entries=number, last_hash=previous, broken_at=number + 1)
        previous, number = entry.hash, entry.number
    return Verdict(entries=number, last_hash=previous)


def append(
    connection: Connection,
    redacted: Callable[[str], str],
    at: datetime,
    words: tuple[str, str, str],
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry in a transaction of the caller's. `words`: who did what to what."""
    exclusively(connection, "audit")
    last = connection.execute(
        select(audit_log.c.number, audit_log.c.hash).order_by(audit_log.c.number.desc()).limit(1)
    ).first()
    number, previous = (last.number, last.hash) if last else (0, BEFORE_THE_FIRST)
    # Clean before it is hashed: the chain is computed over what is written.
    actor, action, subject = (redacted(storable(word)) for word in words)
    told = redacted(to_json(dict(details or {})))
    entry = AuditEntry(number + 1, at.isoformat(), actor, action, subject, told, "")
    row = {field: getattr(entry, field) for field in entry.__struct_fields__}
    cleaned = insert(audit_log).execution_options(clean=True)
    connection.execute(cleaned, {**row, "hash": hash_of(entry, previous)})


class StoredAudit:
    """Fits `Audit`."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def record(self, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
        """Add an entry: who did what to what."""

        def work(connection: Connection) -> None:
            guard(connection, subject, self._database.fences.get(subject))
            append(connection, self._database.redacted, self._clock(), (actor, action, subject), details)

        await self._database.transact(work)

    async def entries(self, after: int = 0, limit: int = PAGE) -> tuple[AuditEntry, ...]:
        """Return the entries after a number, in order."""
        found = select(audit_log).where(audit_log.c.number > after).order_by(audit_log.c.number).limit(limit)
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return tuple(AuditEntry(*row) for row in rows)

    async def verify(self) -> Verdict:
        """Return whether the whole chain holds."""
        verdict = Verdict(0, BEFORE_THE_FIRST)
        while verdict.broken_at is None and (page := await self.entries(verdict.entries)):
            verdict = verify(page, verdict.last_hash, verdict.entries)
        return verdict

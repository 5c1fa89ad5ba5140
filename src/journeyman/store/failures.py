"""What a failing database means to a person: one line and what to do, and whether trying again helps."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, OperationalError

from journeyman.domain.errors import BadSettings, JourneymanError, Outage

_RESUME = "then take the run up again with journeyman resume"
_HUNG = "25P03"
"""PostgreSQL: nothing happened in a transaction for too long."""
_AGAIN = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300", _HUNG})
"""PostgreSQL: lost a race, deadlock, lock not free, shutting down, starting up, too many connections; and that."""
_REFUSED = ("password authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied")
"""PostgreSQL, while connecting: an error there has no code."""


def passing(error: DBAPIError) -> bool:
    """Return whether the same transaction, not yet committed, may succeed a moment later."""
    if error.connection_invalidated or _says(error, "database is locked", "database table is locked"):
        return True
    return _sqlstate(error) in _AGAIN or (_is_unreachable(error) and not _says(error, *_REFUSED))


def undone(error: DBAPIError) -> bool:
    """Return whether a commit that failed so has surely left nothing behind."""
    return _sqlstate(error) == _HUNG


def explained(error: DBAPIError, place: str) -> JourneymanError | None:
    """Return the error as one of ours, None if it is a fault of our own. `place` has no password in it."""
    if _says(error, "is locked"):
        return Outage(f"the database {place} is locked by another process", f"wait for it or end it, {_RESUME}")
    if _says(error, "is full", "no space left"):
        return Outage(f"no space is left for the database {place}", f"make room, {_RESUME}")
    if _says(error, "readonly database", "unable to open", "not authorized"):
        return BadSettings(f"the database {place} cannot be opened for writing", "check the folder's owner and mode")
    if _says(error, "file is not a database"):
        return BadSettings(f"{place} is not a database", "move it away, or name another with DATABASE_URL")
    if _says(error, "disk i/o error", "malformed"):
        return Outage(f"the database {place} cannot be read: {_reason(error)}", f"check the disk, {_RESUME}")
    if _is_postgres(error) and _says(error, *_REFUSED):
        return BadSettings(f"the database {place} refuses us: {_reason(error)}", "check DATABASE_URL")
    if error.connection_invalidated or _is_unreachable(error) or _sqlstate(error) in _AGAIN:
        return Outage(f"the database {place} does not answer: {_reason(error)}", f"see that it runs, {_RESUME}")
    return None


def _says(error: DBAPIError, *words: str) -> bool:
    text = str(error.orig).lower()
    return any(word in text for word in words)


def _sqlstate(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def _is_unreachable(error: DBAPIError) -> bool:
    return _is_postgres(error) and isinstance(error, OperationalError) and _sqlstate(error) is None


def _is_postgres(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg")


def _reason(error: DBAPIError) -> str:
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error.orig).__name__

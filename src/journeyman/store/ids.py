"""Keys that sort by the time they were made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, chance: int) -> str:
    """Return a UUID of version 7: the time in milliseconds, then 74 bits of `chance`."""
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    high, low = (chance >> 62) & 0xFFF, chance & (2**62 - 1)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))

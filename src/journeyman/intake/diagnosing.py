"""What `doctor` tells: what is there, what is not, and what to do about it."""

from __future__ import annotations

import msgspec


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing that was looked at. `needed` is False for what only some repositories want."""

    subject: str
    ok: bool
    words: str
    needed: bool = True

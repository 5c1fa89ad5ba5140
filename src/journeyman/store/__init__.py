"""Owns the database and the secret file; refuses to decide anything from what it keeps."""

from journeyman.store.contract import (
    Activities,
    Mailbox,
    Outbox,
    Remembered,
    RunFacts,
    Runs,
    SecretStore,
    ToolLedger,
    ToolRecord,
    TotalsOf,
)

__all__ = [
    "Activities",
    "Mailbox",
    "Outbox",
    "Remembered",
    "RunFacts",
    "Runs",
    "SecretStore",
    "ToolLedger",
    "ToolRecord",
    "TotalsOf",
]

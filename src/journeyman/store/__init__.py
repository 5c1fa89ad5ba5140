"""Owns the database and the secret file; refuses to decide anything from what it keeps."""

from journeyman.store.contract import (
    Activities,
    Audit,
    AuditEntry,
    CommandRecord,
    Commands,
    Mailbox,
    Outbox,
    Remembered,
    RunFacts,
    Runs,
    SecretStore,
    Snapshots,
    ToolLedger,
    ToolRecord,
    TotalsOf,
    Verdict,
)

__all__ = [
    "Activities",
    "Audit",
    "AuditEntry",
    "CommandRecord",
    "Commands",
    "Mailbox",
    "Outbox",
    "Remembered",
    "RunFacts",
    "Runs",
    "SecretStore",
    "Snapshots",
    "ToolLedger",
    "ToolRecord",
    "TotalsOf",
    "Verdict",
]

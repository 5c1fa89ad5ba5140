"""The database as small Protocols, one for each need. Each is fitted by a small class over
`store.database.Database`.

Times are UTC and come from the caller's clock; every write is one transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from journeyman.domain.checks import CheckReport
from journeyman.domain.conversation import ToolResult
from journeyman.domain.costs import CostReport
from journeyman.domain.exchanges import Exchange, Totals
from journeyman.domain.request import Credentials
from journeyman.domain.result import Plan, Result
from journeyman.domain.runs import Activity, Notification, Run, Word, WordKind
from journeyman.domain.states import Event, State


class RunFacts(msgspec.Struct, frozen=True):
    """What the steps of a run have found out, too large to cross a step's border."""

    baseline: CheckReport | None = None
    report: CheckReport | None = None
    plan: Plan | None = None
    tree: str | None = None
    environment: dict[str, Any] = {}
    findings: tuple[dict[str, Any], ...] = ()
    notes: dict[str, Any] = {}


class Runs(Protocol):
    """Runs and what their steps found out."""

    async def create(self, run: Run) -> None:
        """Add a run."""
        ...

    async def get(self, run_id: str) -> Run:
        """Return a run; `run_id` may be an unambiguous beginning. UnknownRun, naming what there is."""
        ...

    async def list(self, limit: int = 50) -> tuple[Run, ...]:
        """Return the newest runs first."""
        ...

    async def unfinished(self) -> tuple[Run, ...]:
        """Return runs that are neither final nor waiting, oldest first."""
        ...

    async def answered(self, topic: str) -> tuple[Run, ...]:
        """Return waiting runs that have a message on a topic which their flow has not taken yet, oldest first."""
        ...

    async def set_state(self, run_id: str, state: State, event: Event | None, at: datetime) -> None:
        """Record where a run stands; sets started_at on the first and ended_at on a final state."""
        ...

    async def set_base(self, run_id: str, base_branch: str, base_commit: str, branch_name: str) -> None:
        """Record where the run starts from and the branch it will make."""
        ...

    async def set_limits(
        self,
        run_id: str,
        budget_usd: float | None,
        max_turns: int | None,
        time_limit_seconds: float | None = None,
        budget_tokens: int | None = None,
    ) -> None:
        """Replace limits of the run's options; None leaves one as it is.

        A new time limit counts from the start. A new budget accepts the overruns so far: they stop the run no more.
        """
        ...

    async def finish(self, run_id: str, result: Result, error_message: str | None) -> None:
        """Store the result."""
        ...

    async def facts(self, run_id: str) -> RunFacts:
        """Return what the steps found out so far."""
        ...

    async def learn(self, run_id: str, **facts: Any) -> None:
        """Replace single fields of the facts."""
        ...


class ToolRecord(msgspec.Struct, frozen=True):
    """A finished tool call and the tree after it."""

    result: ToolResult
    tree: str


class Snapshots(Protocol):
    """Trees of runs as packs, for machines that share nothing but the store and the remote."""

    async def keep(self, run_id: str, tree: str, pack: bytes) -> None:
        """Keep a tree; its pack needs the base commit and the packs kept before."""
        ...

    async def trees(self, run_id: str) -> tuple[str, ...]:
        """Return the kept trees of a run, in the order in which they were kept."""
        ...

    async def packs(self, run_id: str, trees: Sequence[str]) -> tuple[bytes, ...]:
        """Return the packs of kept trees, in that order."""
        ...


class ToolLedger(Protocol):
    """Tool calls, so that none that finished is executed again. Keys are unique within a run."""

    async def tool_record(self, run_id: str, key: str) -> ToolRecord | None:
        """Return a finished call; None if it never finished."""
        ...

    async def record_tool(
        self, run_id: str, key: str, arguments: str, record: ToolRecord, at: datetime
    ) -> ToolRecord:
        """Record a finished call and return what the caller goes on with: the record, nothing else."""
        ...


ONLINE = "online: "
"""How the record of a command begins that had the network of installs: a replay takes what it wrote from there."""


TIMED = "timed: "
"""How the record of a command begins whose answer depends on the machine's speed: a replay takes it from there."""


class CommandRecord(msgspec.Struct, frozen=True):
    """A command that a step ran by itself: a check, or one of the mender's. `number` counts within the step.

    `result` is JSON text; `step` is the step's name and the round, such as `check/2`.
    """

    step: str
    number: int
    command: str
    result: str
    ended_at: datetime


class Commands(Protocol):
    """Commands that steps ran. A step that runs again replaces what it recorded before."""

    async def begin(self, run_id: str, step: str) -> None:
        """Forget what an earlier try of a step ran."""
        ...

    async def ended(self, run_id: str, record: CommandRecord) -> CommandRecord:
        """Record a command that ended and return what the step goes on with: the record, nothing else."""
        ...


class KeptToolCall(msgspec.Struct, frozen=True):
    """A finished tool call as it was kept."""

    key: str
    arguments: str
    result: ToolResult
    tree: str
    ended_at: datetime


class JournalEntry(msgspec.Struct, frozen=True):
    """A finished entry of a flow's journal; `result` is JSON text."""

    position: int
    name: str
    result: str


class Message(msgspec.Struct, frozen=True):
    """A message to a flow, such as a person's decision."""

    topic: str
    text: str


class Recordings(Protocol):
    """Everything that is kept of one run, each kind in order, read as it is asked for."""

    def exchanges(self, run_id: str) -> AsyncIterator[Exchange]:
        """Yield the exchanges with their full requests, in the order they were sent."""
        ...

    def tool_calls(self, run_id: str) -> AsyncIterator[KeptToolCall]:
        """Yield the finished tool calls, in the order they ended."""
        ...

    def commands(self, run_id: str) -> AsyncIterator[CommandRecord]:
        """Yield what checks and the mender ran, in the order it ended."""
        ...

    def journal(self, run_id: str) -> AsyncIterator[JournalEntry]:
        """Yield the entries of the journal."""
        ...

    def messages(self, run_id: str) -> AsyncIterator[Message]:
        """Yield the decisions and other messages to the flow."""
        ...

    def words(self, run_id: str) -> AsyncIterator[Word]:
        """Yield what people said. Numbers count from 1."""
        ...

    def activities(self, run_id: str) -> AsyncIterator[Activity]:
        """Yield the log. Numbers count from 1."""
        ...


class Activities(Protocol):
    """The log of runs that people follow."""

    async def note(self, activity: Activity) -> None:
        """Add a line."""
        ...

    async def since(self, run_id: str, number: int = 0, limit: int = 500) -> tuple[Activity, ...]:
        """Return the lines of a run after a number, in order."""
        ...


class TotalsOf(Protocol):
    """What runs have used."""

    async def totals(self, run_id: str) -> Totals:
        """Return what a run has used."""
        ...

    async def report(self, run_id: str) -> CostReport:
        """Return what a run has cost, and how its limits stand."""
        ...


class Mailbox(Protocol):
    """What people say to runs."""

    async def say(self, word: Word) -> None:
        """Leave a word for a run."""
        ...

    async def words(self, run_id: str, kind: WordKind, after: int = 0) -> tuple[Word, ...]:
        """Return words of a kind after a number, in order."""
        ...

    async def news(self, run_id: str, after: int) -> tuple[Word, ...]:
        """Return what was told after a number, and every word that cancels, in order."""
        ...


class Outbox(Protocol):
    """Notifications on their way out: at least once, in order."""

    async def post(self, notification: Notification, key: str | None = None) -> None:
        """Put a notification in; it is sent by `due`'s reader. A second one of a workflow's key changes nothing."""
        ...

    async def due(self, now: datetime, limit: int = 50) -> tuple[tuple[int, Notification, int], ...]:
        """Return (number, notification, attempts so far) of what is to be sent now."""
        ...

    async def delivered(self, number: int, at: datetime) -> None:
        """Take one out."""
        ...

    async def postponed(self, number: int, until: datetime, error: str) -> None:
        """Try one again later."""
        ...


class Remembered(Protocol):
    """Results that are the same for the same input, such as the baseline of a commit in an environment."""

    async def recall(self, key: str) -> str | None:
        """Return the stored text of a key."""
        ...

    async def remember(self, key: str, text: str, at: datetime) -> None:
        """Store a text."""
        ...


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what to what. `at` is an ISO time, `details` JSON text; `hash` covers the entry and the hash before."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    details: str
    hash: str


class Verdict(msgspec.Struct, frozen=True):
    """What checking the audit log gave. `entries` hold up to `last_hash`; `broken_at` is the first that does not."""

    entries: int
    last_hash: str
    broken_at: int | None = None


class Audit(Protocol):
    """What was done, by whom, so that nobody can change it unseen."""

    async def record(self, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
        """Add an entry."""
        ...

    async def entries(self, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Return the entries after a number, in order."""
        ...

    async def verify(self) -> Verdict:
        """Return whether the whole chain holds."""
        ...


class SecretStore(Protocol):
    """Credentials of runs: the one 0600 file, never the database."""

    def keep(self, run_id: str, credentials: Credentials | None) -> None:
        """Keep a run's credentials (None: keep nothing)."""
        ...

    def of(self, run_id: str) -> Credentials | None:
        """Return a run's credentials."""
        ...

    def forget(self, run_id: str) -> None:
        """Remove them, when a run has ended."""
        ...

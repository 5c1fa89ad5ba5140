"""What every step may reach for: the rooms by their doors, and how to tell people what happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec

from journeyman.agents import Choice
from journeyman.codebase import ImpactedTests, ProjectMemory
from journeyman.domain.redaction import Redactor
from journeyman.domain.runs import Activity, ActivityType, Notification, NotificationType, Run
from journeyman.forge import Forge
from journeyman.gates import ChangeGate, CheckFinder, OutcomeReader
from journeyman.git import Author, Repositories, Workspace
from journeyman.llm import ExchangeLedger, Models
from journeyman.repair import Localiser, Mender
from journeyman.sandbox import Environments, Sandboxes
from journeyman.store import (
    Activities,
    Audit,
    Commands,
    Mailbox,
    Outbox,
    Remembered,
    Runs,
    SecretStore,
    Snapshots,
    ToolLedger,
)
from journeyman.tools import Tool


@dataclass(frozen=True)
class Shown:
    """What a model should see of the code, and what could not be done for it, in one line; either may be empty."""

    text: str = ""
    doubt: str = ""


class Knowing(Protocol):
    """Knows the code of a run's work tree. Fitted by wiring from the index and the packer. Raises nothing: what
    cannot be known is ""."""

    async def shown(
        self, workspace: Workspace, repository: str, task: str, tokens: int, without_secrets: Callable[[str], str]
    ) -> Shown:
        """Return what a model should see of the code for a task, in at most so many tokens. What an embedder is sent
        has gone through `without_secrets`."""
        ...

    async def search(self, workspace: Workspace, repository: str, query: str) -> str:
        """Return the definitions of a name, or the functions that words tell most of, one a line."""
        ...


@dataclass(frozen=True)
class Desk:
    """The rooms that steps use, and the clock. Put together by `wiring`; a step changes nothing in it.

    `choice` gives the models of a run, None for `none`. `refusal` names the rule by which a command is refused.
    `snapshots` is None where no other machine sees the store. `further_tools` connects the MCP servers of the
    settings. `surroundings` are the versions and settings that a run depends on, to be recorded with it.
    """

    runs: Runs
    activities: Activities
    mailbox: Mailbox
    outbox: Outbox
    audit: Audit
    tool_ledger: ToolLedger
    commands: Commands
    remembered: Remembered
    memory: ProjectMemory
    secrets: SecretStore
    snapshots: Snapshots | None
    repositories: Repositories
    sandboxes: Sandboxes
    environments: Environments
    checks: CheckFinder
    readers: OutcomeReader
    gate: ChangeGate
    mender: Mender
    localiser: Localiser
    knowing: Knowing
    impacted: ImpactedTests
    models: Models
    exchanges: ExchangeLedger
    forge: Forge
    clock: Callable[[], datetime]
    choice: Callable[[Run], Choice | None]
    redactor: Callable[[str], Redactor]
    refusal: Callable[[str], str | None]
    further_tools: Callable[[], Awaitable[tuple[Tool, ...]]]
    surroundings: Callable[[Run], Mapping[str, Any]]
    author: Author

    async def note(
        self,
        run: Run,
        message: str,
        kind: ActivityType = ActivityType.PROGRESS,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line to the run's log, without secrets."""
        redactor = self.redactor(run.run_id)
        bare = _without_secrets(redactor, details or {})
        line = Activity(run.run_id, run.request.task.id, kind, redactor.text(message), self.clock(), bare)
        await self.activities.note(line)

    async def post(
        self, run: Run, kind: NotificationType, message: str, *, occasion: object = 1, **details: Any
    ) -> None:
        """Put a notification into the outbox, without secrets; once for each `occasion`, such as a step's round, so
        that a step that is done again tells nothing twice."""
        redactor, task = self.redactor(run.run_id), run.request.task
        await self.outbox.post(
            Notification(
                workflow_id=run.run_id,
                company_id=task.company_id,
                project_id=task.project_id,
                task_id=task.id,
                notification_type=kind,
                message=redactor.text(message),
                details=_without_secrets(redactor, details),
                timestamp=self.clock(),
            ),
            f"{kind} {occasion}",
        )


def _without_secrets(redactor: Redactor, details: Mapping[str, Any]) -> dict[str, Any]:
    return msgspec.convert(redactor.value(msgspec.to_builtins(dict(details))), dict[str, Any])

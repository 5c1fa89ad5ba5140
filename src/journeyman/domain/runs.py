"""A run as the rooms hand it on: its order, its record, its activities and the words sent to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from journeyman.domain.request import Request, RunOptions
from journeyman.domain.result import Result
from journeyman.domain.states import Event, State


class Order(msgspec.Struct, frozen=True):
    """All that a flow is started with: small, plain, and free of secrets. The rest is in the store."""

    run_id: str


class StepGiven(msgspec.Struct, frozen=True):
    """What a step gets: ids and small words only. `round` counts the visits of its state, from 1.

    `reason` tells why the flow came here; `state` and `event` are set for the last step only: how the run ends.
    """

    run_id: str
    round: int = 1
    reason: str = ""
    state: str = ""
    event: str = ""


class StepReport(msgspec.Struct, frozen=True):
    """What a step returns: the event for the table of transitions, and one line for people."""

    event: Event
    summary: str = ""
    reason: str = ""


class Run(msgspec.Struct, frozen=True):
    """The record of a run. Of credentials, the request in it has the kind alone. `engine` is what carries it out."""

    run_id: str
    request: Request
    options: RunOptions
    state: State
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    base_branch: str = ""
    base_commit: str = ""
    branch_name: str = ""
    result: Result | None = None
    last_event: Event | None = None
    error_message: str | None = None
    engine: str = "embedded"

    @property
    def limited(self) -> bool:
        """Whether a budget, the turns or the time ended it."""
        return self.last_event is Event.LIMIT


class ActivityType(StrEnum):
    """The contract's types of activities."""

    PROGRESS = "progress"
    FUNCTION_CALL = "function_call"
    MCP_CALL = "mcp_call"
    ERROR = "error"


class Activity(msgspec.Struct, frozen=True):
    """One line of a run's log. `number` grows within the store."""

    run_id: str
    task_id: str
    activity_type: ActivityType
    message: str
    timestamp: datetime
    details: dict[str, Any] = {}
    number: int = 0


class NotificationType(StrEnum):
    """The contract's types of notifications."""

    WORKFLOW_STARTED = "workflow_started"
    REPO_CLONED = "repo_cloned"
    BRANCH_CREATED = "branch_created"
    PLAN_CREATED = "plan_created"
    IMPLEMENTATION_STARTED = "implementation_started"
    IMPLEMENTATION_STEP = "implementation_step"
    VALIDATION_STARTED = "validation_started"
    VALIDATION_COMPLETED = "validation_completed"
    CHANGES_COMMITTED = "changes_committed"
    CHANGES_PUSHED = "changes_pushed"
    WORKFLOW_COMPLETED = "workflow_completed"
    WORKFLOW_FAILED = "workflow_failed"


class Notification(msgspec.Struct, frozen=True):
    """The contract's payload of a notification."""

    workflow_id: str
    company_id: str
    project_id: str
    task_id: str
    notification_type: NotificationType
    message: str
    details: dict[str, Any]
    timestamp: datetime


class WordKind(StrEnum):
    """What a person may say to a run."""

    TELL = "tell"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


class Word(msgspec.Struct, frozen=True):
    """Something a person said to a run; `number` orders them within the store."""

    run_id: str
    kind: WordKind
    text: str
    said_at: datetime
    number: int = 0

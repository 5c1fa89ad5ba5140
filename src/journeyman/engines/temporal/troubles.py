"""What keeps a workflow from going on: a step with a fault of our own, or a flow that does not fit its history."""

from __future__ import annotations

from typing import Any

import msgspec
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.client import WorkflowExecutionDescription, WorkflowHandle

from journeyman.domain.errors import FlowBroken
from journeyman.engines.temporal.activities import GIVEN_BACK
from journeyman.engines.temporal.histories import broken_decision

FLOW = "the flow"

CHANGED = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR


class Trouble(msgspec.Struct, frozen=True):
    """One failed attempt. Temporal makes the next one by itself, perhaps with a mended worker."""

    what: str
    attempt: int
    message: str
    changed: bool = False

    def is_news_after(self, known: Trouble | None) -> bool:
        """Whether it failed since `known` was seen. The worker that failed a decision may still have the next one: it
        says nothing more of it, and that one is over after ten seconds."""
        if known is None or known.what != self.what:
            return True
        return self.attempt > known.attempt + (self.what == FLOW)

    def error(self, run_id: str) -> FlowBroken:
        """Return the error for whoever follows the run."""
        if self.changed:
            message = f"the flow of run {run_id} was changed: {self.message}"
            return FlowBroken(message, "continue the run with the version of Journeyman that began it")
        return FlowBroken(f"{self.what} of run {run_id} failed: {self.message}", "see the log of its worker")


async def check_for_trouble(handle: WorkflowHandle[Any, Any], found: WorkflowExecutionDescription) -> Trouble | None:
    """Return the newest failed attempt of what the workflow is about to do again."""
    for pending in found.raw_description.pending_activities:
        failure = pending.last_failure
        if failure.HasField("application_failure_info") and failure.application_failure_info.type != GIVEN_BACK:
            words = f"{failure.application_failure_info.type}: {failure.message}"
            return Trouble(f"step {pending.activity_type.name}", pending.attempt, words)
    decision = found.raw_description.pending_workflow_task
    if decision.attempt < 2:
        return None
    broken = broken_decision((await handle.fetch_history()).events)
    if broken is None:
        return None
    failed = broken.workflow_task_failed_event_attributes
    return Trouble(FLOW, decision.attempt, failed.failure.message, failed.cause == CHANGED)

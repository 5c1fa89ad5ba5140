"""What can be read in the history of a workflow."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent


def revival_event(events: Iterable[HistoryEvent]) -> int:
    """Return the decision that a revived workflow makes anew: the one that gave out the step it ended with.

    That is the last but one, for the last one concludes; without any step, the first decision of all.
    """
    steps: list[int] = []
    first = 0
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            steps.append(event.activity_task_scheduled_event_attributes.workflow_task_completed_event_id)
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            first = first or event.event_id
    return steps[-2:][0] if steps else first


def broken_decision(events: Iterable[HistoryEvent]) -> HistoryEvent | None:
    """Return the last decision, if it failed because of the flow; None if it was made, or its worker was lost."""
    broken = None
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            broken = None
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            cause = event.workflow_task_failed_event_attributes.cause
            reset = cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
            broken = None if reset else event
    return broken

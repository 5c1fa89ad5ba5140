"""A run's ending as a person reads it, on standard output."""

from __future__ import annotations

from journeyman.cli.spent import counted
from journeyman.domain.result import Result
from journeyman.domain.runs import Run

WORDS = {
    "complete": "done",
    "waiting": "waits for a person",
    "failed": "failed, can be resumed",
    "cancelled": "cancelled",
    "escalated": "needs a person",
    "running": "running",
}


def report_of(run: Run) -> str:
    """Return a few lines: what came of the task, where it is, what it cost, what to do next."""
    lines = [f"{run.request.task.title}: {WORDS[run.state.status]}", f"  run      {run.run_id}"]
    if run.result is None:
        return "\n".join(lines)
    return "\n".join([*lines, *_result_lines(run.result)])


def _result_lines(result: Result) -> list[str]:
    lines = []
    if result.commit_hash:
        lines.append(f"  branch   {result.branch_name} at {result.commit_hash[:12]}")
    if result.pull_request_url:
        lines.append(f"  pull     {result.pull_request_url}")
    validation, used = result.validation_result, result.artifacts
    lines.append(f"  tests    {validation.tests_passed} passed, {validation.tests_failed} failed")
    tokens = f"{used.input_tokens} tokens in, {used.output_tokens} out"
    lines.append(f"  models   {counted(used.llm_calls)}, {tokens}, ${used.cost_usd:.4f}")
    if used.uncertain_calls:
        lines.append(f"           {used.uncertain_calls} of unknown outcome, counted at the worst case")
    lines.append(f"  time     {result.execution_time_hours * 3600:.1f} s")
    lines += [f"  left     {issue}" for issue in validation.issues]
    lines += [f"  note     {suggestion}" for suggestion in validation.suggestions]
    if result.error_message:
        lines.append(f"  because  {result.error_message}")
    return lines

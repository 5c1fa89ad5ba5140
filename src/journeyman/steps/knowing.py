"""What an agent is shown of the code before it looks itself, and the code index behind its search."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from journeyman.domain.conversation import ToolResult
from journeyman.domain.runs import Run
from journeyman.steps.desk import Desk
from journeyman.steps.site import Site
from journeyman.store import ToolRecord

SHOWN = "plan/shown"
"""The name under which what was shown is recorded: a run that goes on elsewhere, and a replay, show the same."""


async def shown_code(desk: Desk, site: Site, run: Run) -> str:
    """Return what every agent of a run is shown of the code, as the base has it; "" if the settings say so.

    It is made once for a run: what the requests begin with stays the same, and so in the providers' caches.
    """
    tokens = int(desk.surroundings(run).get("code_tokens", 0))
    if not tokens:
        return ""
    known = await desk.tool_ledger.tool_record(run.run_id, SHOWN)
    if known is None:
        task = run.request.task
        text = "\n".join((task.title, task.description, *task.requirements))
        clean = desk.redactor(run.run_id).text
        found = await desk.knowing.shown(site.workspace, run.request.repository.remote_url, text, tokens, clean)
        if found.doubt:
            await desk.note(run, found.doubt)
        result = ToolResult(SHOWN, SHOWN, clean(found.text))
        known = await desk.tool_ledger.record_tool(run.run_id, SHOWN, "", ToolRecord(result, ""), desk.clock())
    return known.result.content


def known_code(desk: Desk, site: Site, run: Run) -> Callable[[str], Awaitable[str]] | None:
    """Return how a run's search asks the index, None if the settings say so."""
    if not desk.surroundings(run).get("code_tokens"):
        return None
    return partial(desk.knowing.search, site.workspace, run.request.repository.remote_url)

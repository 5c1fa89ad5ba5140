"""Changes that exclude each other: all are judged, and one is proposed only if it stands out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

from journeyman.domain.checks import CheckKind, CheckOutcome
from journeyman.repair.comparing import ahead, better
from journeyman.repair.contract import Choice
from journeyman.repair.fixers.contract import Case, Proposal

CLEAR = 0.25
"""How much more doubtful another change must be for the likeliest to stand out where the check cannot tell."""

_MOST = 10


class Rival(msgspec.Struct, frozen=True):
    """A change of texts, and how unlikely it is to be what was meant."""

    proposal: Proposal
    cost: float


async def standing_out(case: Case, rivals: Sequence[Rival], clear: float = CLEAR) -> list[Proposal | Choice]:
    """Return the one change that the check and its cost single out, as a proposal; else those that pass, as choices.

    Rivals are in the order of cost. A change that makes the check pass stands before one that only helps. Where a
    failing test will judge later, a check that is no test leaves the question to it.
    """
    if len(rivals) < 2:
        return [rival.proposal for rival in rivals]
    told = case.outcome.check.kind is CheckKind.TEST
    if not told and _tests_will_tell(case) and rivals[1].cost - rivals[0].cost < clear:
        return []
    judged = await _judged(case, rivals)
    fine = [rival for rival, outcome in judged if outcome.passed]
    if not fine:
        return _most_helpful(case, judged)
    if len(fine) == 1 or fine[1].cost - fine[0].cost >= clear or case.bench.apply_first:
        return [fine[0].proposal]
    near = [rival for rival in fine if rival.cost - fine[0].cost < clear]
    return [await choice(case, rival.proposal) for rival in near[:4]]


def _tests_will_tell(case: Case) -> bool:
    return any(o.check.kind is CheckKind.TEST and not o.passed for o in case.bench.report.outcomes)


async def _judged(case: Case, rivals: Sequence[Rival]) -> list[tuple[Rival, CheckOutcome]]:
    """Return what the check says of each change; the tree is then as it was."""
    most = int(case.seconds_left / 2 / max(case.outcome.seconds, 0.1))
    start, found = await case.bench.save(), list[tuple[Rival, CheckOutcome]]()
    for rival in rivals[: max(2, min(most, _MOST))]:
        texts = rival.proposal.texts
        for path, text in texts.items():
            await case.tree.write(path, text)
        await case.tree.drop_compiled(texts)
        found.append((rival, await case.bench.judge(case.outcome.check)))
        await case.bench.back(start)
        await case.tree.drop_compiled(texts)
        case.tree.forget()
    return found


def _most_helpful(case: Case, judged: Sequence[tuple[Rival, CheckOutcome]]) -> list[Proposal | Choice]:
    """Return the change after which least fails, if it is the only such or clearly the likeliest."""
    helpful = [(rival, outcome) for rival, outcome in judged if better(case.outcome, outcome)]
    helpful = helpful or [(rival, outcome) for rival, outcome in judged if ahead(case.outcome, outcome)]
    if not helpful:
        return []
    least = min(len(outcome.failures()) for _, outcome in helpful)
    best = [rival for rival, outcome in helpful if len(outcome.failures()) == least]
    clear = len(best) == 1 or best[1].cost - best[0].cost >= CLEAR or case.bench.apply_first
    return [best[0].proposal] if clear else []


async def choice(case: Case, proposal: Proposal) -> Choice:
    """Return a change as one of several that a person may choose from."""
    diffs = [_diff(path, await case.tree.text(path) or "", text) for path, text in proposal.texts.items()]
    return Choice(case.outcome.check.name, proposal.summary, "".join(diffs))


def _diff(path: str, before: str, after: str) -> str:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))

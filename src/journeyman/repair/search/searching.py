"""One-edit faults: suspicious functions, candidate edits, and the failing tests as the judge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from journeyman.domain.checks import CheckKind, TestStatus
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.protected import is_test_file
from journeyman.repair.search.candidates import Candidate, Suspicion, candidates, ochiai, suspicion_of
from journeyman.repair.search.commands import runner_of
from journeyman.repair.search.laboratory import Laboratory, Located
from journeyman.repair.search.scope import Scene, scenes
from journeyman.repair.spans import Splice, parsed, spliced
from journeyman.repair.tree import SourceTree

_WAVES = ((3, 600), (8, 3000), (20, 12000))
"""How many functions and how many candidates are tried, in turn."""

_FURTHER = 40
"""Candidates still judged after the first plausible one."""

_RIVAL = 0.5
"""A later patch counts as a rival if its score is at least this share of the first one's."""

_SINGLE_TARGETS = 4
_MIN_SECONDS = 2.0


class OneEditSearch:
    """Finds the edit that makes failing tests pass and no covering test fail."""

    name = "one-edit search"

    async def propose(self, case: Case) -> AsyncIterator[Proposal]:
        runner = runner_of(case.outcome.check.command)
        if case.outcome.check.kind is not CheckKind.TEST or runner is None or case.seconds_left < _MIN_SECONDS:
            return
        async with Laboratory(case.tree.shell, runner) as laboratory:
            located = await laboratory.locate(_sources(case.tree), _failing(case), case.seconds_left / 3)
            seconds = case.seconds_left / (2 + min(len(located.failing), _SINGLE_TARGETS))
            for targets in _target_sets(located):
                search = _Search(case.tree, laboratory, located, targets, seconds)
                async for proposal in search.proposals():
                    yield proposal


def _sources(tree: SourceTree) -> list[str]:
    return [path for path in tree.paths if path.endswith(".py") and not is_test_file(path)]


def _failing(case: Case) -> list[str]:
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    return [test.name for test in case.outcome.tests if test.status in bad]


def _target_sets(located: Located) -> Iterator[frozenset[int]]:
    """Yield all failing tests at once, then each alone: they may have different causes."""
    numbers = range(len(located.failing))
    if numbers:
        yield frozenset(numbers)
    if len(numbers) > 1:
        yield from (frozenset({number}) for number in numbers[:_SINGLE_TARGETS])


class _Search:
    """The search for one set of target tests."""

    def __init__(
        self, tree: SourceTree, laboratory: Laboratory, located: Located, targets: frozenset[int], seconds: float
    ) -> None:
        self._tree = tree
        self._laboratory = laboratory
        self._targets = [located.failing[number] for number in sorted(targets)]
        self._suspicion = ochiai(located.lines, targets)
        self._seconds = seconds

    async def proposals(self) -> AsyncIterator[Proposal]:
        """Yield plausible patches, the best first; nothing more once a wave has found some."""
        ranked = await _ranked(self._tree, self._suspicion)
        tried: set[tuple[str, int, int, str]] = set()
        for functions, most in _WAVES:
            fresh = [c for c in candidates(ranked[:functions], self._suspicion) if _key(c) not in tried][:most]
            tried |= {_key(candidate) for candidate in fresh}
            verdicts = await self._laboratory.judge(fresh, self._targets, self._seconds / len(_WAVES), _FURTHER)
            found = best_first([fresh[number] for number in verdicts.plausible])
            for candidate in found:
                yield await self._proposal(candidate, len(found))
            if found or (len(ranked) <= functions and len(fresh) < most):
                return

    async def _proposal(self, candidate: Candidate, plausible: int) -> Proposal:
        unit, edit = candidate.unit, candidate.edit
        text = await self._tree.text(unit.path) or ""
        old = " ".join(text[edit.start : edit.end].split())
        what = f"`{old}` becomes `{edit.text}`" if old else f"`{' '.join(edit.text.split())}` added"
        rivals = f", one of {plausible} edits that pass" if plausible > 1 else ""
        summary = f"{unit.path}:{edit.line} in {unit.name}: {what} ({edit.template}{rivals})"
        return Proposal(summary, {unit.path: spliced(text, [Splice(edit.start, edit.end, edit.text)])})


def best_first(plausible: Sequence[Candidate]) -> list[Candidate]:
    """Return plausible candidates, the likelier kind of edit first among those of about the same score."""
    if not plausible:
        return []
    bar = plausible[0].score * _RIVAL
    rivals = [candidate for candidate in plausible if candidate.score >= bar]
    return sorted(rivals, key=lambda candidate: (-candidate.edit.prior, -candidate.score))[:4]


async def _ranked(tree: SourceTree, suspicion: Suspicion) -> list[Scene]:
    """Return the functions that the targets run, the most suspicious first."""
    found: list[tuple[float, Scene]] = []
    for path, lines in suspicion.items():
        text = await tree.text(path)
        source = parsed(text) if text and "\r" not in text else None
        for scene in scenes(path, source) if source else ():
            value = suspicion_of(scene, lines)
            if value:
                found.append((value, scene))
    return [scene for _, scene in sorted(found, key=lambda pair: -pair[0])]


def _key(candidate: Candidate) -> tuple[str, int, int, str]:
    return candidate.unit.path, candidate.edit.start, candidate.edit.end, candidate.edit.text

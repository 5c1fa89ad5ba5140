"""One-edit faults: suspicious functions, candidate edits, and the failing tests as the judge."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from journeyman.domain.checks import CheckKind, TestStatus
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.laboratory import Laboratory, runner_of
from journeyman.repair.localisation import Located, locate
from journeyman.repair.protected import is_test_file
from journeyman.repair.search.candidates import Candidate, Suspicion, candidates, ochiai, suspicion_of
from journeyman.repair.search.judging import judge
from journeyman.repair.search.scope import Scene, scenes
from journeyman.repair.spans import Splice, parsed, spliced
from journeyman.repair.tree import SourceTree

_WAVES = ((3, 600), (8, 3000), (20, 12000))
"""How many functions and how many candidates are tried, in turn."""

_FURTHER = 40
"""Candidates still judged after the first plausible one."""

_RIVAL = 0.5
"""A later patch counts as a rival if its score is at least this share of the first one's."""

_MOST_GROUPS = 5
_MIN_SECONDS = 2.0


class OneEditSearch:
    """Finds the edit that makes failing tests pass and no covering test fail."""

    name = "one-edit search"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        runner = runner_of(case.outcome.check.command)
        if case.outcome.check.kind is not CheckKind.TEST or runner is None or case.seconds_left < _MIN_SECONDS:
            return
        async with Laboratory(case.tree.shell, runner) as laboratory:
            located = await locate(laboratory, _sources(case.tree), _failing(case), case.seconds_left / 3)
            groups = await _groups(case.tree, located)
            for group in groups[:_MOST_GROUPS]:
                search = _Search(case.tree, laboratory, group, case.seconds_left / (1 + len(groups[:_MOST_GROUPS])))
                async with aclosing(search.proposals()) as proposals:
                    async for proposal in proposals:
                        yield proposal


def _sources(tree: SourceTree) -> list[str]:
    return [path for path in tree.paths if path.endswith(".py") and not is_test_file(path)]


def _failing(case: Case) -> list[str]:
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    return [test.name for test in case.outcome.tests if test.status in bad]


class _Group(msgspec.Struct, frozen=True):
    """Functions that the same failing tests run, most suspicious first. An edit of one must mend all these tests."""

    targets: tuple[str, ...]
    suspicion: Suspicion
    scenes: tuple[Scene, ...]


async def _groups(tree: SourceTree, located: Located) -> list[_Group]:
    """Return the functions that failing tests run, by the tests that run them: first where most tests point to.

    A patch is judged by every failing test that runs its function, so that none is pleased at another's cost.
    """
    scenes_by_targets: dict[frozenset[int], list[Scene]] = {}
    for path, table in located.lines.items():
        text = await tree.text(path)
        source = parsed(text) if text and "\r" not in text else None
        for scene in scenes(path, source) if source else ():
            hit = {number for line in scene.body_lines for number in table.get(str(line), ((), 0))[0]}
            if hit:
                scenes_by_targets.setdefault(frozenset(hit), []).append(scene)
    groups = []
    for targets, found in sorted(scenes_by_targets.items(), key=lambda item: -len(item[0])):
        suspicion = ochiai(located.lines, targets)
        ranked = sorted(found, key=lambda scene: -suspicion_of(scene, suspicion[scene.unit.path]))
        names = tuple(located.failing[number] for number in sorted(targets))
        groups.append(_Group(names, suspicion, tuple(ranked)))
    return groups


class _Search:
    """The search in one group of functions."""

    def __init__(self, tree: SourceTree, laboratory: Laboratory, group: _Group, seconds: float) -> None:
        self._tree = tree
        self._laboratory = laboratory
        self._group = group
        self._seconds = seconds

    async def proposals(self) -> AsyncGenerator[Proposal]:
        """Yield plausible patches, the best first; nothing more once a wave has found some."""
        ranked, suspicion = self._group.scenes, self._group.suspicion
        tried: set[tuple[str, int, int, str]] = set()
        for functions, most in _WAVES:
            fresh = [c for c in candidates(ranked[:functions], suspicion) if _key(c) not in tried][:most]
            tried |= {_key(candidate) for candidate in fresh}
            verdicts = await judge(
                self._laboratory, fresh, self._group.targets, self._seconds / len(_WAVES), _FURTHER
            )
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


def _key(candidate: Candidate) -> tuple[str, int, int, str]:
    return candidate.unit.path, candidate.edit.start, candidate.edit.end, candidate.edit.text

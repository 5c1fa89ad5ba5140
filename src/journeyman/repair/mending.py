"""The mender: tries fixers cheapest first, lets the checks judge, keeps what helps and undoes the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import aclosing

import msgspec

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport
from journeyman.domain.errors import EnvironmentBroken
from journeyman.domain.suspicion import Suspicion
from journeyman.repair.applying import Application
from journeyman.repair.comparing import ahead, better, unblocked, worse
from journeyman.repair.contract import Bench, Choice, Discovery, Flaky, Mend, Mended, Searching, Suspect
from journeyman.repair.fixers import Case, Fixer, OwnTools, Proposal
from journeyman.repair.leftovers import leftover
from journeyman.repair.limiting import TimeUsedUp, limited, patient
from journeyman.repair.localisation import localisable, localise, suspects, told
from journeyman.repair.table import FIXERS, SEARCHES
from journeyman.repair.tree import SourceTree

_MOST_STEPS = 2
"""Changes that bring a check further without mending it: so many are followed from one state of the tree."""

_DEEPEST = 3
"""So many of them may have to be taken one after the other."""

Clock = Callable[[], float]
"""Seconds that only grow."""

_CHEAP_SECONDS = 2.0
"""A check that took no longer is judged again after each change; the others once, at the end."""

EXPLAINING_SECONDS = 30.0
_ROUNDS = 4
_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RecursionError),
    *(SyntaxError, TypeError, ValueError),
)
"""What a fixer may raise that met something strange: the others still get their turn."""

_LAYOUT = (CheckKind.FORMAT, CheckKind.LINT)


class FixerMender:
    """Mends by fixers. Needs a clock for the time limit; the checks of the bench decide what stays."""

    def __init__(self, clock: Clock, fixers: Sequence[Fixer] = FIXERS) -> None:
        self._clock = clock
        self._fixers = tuple(fixers)

    async def mend(self, bench: Bench) -> Mended:
        """Try the fixers on every failing check until none helps or the time is used up."""
        return await _Mending(bench, self._clock, self._fixers).run()


class _Mending:
    """One call of `mend`: what the checks said last, what was kept, what was refused."""

    def __init__(self, bench: Bench, clock: Clock, fixers: tuple[Fixer, ...]) -> None:
        self._clock = clock
        self._searches = tuple(fixer for fixer in fixers if fixer in SEARCHES)
        self._fixers = tuple(fixer for fixer in fixers if fixer not in SEARCHES)
        self._deadline = clock() + bench.time_limit_seconds
        self._onlooker = bench.watch
        self._bench = patient(msgspec.structs.replace(bench, watch=self._watch), self._left)
        self._limited = limited(self._bench, self._left)
        self._tree = SourceTree(bench.shell, bench.paths)
        self._application = Application(self._bench, self._tree, self._left)
        self._first = {outcome.check.name: outcome for outcome in bench.report.outcomes}
        self._now = dict(self._first)
        self._stale: set[str] = set()
        self._kept: list[tuple[str, Mend, bool]] = []
        self._refused: set[tuple[str, str, str]] = set()
        self._steps: list[tuple[str, Fixer, Proposal]] = []
        self._came_further = False
        self._depth = 0
        self._saved: str | None = None
        self._found: list[Discovery] = []
        self._suspicions: list[Suspicion] = []

    async def run(self) -> Mended:
        if self._bench.explain:
            await self._explain()
        for _ in range(_ROUNDS):
            helped = [await self._mend_check(name) for name in self._now]
            if not any(helped) or self._left() <= 0:
                break
        await self._judge_the_rest()
        return self._mended()

    async def _explain(self) -> None:
        """Find out where the faults seem to be, before anything is changed; at most half of the time goes into it."""
        failing = [outcome for outcome in self._first.values() if localisable(outcome)]
        start = await self._start() if failing else ""
        for outcome in failing:
            await self._bench.progress(f"tracing {outcome.check.name}")
            found = await localise(self._tree, outcome, min(EXPLAINING_SECONDS, self._left() / 2) / len(failing))
            await self._restore(start, (), False)
            if found is not None:
                self._suspicions.append(told(found))
                self._found += suspects(self._suspicions[-1])

    def _mended(self) -> Mended:
        failing = [outcome for outcome in self._now.values() if not outcome.passed]
        used = self._bench.time_limit_seconds if self._left() <= 0 else None
        found = self._found
        undecided = {each.check for each in found if isinstance(each, Choice)}
        return Mended(
            tuple(mend for _, mend, _ in self._kept),
            tuple(leftover(outcome, used, outcome.check.name in undecided) for outcome in failing),
            tuple(each for each in found if isinstance(each, Flaky)),
            tuple(each for each in found if isinstance(each, Suspect)),
            tuple(each for each in found if isinstance(each, Choice)),
            CheckReport(tuple(self._now.values())),
            tuple(self._suspicions),
        )

    def _left(self) -> float:
        return self._deadline - self._clock()

    async def _mend_check(self, name: str) -> bool:
        """Mend one check as far as it goes; tell whether anything was kept."""
        if name in self._stale:
            await self._judge(self._now[name].check)
        helped = False
        while (
            await self._mend_once(name, self._fixers)
            or await self._go_on(name)
            or await self._mend_once(name, self._searches)
        ):
            helped = True
        await self._bench.kept(self._mended(), await self._start())
        return helped

    async def _watch(self, searching: Searching) -> None:
        """Hand on how far a search has come. Should it be cut off, the best patch so far is shown, not applied."""
        await self._onlooker(searching)
        if searching.diff:
            mended = self._mended()
            best = Choice(searching.check, searching.best, searching.diff, unproved=True)
            await self._bench.kept(
                msgspec.structs.replace(mended, choices=(*mended.choices, best)), await self._start()
            )

    async def _go_on(self, name: str) -> bool:
        """Follow changes that brought a check further and did not mend it: what is behind them may be mended too.

        All of them are kept if the check is better in the end, or runs where it could not even be imported.
        """
        found = [step for step in self._steps if step[0] == name]
        self._steps = [step for step in self._steps if step[0] != name]
        if self._depth == _DEEPEST:
            return False
        for _, fixer, proposal in found[:_MOST_STEPS]:
            if self._left() > 0 and await self._follow(name, fixer, proposal):
                return True
        return False

    async def _follow(self, name: str, fixer: Fixer, proposal: Proposal) -> bool:
        """Take a step and mend what stands behind it; tell whether all of it was kept. Searches take no part: they
        would find a way around a wrong step."""
        first, start = self._now[name], await self._start()
        before = dict(self._now), set(self._stale), list(self._kept), list(self._found)
        self._depth, refused, self._refused = self._depth + 1, self._refused, set()
        try:
            if await self._step(first, fixer, proposal):
                while await self._mend_once(name, self._fixers) or await self._go_on(name):
                    pass
        except TimeUsedUp:
            pass
        finally:
            self._depth, self._refused = self._depth - 1, refused
        now = self._now[name]
        if better(first, now) or unblocked(first, now):
            if not self._depth:
                await self._told(self._kept[len(before[2]) :])
            return True
        rebuilt = any(each[2] for each in self._kept[len(before[2]) :])
        self._now, self._stale, self._kept, self._found = before
        await self._restore(start, (), rebuilt)
        return False

    async def _step(self, first: CheckOutcome, fixer: Fixer, proposal: Proposal) -> bool:
        """Make a change that brings a check further; tell whether it does."""
        start, case = await self._start(), Case(first, self._tree, self._left(), self._bench)
        paths = await self._application.apply(case, proposal)
        if paths and (not proposal.rebuild or await self._rebuilt()):
            now = await self._bench.judge(first.check)
            if ahead(first, now):
                mend = Mend(fixer.name, proposal.summary, first.check.name, paths)
                await self._keep(start, mend, {first.check.name: now}, proposal.rebuild)
                return True
        await self._restore(start, paths, proposal.rebuild)
        return False

    async def _mend_once(self, name: str, fixers: Sequence[Fixer]) -> bool:
        """Keep the first change that helps a check; tell whether there was one."""
        outcome = self._now[name]
        if outcome.passed or self._by_chance_alone(outcome):
            return False
        for fixer in fixers:
            if self._left() <= 0:
                return False
            start = await self._start()
            try:
                if await self._mend_by(fixer, outcome):
                    return True
            except TimeUsedUp:
                await self._restore(start, (), rebuilt=False)
                return False
            except _FAULTS as error:
                await self._restore(start, (), rebuilt=False)
                await self._bench.progress(
                    f"{fixer.name} failed by a fault of its own: {type(error).__name__}: {error}"
                )
            if self._by_chance_alone(outcome):
                return False
        return False

    def _by_chance_alone(self, outcome: CheckOutcome) -> bool:
        """Tell whether all that fails in a check are tests known to be flaky: no change could prove itself by it."""
        flaky = {f"test {found.test}" for found in self._found if isinstance(found, Flaky)}
        return bool(flaky) and outcome.failures() <= flaky

    async def _mend_by(self, fixer: Fixer, outcome: CheckOutcome) -> bool:
        """Keep the first of a fixer's changes that helps a check; tell whether there was one."""
        case = Case(outcome, self._tree.through(self._limited.shell), self._left(), self._limited)
        async with aclosing(fixer.propose(case)) as proposals:
            async for proposal in proposals:
                if self._left() <= 0:
                    return False
                if not isinstance(proposal, Proposal):
                    self._note(proposal)
                elif self._allowed(proposal) and await self._try(case, fixer, proposal):
                    return True
        return False

    def _note(self, found: Discovery) -> None:
        if found not in self._found:
            self._found.append(found)

    def _allowed(self, proposal: Proposal) -> bool:
        """Tell whether a proposal may be tried and can be here."""
        if proposal.oracle and not self._bench.allow_oracle_changes:
            return False
        return not (proposal.online and self._bench.online is None)

    async def _try(self, case: Case, fixer: Fixer, proposal: Proposal) -> bool:
        """Apply a proposal and keep it if its check is better and no other worse; else restore the tree."""
        check = case.outcome.check
        mark = (check.name, fixer.name, _fingerprint(proposal))
        if mark in self._refused:
            return False
        start = await self._start()
        paths = await self._application.apply(case, proposal)
        if paths and (not proposal.rebuild or await self._rebuilt()):
            judged = await self._judged_well(case, paths)
            if judged is not None:
                mend = Mend(fixer.name, proposal.summary, check.name, paths)
                await self._keep(start, mend, judged, proposal.rebuild)
                if not self._depth:
                    await self._told(self._kept[-1:])
                return True
            if self._came_further and not any(step[2] == proposal for step in self._steps):
                self._steps.append((check.name, fixer, proposal))
        if paths or proposal.commands:
            await self._restore(start, paths, proposal.rebuild)
        if not proposal.commands:
            self._refused.add(mark)
        return False

    async def _judged_well(self, case: Case, paths: tuple[str, ...]) -> dict[str, CheckOutcome] | None:
        """Return the new outcomes if the change helps; None if it does not, or if something cheap gets worse.

        Layout that the change upset is put right by the repository's own tools first.
        """
        judged = await self._judged(case)
        upset = self._upset(judged)
        if not upset:
            return judged if better(case.outcome, judged[case.outcome.check.name]) else None
        if not all(outcome.check.kind in _LAYOUT for outcome in upset):
            return None
        for outcome in upset:
            layout = Case(outcome, self._tree, self._left(), self._bench)
            async for proposal in OwnTools().propose(layout):
                if isinstance(proposal, Proposal):
                    await self._application.apply(layout, proposal)
        judged = await self._judged(case)
        fine = not self._upset(judged) and better(case.outcome, judged[case.outcome.check.name])
        return judged if fine else None

    async def _judged(self, case: Case) -> dict[str, CheckOutcome]:
        """Judge a check and, if it is not as bad as before, the other cheap ones."""
        own = await self._bench.judge(case.outcome.check)
        self._came_further = ahead(case.outcome, own)
        judged = {own.check.name: own}
        if better(case.outcome, own):
            cheap = [o.check for o in self._first.values() if o.seconds <= _CHEAP_SECONDS]
            judged |= {check.name: await self._bench.judge(check) for check in cheap if check.name not in judged}
        return judged

    def _upset(self, judged: dict[str, CheckOutcome]) -> list[CheckOutcome]:
        return [outcome for name, outcome in judged.items() if worse(self._now[name], outcome)]

    async def _keep(self, start: str, mend: Mend, judged: dict[str, CheckOutcome], rebuilt: bool) -> None:
        self._kept.append((start, mend, rebuilt))
        self._now |= judged
        self._stale = set(self._now) - set(judged)
        self._saved = await self._bench.save()

    async def _told(self, kept: Sequence[tuple[str, Mend, bool]]) -> None:
        """Tell of changes that stay."""
        await self._bench.kept(self._mended(), await self._start())
        for _, mend, _ in kept:
            await self._bench.progress(f"mended {mend.check}: {mend.summary}")

    async def _start(self) -> str:
        """Return the snapshot of the tree as it stands; taken again only after a change was kept."""
        if self._saved is None:
            self._saved = await self._bench.save()
        return self._saved

    async def _restore(self, snapshot: str, paths: Sequence[str], rebuilt: bool) -> None:
        await self._bench.back(snapshot)
        await self._tree.drop_compiled(paths)
        self._tree.forget()
        self._saved = snapshot
        if rebuilt:
            await self._rebuilt()

    async def _rebuilt(self) -> bool:
        """Make the environment of the tree as it stands; tell whether that is possible."""
        try:
            if self._bench.rebuild is not None:
                await self._bench.rebuild()
        except EnvironmentBroken:
            return False
        return True

    async def _judge(self, check: Check) -> None:
        self._now[check.name] = await self._bench.judge(check)
        self._stale.discard(check.name)

    async def _judge_the_rest(self) -> None:
        """Judge the checks not yet judged on the final tree; undo the latest changes while one is worse."""
        while True:
            for name in sorted(self._stale):
                await self._judge(self._now[name].check)
            spoilt = [name for name, outcome in self._now.items() if worse(self._first[name], outcome)]
            if not spoilt or not self._kept:
                return
            start, mend, rebuilt = self._kept.pop()
            await self._restore(start, mend.paths, rebuilt)
            self._stale = set(self._now)
            await self._bench.kept(self._mended(), start)
            await self._bench.progress(f"undone, it broke {spoilt[0]}: {mend.summary}")


def _fingerprint(proposal: Proposal) -> str:
    texts = "\0".join(f"{path}\0{text}" for path, text in sorted(proposal.texts.items()))
    return hashlib.sha256(f"{proposal.summary}\0{texts}".encode()).hexdigest()

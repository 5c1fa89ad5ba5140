"""Small faults that no message names: edits where the failing tests point to, and the tests as the judge."""

from __future__ import annotations

import difflib
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Self

import msgspec

from journeyman.domain.checks import CheckKind, TestStatus
from journeyman.repair.contract import Choice, Discovery, Searching, Suspect
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.laboratory import Answered, Laboratory, Pace, runner_of
from journeyman.repair.localisation import Spectrum, Told, ranked, suspects, told
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Splice, spliced
from journeyman.repair.tree import SourceTree

_MIN_SECONDS = 2.0
_SHARE = 0.7
"""Of the time that is left: the check has to run again."""


class PatchEdit(msgspec.Struct, frozen=True):
    """One replacement in one file; `unit` is the function or constant that it changes."""

    path: str
    start: int
    end: int
    text: str
    line: int
    template: str
    unit: str


class Patch(msgspec.Struct, frozen=True):
    """Edits after which all tests passed. Patches with one `behaviour` gave the same for all inputs tried.

    `input` is a call that tells this patch from others, `result` what it gives; both "" if there is none.
    `doubt` says why it is not to be believed although it passes, "" for nothing.
    """

    edits: tuple[PatchEdit, ...]
    score: float
    behaviour: int = 0
    input: str = ""
    result: str = ""
    doubt: str = ""


class Sought(Answered, frozen=True):
    """What a search found; `counts` are verdicts by kind.

    `cpu` are the CPU seconds of the whole program, `first_cpu` those up to the first patch that passed.
    `units` are the functions and constants that were looked at, the most suspicious first, `spectrum` tells which
    tests run which lines, where no patch was found.
    """

    patches: tuple[Patch, ...] = ()
    tried: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    first_cpu: float = 0.0
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    traced: int = 0
    collected: int = 0
    units: tuple[str, ...] = ()
    spectrum: Told | None = None

    def below(self, folder: str) -> Self:
        """Return the same with the paths of the tree in place of those of a folder in it."""
        replace = msgspec.structs.replace
        patches = [
            replace(p, edits=tuple(replace(edit, path=f"{folder}/{edit.path}") for edit in p.edits))
            for p in self.patches
        ]
        units = tuple(f"{folder}/{unit}" for unit in self.units)
        spectrum = self.spectrum.below(folder) if self.spectrum else None
        return replace(self, patches=tuple(patches), units=units, spectrum=spectrum)


class EditSearch:
    """Finds the edits that make failing tests pass and no covering test fail."""

    name = "edit search"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        check = case.outcome.check
        runner = runner_of(check.command)
        if check.kind is not CheckKind.TEST or runner is None or case.seconds_left < _MIN_SECONDS:
            return
        async with Laboratory(case.tree.shell, runner) as laboratory:
            sources = _sources(case.tree)
            job = {"kind": "search", "paths": sources, "failing": _failing(case), "weights": learnt_weights()}
            seconds = case.seconds_left * _SHARE
            sought = await laboratory.do({**job, "seconds": seconds}, seconds, Sought, _watching(case))
        patches = [patch for patch in sought.patches if all(edit.path in sources for edit in patch.edits)]
        best = await _summary(case.tree, patches[0], len(patches)) if patches else ""
        await case.bench.watch(Searching(check.name, sought.tried, sought.tried / max(sought.seconds, 0.001), best))
        told_apart = len({patch.behaviour for patch in patches}) > 1 or any(patch.doubt for patch in patches[:1])
        if told_apart and not case.bench.apply_first:
            for patch in _one_of_each(patches):
                yield await _choice(case, patch)
            return
        if not patches and not case.bench.explain:
            for suspect in await _suspects(case, sought.spectrum):
                yield suspect
        for patch in patches:
            yield Proposal(await _summary(case.tree, patch, len(patches)), await _texts(case.tree, patch))


@functools.cache
def learnt_weights() -> dict[str, float]:
    """Return how much likelier each rule of the search mends than the priors say that were set by hand.

    Learnt by `python -m bench.priors` from fixing commits of projects that are no benchmark; see decision 6.
    """
    return msgspec.json.decode(files(__package__).joinpath("weights.json").read_bytes(), type=_Learnt).weights


class _Learnt(msgspec.Struct):
    weights: dict[str, float]


def _watching(case: Case) -> Callable[[Pace], Awaitable[None]]:
    async def watch(pace: Pace) -> None:
        per_second = pace.tried / max(pace.seconds, 0.001)
        await case.bench.watch(Searching(case.outcome.check.name, pace.tried, per_second, pace.best, pace.diff))

    return watch


async def _suspects(case: Case, told_of: Told | None) -> list[Suspect]:
    """Return where the fault may be all the same."""
    found = await ranked(case.tree, case.outcome, Spectrum(told_of)) if told_of else None
    return list(suspects(told(found))) if found else []


def _sources(tree: SourceTree) -> list[str]:
    return [path for path in tree.paths if path.endswith(".py") and not is_test_file(path)]


def _failing(case: Case) -> list[str]:
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    return [test.name for test in case.outcome.tests if test.status in bad]


def _one_of_each(patches: Sequence[Patch]) -> list[Patch]:
    """Return the best patch of each behaviour."""
    found: dict[int, Patch] = {}
    for patch in patches:
        found.setdefault(patch.behaviour, patch)
    return list(found.values())


async def _texts(tree: SourceTree, patch: Patch) -> dict[str, str]:
    """Return the new texts of the files that a patch changes."""
    texts = {}
    for path in dict.fromkeys(edit.path for edit in patch.edits):
        mine = [Splice(edit.start, edit.end, edit.text) for edit in patch.edits if edit.path == path]
        texts[path] = spliced(await tree.text(path) or "", mine)
    return texts


async def _summary(tree: SourceTree, patch: Patch, plausible: int) -> str:
    parts = []
    for edit in patch.edits:
        old = " ".join((await tree.text(edit.path) or "")[edit.start : edit.end].split())
        new = " ".join(edit.text.split())
        what = f"`{old}` becomes `{new}`" if old and new else f"`{new}` added" if new else f"`{old}` taken out"
        parts.append(f"{edit.path}:{edit.line} in {edit.unit}: {what} ({edit.template})")
    rivals = f", one of {plausible} edits that pass and do the same" if plausible > 1 else ""
    return "; ".join(parts) + rivals


async def _choice(case: Case, patch: Patch) -> Choice:
    diff: list[str] = []
    for path, text in (await _texts(case.tree, patch)).items():
        before = (await case.tree.text(path) or "").splitlines(keepends=True)
        diff += difflib.unified_diff(before, text.splitlines(keepends=True), f"a/{path}", f"b/{path}")
    summary = await _summary(case.tree, patch, 1) + (f"; doubtful: {patch.doubt}" if patch.doubt else "")
    return Choice(case.outcome.check.name, summary, "".join(diff), patch.input, patch.result)

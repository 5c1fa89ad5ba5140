"""The memory of projects: takes in what is learnt, and recalls it. Nothing crosses from one project to another."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Code, Finished, Pasts
from journeyman.codebase.memory.code import learn_code
from journeyman.codebase.memory.contract import KeptPatterns, Marks
from journeyman.codebase.memory.past import (
    MOST_COMMITS,
    MOST_FIXES,
    conventions,
    fix_of,
    fixes,
    is_fix,
    lesson_key,
    lessons,
    together,
)
from journeyman.codebase.memory.wording import terms_of_pattern, terms_of_question
from journeyman.domain.patterns import Pattern, PatternType, Recalled, Source

_SCP = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)$")
_ADDRESS = re.compile(r"^(?:https?|ssh|git)://(?:[^@/]*@)?([^/:]+)(?::\d+)?/(.+)$")


class Learnt(msgspec.Struct, frozen=True):
    """What learning changed in a memory."""

    project: str
    added: int = 0
    changed: int = 0
    forgotten: int = 0

    def and_also(self, other: Learnt) -> Learnt:
        """Return both together."""
        return Learnt(
            self.project,
            self.added + other.added,
            self.changed + other.changed,
            self.forgotten + other.forgotten,
        )


class Memory:
    """What is remembered. `share` lets questions of one project find what others have learnt."""

    def __init__(
        self, kept: KeptPatterns, marks: Marks, pasts: Pasts, clock: Callable[[], datetime], *, share: bool = False
    ) -> None:
        self.kept = kept
        self._marks = marks
        self._pasts = pasts
        self._clock = clock
        self._share = share

    async def project_at(self, address: str) -> str:
        """Return the project of a repository's address; a folder is of the project that it was cloned from."""
        path = Path(address.removeprefix("file://"))
        if not path.is_absolute() or not path.is_dir():
            return project_name(address)
        origin = await self._pasts.origin(path)
        # What was cloned from a folder is that folder's own copy, whose work is told apart by where it lies.
        return project_name(origin or str(path))

    async def recall(
        self, project: str, question: str, limit: int = 10, kinds: Sequence[PatternType] = ()
    ) -> tuple[Recalled, ...]:
        """Return what a question brings up, best first: by relevance × success × confidence."""
        projects = dict.fromkeys([project, *(await self.kept.projects() if self._share else ())])
        return await self.kept.rank(list(projects), terms_of_question(question), limit, kinds)

    async def keep(self, project: str, patterns: Sequence[Pattern]) -> Learnt:
        """Take patterns in; what comes from outside is held until a person lets it in."""
        added, changed = await self.kept.keep(patterns, list(map(terms_of_pattern, patterns)), self._clock())
        return Learnt(project, added, changed)

    async def learn_past(self, project: str, root: Path, commit: str = "") -> Learnt:
        """Learn from the commits up to one, where they were not read before; `root` is a place that has them."""
        commit = commit or await self._pasts.head(root)
        mark = f"memory: {project}"
        if not commit or await self._marks.recall(mark) == commit:
            return Learnt(project)
        patterns = await past_patterns(self._pasts, project, root, commit)
        learnt = await self._replace(project, (Source.HISTORY,), patterns)
        await self._marks.remember(mark, commit, self._clock())
        return learnt

    async def learn_code(self, project: str, code: Code) -> Learnt:
        """Learn from the code of a work tree as its index knows it."""
        return await self._replace(project, (Source.CODE,), learn_code(project, code))

    async def read_past(self, project: str, root: Path, commit: str) -> None:
        """Learn from the commits up to one, where they were not read before; `root` is a place that has them."""
        await self.learn_past(project, root, commit)

    async def learn_run(self, project: str, finished: Finished) -> None:
        """Learn from a run that completed: the commands that worked, and what made a failing check pass.

        Nothing that the task said or a log told is kept: only names of the repository's own, commands and the diff.
        """
        await self.keep(project, run_patterns(project, finished))

    async def shown(self, run_id: str, project: str, numbers: Sequence[int]) -> None:
        """Note that a run was shown patterns. Doing it again changes nothing."""
        await self.kept.shown(run_id, project, numbers)

    async def turned_out(self, run_id: str, helped: bool | None) -> tuple[Pattern, ...]:
        """Count how a run ended for what it was shown, and return what retires by it. None: it tells nothing."""
        return await self.kept.turned_out(run_id, helped)

    async def companions(self, project: str, paths: Sequence[str]) -> dict[str, Pattern]:
        """Return the lessons about files that seldom change alone, by path."""
        keys = {lesson_key(project, path): path for path in paths}
        return {keys[key]: pattern for key, pattern in (await self.kept.keyed(list(keys))).items()}

    async def edit(self, number: int, **changes: object) -> Pattern:
        """Replace fields of a pattern: from then on it is a person's, and no learning overwrites it."""
        old = await self.kept.pattern(number)
        new = msgspec.structs.replace(old, **{"source": Source.PERSON, **changes})
        await self.kept.replace(new, terms_of_pattern(new), self._clock())
        return new

    async def stand(self, number: int, **changes: object) -> Pattern:
        """Pin a pattern or let it go: what it says and where it is from stays as it is."""
        return await self.edit(number, **{"source": (await self.kept.pattern(number)).source, **changes})

    async def _replace(self, project: str, sources: Sequence[Source], patterns: Sequence[Pattern]) -> Learnt:
        learnt = await self.keep(project, patterns)
        keys = {pattern.key for pattern in patterns}
        gone = await self.kept.sweep(project, [source.value for source in sources], keys)
        return learnt.and_also(Learnt(project, forgotten=gone))


async def past_patterns(pasts: Pasts, project: str, root: Path, commit: str) -> list[Pattern]:
    """Return what the commits up to one tell."""
    commits = await pasts.commits(root, commit, MOST_COMMITS)
    mending = [each for each in commits if is_fix(each)][:MOST_FIXES]
    diffs = await pasts.diffs(root, [each.id for each in mending])
    there = await pasts.names(root, commit)
    return [
        *fixes(project, mending, diffs, there),
        *lessons(project, together(commits), there),
        *conventions(project, commits),
    ]


def run_patterns(project: str, finished: Finished) -> list[Pattern]:
    """Return what a run tells that completed."""
    commands = [
        Pattern(
            type=PatternType.COMMAND,
            name=check.command,
            project=project,
            source=Source.RUN,
            snippet=check.command,
            signature=check.because,
            tags=("check", check.kind.value, check.name),
            confidence=0.9,
        )
        for check in finished.checks
    ]
    if not finished.mended:
        return commands
    name = f"made to pass: {', '.join(finished.mended)}"
    paths = [file.path for file in finished.change.files]
    fix = fix_of(project, Source.RUN, name, paths, finished.change.diff)
    # The team has not merged it yet.
    return [*commands, msgspec.structs.replace(fix, confidence=0.6)]


def project_name(address: str) -> str:
    """Return a repository's name, the same however its address is written, without what belongs to a person."""
    bare = address.strip().removeprefix("file://")
    if bare.startswith("/"):
        return os.path.realpath(bare).removesuffix("/.git").removesuffix(".git")
    match = _ADDRESS.match(bare) or _SCP.match(bare)
    if match is None:
        return bare
    return f"{match[1].lower()}/{match[2].strip('/').removesuffix('.git')}"

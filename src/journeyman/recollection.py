"""Opens the memory of projects, without the rest of the house: for commands that only look at it or teach it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from journeyman.codebase.index import CodeIndex
from journeyman.codebase.memory.measuring import Worth, measure
from journeyman.codebase.memory.remembering import Learnt, Memory
from journeyman.codebase.memory.suggesting import located_files, suggested
from journeyman.config import Config, load
from journeyman.domain.attention import CodeContext
from journeyman.domain.checks import CheckReport, TestStatus
from journeyman.domain.errors import UnknownPattern
from journeyman.domain.failing import Failing
from journeyman.domain.patterns import MemoryStats, Pattern, PatternType, Recalled, Standing
from journeyman.domain.runs import Run
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git
from journeyman.lookup import interrupted_at_once
from journeyman.store.contexts import StoredContexts
from journeyman.store.database import Database
from journeyman.store.patterns import StoredPatterns
from journeyman.store.remembered import StoredRemembered
from journeyman.store.runs import StoredRuns
from journeyman.store.secrets import KnownSecrets, SecretFile

Returned = TypeVar("Returned")

WORKERS = 2
QUESTIONS = 150
RUNS = 50
"""The newest runs that are looked through for one of a project."""


@dataclass(frozen=True)
class Opened:
    """An open memory, and the project that is asked about."""

    config: Config
    memory: Memory
    trees: WorkTrees
    project: str
    root: Path

    async def bring_up_to_date(self) -> Learnt:
        """Learn what the past of the folder tells that was not read before."""
        return await self.memory.learn_past(self.project, self.root)

    @asynccontextmanager
    async def index(self) -> AsyncIterator[CodeIndex]:
        """Open the index of the folder, up to date."""
        with closing(CodeIndex(self.config.home / "index", self.trees, self.root, WORKERS)) as index:
            await index.refresh()
            yield index


def memory_of(config: Config, database: Database, clock: Callable[[], datetime]) -> Memory:
    """Return the memory of a database, as the settings want it."""
    trees = WorkTrees(Git(search_path=config.search_path))
    share = config.settings.memory.share
    return Memory(StoredPatterns(database), StoredRemembered(database), trees, clock, share=share)


def recall(
    root: Path, project: str, question: str, limit: int, kinds: Sequence[PatternType]
) -> tuple[str, tuple[Recalled, ...]]:
    """Return the project, and what a question brings up. What git knows and memory does not is learnt first."""

    async def work(opened: Opened) -> tuple[str, tuple[Recalled, ...]]:
        await opened.bring_up_to_date()
        found = await opened.memory.recall(opened.project, question, limit, kinds)
        await opened.memory.kept.recalled([each.pattern.number for each in found])
        return opened.project, found

    return _with_memory(root, project, work)


def recall_files(root: Path, question: str, limit: int) -> list[tuple[str, float]]:
    """Return the files of a folder that a task is likely to change: by its words and by what is remembered."""

    async def work(opened: Opened) -> list[tuple[str, float]]:
        await opened.bring_up_to_date()
        async with opened.index() as index:
            there = index.code().paths()
            located = await located_files(index, question, there)
        return (await suggested(opened.memory, opened.project, question, located, there))[:limit]

    return _with_memory(root, "", work)


def learn(root: Path) -> Learnt:
    """Learn from a folder's past and from its code as it stands."""

    async def work(opened: Opened) -> Learnt:
        past = await opened.bring_up_to_date()
        async with opened.index() as index:
            return past.and_also(await opened.memory.learn_code(opened.project, index.code()))

    return _with_memory(root, "", work)


def teach(root: Path, project: str, given: Callable[[str], Pattern]) -> Pattern:
    """Take in what a person says; `given` makes the pattern for a project. Returns it as it was taken in."""

    async def work(opened: Opened) -> Pattern:
        pattern = given(opened.project)
        await opened.memory.keep(opened.project, [pattern])
        return await opened.memory.kept.known(pattern.key)

    return _with_memory(root, project, work)


def listed(
    root: Path, project: str, kinds: Sequence[PatternType], standing: Standing | None, limit: int
) -> tuple[Pattern, ...]:
    """Return patterns of a project."""
    return _with_memory(
        root, project, lambda opened: opened.memory.kept.listed(opened.project, kinds, standing, limit)
    )


def shown(number: int, root: Path | None = None) -> Pattern:
    """Return a pattern; with a root, one of that folder's project only. UnknownPattern."""

    async def work(opened: Opened) -> Pattern:
        pattern = await opened.memory.kept.pattern(number)
        if root is not None and pattern.project != opened.project:
            raise UnknownPattern(f"there is no pattern {number} of {opened.project}", "memory list shows them")
        return pattern

    return _with_memory(root or Path(), "" if root is not None else "-", work)


def edited(number: int, changes: dict[str, Any]) -> Pattern:
    """Replace fields of a pattern. UnknownPattern."""
    return _with_memory(Path(), "-", lambda opened: opened.memory.edit(number, **changes))


def pinned(number: int, pinned: bool) -> Pattern:
    """Pin a pattern, which lets in a held one and brings back a retired one; or unpin it. UnknownPattern."""
    changes: dict[str, Any] = {"pinned": True, "standing": Standing.ACTIVE} if pinned else {"pinned": False}
    return _with_memory(Path(), "-", lambda opened: opened.memory.stand(number, **changes))


def forgotten(number: int) -> Pattern:
    """Forget a pattern and return what it was. UnknownPattern."""

    async def work(opened: Opened) -> Pattern:
        pattern = await opened.memory.kept.pattern(number)
        await opened.memory.kept.forget(number)
        return pattern

    return _with_memory(Path(), "-", work)


def stats(root: Path, project: str) -> MemoryStats:
    """Return what a project's memory holds."""
    return _with_memory(root, project, lambda opened: opened.memory.kept.stats(opened.project))


def failing_in_runs(root: Path) -> list[Failing]:
    """Return what failed at the end of the newest run on a folder's project whose checks ran."""
    config = load()
    if not config.database_is_shared and not (config.home / "journeyman.sqlite").exists():
        return []

    async def work(opened: Opened, database: Database) -> list[Failing]:
        runs, projects = StoredRuns(database), dict[str, str]()
        for run in await runs.list(RUNS):
            address = run.request.repository.remote_url
            if address not in projects:
                projects[address] = await opened.memory.project_at(address)
            facts = await runs.facts(run.run_id) if projects[address] == opened.project else None
            if facts is not None and facts.report is not None:
                return failing_at_end(run, facts.report)
        return []

    return _with_database(root, "", work)


def note_session(new: CodeContext) -> CodeContext:
    """Note what a session is at, and return what is known of it."""
    return _with_sessions(lambda sessions: sessions.note(new, _now()))


def session_at(root: Path, session: str) -> CodeContext | None:
    """Return what a session in a work tree is at; None if nothing was noted lately."""
    return _with_sessions(lambda sessions: sessions.of(str(root), session, _now()))


def forget_session(root: Path, session: str) -> None:
    """Forget a session."""
    _with_sessions(lambda sessions: sessions.forget(str(root), session))


def worth(root: Path, tell: Callable[[str], None]) -> Worth:
    """Measure on a folder's past what memory is worth, in a memory of its own that is gone afterwards."""
    config = load()

    async def work() -> Worth:
        trees = WorkTrees(Git(search_path=config.search_path))
        with tempfile.TemporaryDirectory(prefix="journeyman-memory-") as folder:
            database = _database(config, f"sqlite:///{folder}/memory.sqlite")
            try:
                memory = memory_of(config, database, _now)
                return await measure(memory, trees, trees, await trees.top(root.resolve()), QUESTIONS, tell)
            finally:
                await database.close()

    return asyncio.run(work())


def failing_at_end(run: Run, report: CheckReport) -> list[Failing]:
    """Return the tests that failed in the last checks of a run, and the checks that failed without telling which."""
    where, when, found = f"in run {run.run_id}", run.updated_at.timestamp(), list[Failing]()
    for outcome in report.outcomes:
        bad = [test for test in outcome.tests if test.status in (TestStatus.FAILED, TestStatus.ERROR)]
        found += [Failing(test.name, where, test.path, test.line, test.message, when) for test in bad]
        if not bad and not outcome.passed:
            said = outcome.problems[0].message if outcome.problems else ""
            place = (outcome.problems[0].path, outcome.problems[0].line) if outcome.problems else ("", 0)
            found.append(Failing(outcome.check.name, where, *place, said, when))
    return found


def _with_memory(root: Path, project: str, work: Callable[[Opened], Coroutine[Any, Any, Returned]]) -> Returned:
    """Do work with the memory open. `project`: another one than that of the folder."""
    return _with_database(root, project, lambda opened, _: work(opened))


def _with_database(
    root: Path, project: str, work: Callable[[Opened, Database], Coroutine[Any, Any, Returned]]
) -> Returned:
    config = load()
    database = _database(config, config.database_url)

    async def run() -> Returned:
        try:
            trees = WorkTrees(Git(search_path=config.search_path))
            memory = memory_of(config, database, _now)
            top = await trees.top(root.resolve())
            name = project or await memory.project_at(str(top))
            return await work(Opened(config, memory, trees, name, top), database)
        finally:
            await database.close()

    with interrupted_at_once():
        return asyncio.run(run())


def _with_sessions(work: Callable[[StoredContexts], Coroutine[Any, Any, Returned]]) -> Returned:
    config = load()
    database = _database(config, config.database_url)

    async def run() -> Returned:
        try:
            return await work(StoredContexts(database))
        finally:
            await database.close()

    return asyncio.run(run())


def _database(config: Config, url: str) -> Database:
    known = KnownSecrets(config.secrets, SecretFile(config.home / "secrets.json"))
    return Database(url, redacted=known.stored)


def _now() -> datetime:
    return datetime.now(UTC)

"""Puts together what writes a run into a file, and what replays such a file."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace as with_others
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from journeyman import __version__
from journeyman.agents import Choice
from journeyman.config import AuthorSettings, Config, Settings, load
from journeyman.domain.conversation import Role
from journeyman.domain.errors import BadRecord, GitFailed, NoSandbox
from journeyman.domain.request import Limits
from journeyman.domain.runs import Activity, Order, Run
from journeyman.domain.states import State
from journeyman.engines.embedded import JournalEngine
from journeyman.engines.inline import MemoryJournal
from journeyman.flows import deliver_change
from journeyman.forge import PullRequest
from journeyman.git import Head
from journeyman.git.program import Git
from journeyman.git.recorded import RecordedTrees
from journeyman.llm.played import PlayedModels
from journeyman.record import (
    FORMAT,
    VERSION,
    CannotPlay,
    Comparison,
    Differs,
    Manifest,
    RecordEnds,
    Recording,
    RunPart,
    Verdict,
    extract_trees,
    read_recording,
    recording_in,
    write_test,
)
from journeyman.record.environments import PlayedEnvironments
from journeyman.record.playing import (
    PlayedAnswers,
    PlayedClock,
    PlayedCommands,
    PlayedLog,
    PlayedMailbox,
    PlayedRemembered,
    PlayedTools,
    TreeJudge,
)
from journeyman.record.stepping import PlayedSteps
from journeyman.record.writing import Export, write_parts, write_recording, write_trees
from journeyman.repair.mending import FixerMender
from journeyman.steps import Desk, SharedTrees, Sites, steps_of
from journeyman.store.recordings import StoredRecordings
from journeyman.tools import McpTools
from journeyman.wiring import desk_of, environments_of, store_of

REPLAY_FOLDER = "journeyman-replay-"


async def export_run(run_id: str, path: Path, config: Config | None = None) -> Run:
    """Write a run into a file and return it. UnknownRun; WrongUse if the file or the trees cannot be had."""
    config = config or load()
    async with _opened(config) as (desk, recordings):
        return await _exported(config, desk, recordings, await desk.runs.get(run_id), path)


async def export_test(run_id: str, folder: Path, config: Config | None = None) -> Path:
    """Write a run and a test that replays it into a folder, and return the test's path. Errors as `export_run`."""
    config = config or load()
    async with _opened(config) as (desk, recordings):
        run = await desk.runs.get(run_id)
        recording = recording_in(folder, run)
        await _exported(config, desk, recordings, run, recording)
    part = read_recording(recording).part
    return write_test(recording, run, part.facts.tree or part.base_tree)


async def replay(path: Path, *, may_install: bool = False, config: Config | None = None) -> Verdict:
    """Run the flow of a recorded run again, in a home of its own that is gone afterwards, and compare.

    BadRecord if the file is none; NoSandbox; WrongUse if its environment is not here and may not be installed.
    """
    config = config or load()
    recording = read_recording(path)
    with tempfile.TemporaryDirectory(prefix=REPLAY_FOLDER, ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        trees = RecordedTrees(Git(search_path=config.search_path), home)
        await _unpack(path, recording, trees, home)
        return await _Replay(config, recording, trees, home, may_install).run()


@asynccontextmanager
async def _opened(config: Config) -> AsyncIterator[tuple[Desk, StoredRecordings]]:
    database, secrets = store_of(config)
    try:
        yield desk_of(config, database, secrets, McpTools((), {})), StoredRecordings(database)
    finally:
        await database.close()


async def _exported(config: Config, desk: Desk, recordings: StoredRecordings, run: Run, path: Path) -> Run:
    git = Git(search_path=config.search_path)
    trees = RecordedTrees(git, config.home)
    facts = await desk.runs.facts(run.run_id)
    part = RunPart(run, facts, await _base_tree(desk, trees, run))
    python = platform.python_version()
    manifest = Manifest(FORMAT, VERSION, run.run_id, __version__, python, await trees.version())
    export = Export(recordings, desk.redactor(run.run_id), manifest, part)
    with write_recording(path) as archive, tempfile.TemporaryDirectory() as folder:
        made = await write_parts(archive, export)
        commits = [run.base_commit, *(str(facts.notes[name]) for name in ("commit",) if facts.notes.get(name))]
        write_trees(archive, await trees.pack(run.run_id, commits, made, Path(folder)))
    return run


async def _base_tree(desk: Desk, trees: RecordedTrees, run: Run) -> str:
    """Return the tree of the base commit; what this machine lacks of the run's trees is brought in.

    The remote is asked for nothing that is here.
    """
    if desk.snapshots is None:
        with suppress(GitFailed):
            return await trees.tree_of(run.run_id, run.base_commit)
    head = Head(run.base_branch, run.base_commit)
    workspace = await desk.repositories.glance(run.run_id, Sites(desk).repository(run), head)
    await SharedTrees(desk.snapshots, run.run_id, workspace).gather()
    return await workspace.base_tree()


async def _unpack(path: Path, recording: Recording, trees: RecordedTrees, home: Path) -> None:
    run, pack = recording.part.run, home / "recorded.pack"
    if not extract_trees(path, pack):
        raise BadRecord(f"{path} holds no trees", "export the run again")
    try:
        await trees.unpack(pack, Head(run.base_branch, run.base_commit), home / "recorded.git")
    except (GitFailed, ValueError) as error:
        raise BadRecord(f"{path}: its trees are damaged: {error}", "export the run again") from None


class _RecordedForge:
    """Opens no pull request; says what address the recorded one got."""

    def __init__(self, url: str | None) -> None:
        self._url = url

    async def open_pull_request(self, wanted: PullRequest) -> str | None:
        del wanted
        return self._url


class _Replay:
    """One replay in a home of its own."""

    def __init__(
        self, config: Config, recording: Recording, trees: RecordedTrees, home: Path, may_install: bool
    ) -> None:
        self._config = config
        self._recording = recording
        self._trees = trees
        self._home = home
        self._may_install = may_install
        self._run = recording.part.run
        self._facts = recording.part.facts
        self._comparison = Comparison()
        self._clock = PlayedClock(self._run.created_at)
        differing = partial(trees.differing, self._run.run_id, home / "recorded.git")
        self._judge = TreeJudge(self._comparison, differing)
        self._steps = PlayedSteps(recording, self._comparison)
        self._log: PlayedLog | None = None

    async def run(self) -> Verdict:
        """Replay the run to its end, the record's end, or the first difference."""
        config = _bare(self._config, self._home, self._facts.environment)
        database, secrets = store_of(config)
        async with AsyncExitStack() as closing:
            closing.push_async_callback(database.close)
            desk = self._with_record(desk_of(config, database, secrets, McpTools((), {}), self._clock))
            missing = desk.sandboxes.missing()
            if missing:
                raise NoSandbox("commands cannot be isolated here", missing)
            sites = Sites(desk)
            closing.push_async_callback(sites.close_all)
            await self._begin(desk)
            with self._ending():
                await (await self._engine(desk, sites)).run(Order(self._run.run_id))
                await self._compare_ends(desk)
            return await self._verdict(desk)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        except Differs:
            pass
        except RecordEnds:
            self._comparison.remark(
                f"the record ends here: the run was {self._run.state.status} in {self._run.state}"
            )
        except CannotPlay as end:
            raise end.error from None

    async def _engine(self, desk: Desk, sites: Sites) -> JournalEngine:
        journal = MemoryJournal(self._clock)
        for message in self._recording.messages:
            await journal.send(self._run.run_id, message.topic, message.text)
        steps = self._steps.of(steps_of(desk, sites))
        ids = count(1)
        return JournalEngine(
            journal, deliver_change, steps, clock=self._clock, new_id=lambda: f"id-{next(ids)}", sleep=_at_once
        )

    def _with_record(self, desk: Desk) -> Desk:
        """Return the desk of a replay: the outside replaced by the record."""
        recording, comparison, clock = self._recording, self._comparison, self._clock
        surroundings = self._facts.environment
        tools = PlayedTools(recording, comparison, clock, self._judge)
        answers = PlayedAnswers(recording, comparison, clock)
        self._log = PlayedLog(recording, clock, desk.activities)
        return with_others(
            desk,
            activities=self._log,
            mailbox=PlayedMailbox(),
            tool_ledger=tools,
            commands=PlayedCommands(recording, comparison, clock, self._judge, self._steps.unfinished),
            remembered=PlayedRemembered(recording),
            environments=PlayedEnvironments(
                environments_of(self._config, desk.sandboxes),
                self._run.request.repository.remote_url,
                may_install=self._may_install,
            ),
            mender=FixerMender(clock.seconds),
            models=PlayedModels(answers.answer, surroundings.get("windows", {})),
            forge=_RecordedForge(self._facts.notes.get("pull_request_url")),
            choice=lambda run: _recorded_choice(surroundings),
            further_tools=tools.offered,
            surroundings=lambda run: surroundings,
        )

    async def _begin(self, desk: Desk) -> None:
        """Record the run as it was before its first step; it is cloned from the record."""
        place = msgspec.structs.replace(
            self._run.request.repository, remote_url=str(self._home / "recorded.git"), branch=self._run.base_branch
        )
        limits = msgspec.structs.replace(self._run.options.limits, time_limit_seconds=Limits().time_limit_seconds)
        fresh = msgspec.structs.replace(
            self._run,
            request=msgspec.structs.replace(self._run.request, repository=place),
            options=msgspec.structs.replace(self._run.options, limits=limits),
            state=State.INIT,
            updated_at=self._run.created_at,
            started_at=None,
            ended_at=None,
            result=None,
            last_event=None,
            error_message=None,
        )
        await desk.runs.create(fresh)
        kept = {name: self._facts.notes[name] for name in ("committed_at", "memory") if name in self._facts.notes}
        await desk.runs.learn(fresh.run_id, notes=kept)

    async def _compare_ends(self, desk: Desk) -> None:
        """Compare how the run ended, its last tree and its commit."""
        run, facts = await desk.runs.get(self._run.run_id), await desk.runs.facts(self._run.run_id)
        self._comparison.same("endings", "the ending", "the run ends in another state", self._run.state, run.state)
        await self._judge.compare("the final tree", self._facts.tree or "", facts.tree or "")
        commits = (str(each.notes.get("commit")) for each in (self._facts, facts))
        self._comparison.same("commits", "the commit", "its hash differs", *commits)

    async def _verdict(self, desk: Desk) -> Verdict:
        facts, comparison, log = await desk.runs.facts(self._run.run_id), self._comparison, self._log
        lines = await _all_lines(desk, self._run.run_id)
        base = self._recording.part.base_tree
        return Verdict(
            run_id=self._run.run_id,
            identical=comparison.first is None,
            status=self._run.state.status,
            tree=facts.tree or base,
            recorded_tree=self._facts.tree or base,
            commit=facts.notes.get("commit"),
            difference=comparison.first,
            compared=dict(sorted(comparison.counts.items())),
            hidden_count=comparison.hidden_count,
            hidden=tuple(comparison.hidden),
            remarks=tuple(comparison.remarks),
            log=tuple(_line(line) for line in lines),
            log_identical=log is not None and log.identical,
        )


async def _at_once(seconds: float) -> None:
    """Nothing waits in a replay."""


async def _all_lines(desk: Desk, run_id: str) -> list[Activity]:
    lines: list[Activity] = []
    while found := await desk.activities.since(run_id, lines[-1].number if lines else 0):
        lines += found
    return lines


def _line(activity: Activity) -> str:
    return f"{activity.timestamp.isoformat()} {activity.activity_type.value} {activity.message}"


def _bare(config: Config, home: Path, surroundings: dict[str, Any]) -> Config:
    """Return a configuration without keys, addresses or credentials, with the author of the record."""
    author = msgspec.convert(surroundings.get("author", {}), AuthorSettings)
    return msgspec.structs.replace(
        config,
        home=home,
        database_url=f"sqlite:///{home / 'journeyman.sqlite'}",
        keys={},
        addresses={},
        webhook_url="",
        webhook_secret="",
        github_token="",
        settings=Settings(author=author, sandbox=config.settings.sandbox),
    )


def _recorded_choice(surroundings: dict[str, Any]) -> Choice | None:
    models = surroundings.get("models")
    return Choice({Role(role): tuple(names) for role, names in models.items()}) if models else None

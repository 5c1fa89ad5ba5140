"""The only place that names concrete classes: puts the house together for one process."""

from __future__ import annotations

import os
import platform
import random
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zlib import crc32

import msgspec
from msgspec.structs import replace

from journeyman import __version__
from journeyman.agents import Choice
from journeyman.codebase.choosing import IndexedImpact
from journeyman.config import Config, load
from journeyman.domain.conversation import Role
from journeyman.domain.errors import BadSettings, JourneymanError
from journeyman.domain.redaction import Redactor
from journeyman.domain.request import Limits
from journeyman.domain.runs import Run
from journeyman.engines import Engine, Steps
from journeyman.engines.chosen import ChosenEngine
from journeyman.engines.embedded import JournalEngine
from journeyman.flows import deliver_change
from journeyman.forge.plain import PlainRemote
from journeyman.gates import STANDARD, refusal
from journeyman.gates.quality.finding import RepositoryChecks
from journeyman.git import Author, Head
from journeyman.git.workspaces import GitRepositories
from journeyman.intake import (
    CarryingOut,
    Defaults,
    Diagnosis,
    Equipping,
    Fixing,
    Inquiring,
    Serving,
    Submitting,
    Taking,
    Worker,
)
from journeyman.llm.models import LedgeredModels
from journeyman.llm.settings import Price, Providers
from journeyman.notify import Channel
from journeyman.notify.dispatch import Dispatcher
from journeyman.notify.webhook import SignedWebhook
from journeyman.recollection import memory_of
from journeyman.sandbox import SANDBOX_GID, SANDBOX_UID, Sandboxes, SandboxLimits
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.environments import EnvironmentCache, Reach
from journeyman.sandbox.image_tools import of_image
from journeyman.sandbox.keeping import Keep
from journeyman.steps import Desk, SharedTrees, Sites, steps_of
from journeyman.store.activities import StoredActivities
from journeyman.store.audit import StoredAudit
from journeyman.store.commands import StoredCommands
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.ids import uuid7
from journeyman.store.journal import StoredJournal
from journeyman.store.mailbox import StoredMailbox
from journeyman.store.outbox import SENDING, StoredOutbox
from journeyman.store.remembered import StoredRemembered
from journeyman.store.runs import StoredRuns
from journeyman.store.secrets import KnownSecrets, SecretFile
from journeyman.store.snapshots import StoredSnapshots
from journeyman.store.spending import Books
from journeyman.store.tool_calls import StoredToolCalls
from journeyman.tools import McpAddress, McpTools
from journeyman.wiring.at_need import GateAtNeed, LocaliserAtNeed, MenderAtNeed, ReadersAtNeed
from journeyman.wiring.fixing import RecordCoverage, fixing_of, recording_of
from journeyman.wiring.knowing import IndexedCode
from journeyman.wiring.refining import Refining

if TYPE_CHECKING:
    from journeyman.domain.diagnoses import Diagnosis as LogDiagnosis
    from journeyman.domain.intents import Asked, Intent
    from journeyman.lookup import Refine


def read_log(stream: BinaryIO) -> tuple[LogDiagnosis, ...]:
    """Return what a log tells of failures. Its patterns cost 0.1 s: they are imported where a log is read."""
    from journeyman.repair.diagnosis import diagnose_log

    return diagnose_log(stream)


@dataclass(frozen=True)
class DefaultWorker:
    """What the settings say of a worker: its engine, and how many runs or steps it has at once."""

    engine: str
    at_once: int


@dataclass(frozen=True)
class House:
    """What an entrance may use. `workers` makes the worker of an engine: how much at once, and how to tell of it."""

    home: Path
    submitting: Submitting
    carrying_out: CarryingOut
    fixing: Fixing
    record_coverage: RecordCoverage
    inquiring: Inquiring
    refining: Refining
    diagnose: Callable[[], Awaitable[tuple[Diagnosis, ...]]]
    workers: Mapping[str, Callable[[int, Callable[[str], None]], Worker]]
    default_worker: DefaultWorker
    settled: Callable[[], Awaitable[None]]
    """Waits until what is kept ready for the next runs is ready."""


@asynccontextmanager
async def open_house(config: Config | None = None, *, spares: int = 0) -> AsyncIterator[House]:
    """Open the house for this process and close it in good order. BadSettings if it is not set up right.

    `spares` is how many work trees and sandboxes a service keeps ready for the next runs.
    """
    config = config or load()
    database, secrets = store_of(config)
    async with AsyncExitStack() as closing:
        closing.push_async_callback(database.close)
        yield _house(config, database, secrets, closing, spares)


def store_of(config: Config) -> tuple[Database, tuple[SecretFile, KnownSecrets]]:
    """Return the database, which takes in no secret, and the secrets that are known."""
    kept = SecretFile(config.home / "secrets.json")
    known = KnownSecrets(config.secrets, kept)
    return Database(config.database_url, redacted=known.stored), (kept, known)


def _house(
    config: Config, database: Database, secrets: tuple[SecretFile, KnownSecrets], closing: AsyncExitStack, spares: int
) -> House:
    mcp = _mcp_tools(config)
    closing.push_async_callback(mcp.close)
    desk = desk_of(config, database, secrets, mcp)
    closing.push_async_callback(desk.models.close)
    sites = Sites(desk, spares)
    closing.push_async_callback(sites.close_all)
    channels = _channels(config)
    for channel in channels:
        closing.push_async_callback(channel.close)
    journal = StoredJournal(database, now)
    dispatcher = Dispatcher(desk.outbox, channels, now, partial(journal.lease, SENDING))
    steps = steps_of(desk, sites)
    to_temporal = partial(_to_temporal, config, database.redacted)
    engines: dict[str, Callable[[], Engine]] = {
        "embedded": lambda: JournalEngine(journal, deliver_change, steps, clock=now, new_id=new_id),
        "temporal": partial(_temporal_engine, to_temporal, desk, journal),
    }
    carrying_out = CarryingOut(
        runs=desk.runs,
        mailbox=desk.mailbox,
        audit=desk.audit,
        engine=ChosenEngine(partial(_engine_of, desk), engines),
        equipping=Equipping(desk.secrets, config.github_token),
        check_model=partial(_check_models, config, desk),
        deliver=dispatcher.dispatch,
        clock=now,
    )
    submitting = _submitting(config, desk)
    return House(
        home=config.home,
        submitting=submitting,
        fixing=fixing_of(config, desk, submitting, partial(_check_models, config, desk)),
        record_coverage=recording_of(config, desk),
        carrying_out=carrying_out,
        workers={
            "embedded": lambda at_once, say: Taking(desk.runs, carrying_out, sites.close, at_once, say),
            "temporal": partial(_temporal_worker, to_temporal, desk, carrying_out, journal, steps, sites),
        },
        default_worker=DefaultWorker(config.engine, config.settings.worker.at_once),
        inquiring=Inquiring(desk.runs, desk.activities, desk.exchanges, desk.audit, partial(_diff, desk, sites)),
        refining=_refining(config, desk),
        diagnose=partial(_diagnose, config, desk, Books(database)),
        settled=sites.spares.settled,
    )


async def _engine_of(desk: Desk, run_id: str) -> str:
    return (await desk.runs.get(run_id)).engine


def _temporal_engine(to_temporal: ToTemporal, desk: Desk, journal: StoredJournal) -> Engine:
    connect, task_queue = to_temporal()
    from journeyman.engines.temporal.engine import TemporalEngine

    async def tell(run_id: str, words: str) -> None:
        await desk.note(await desk.runs.get(run_id), words)

    return TemporalEngine(connect, task_queue, journal, tell=tell)


def _temporal_worker(
    to_temporal: ToTemporal,
    desk: Desk,
    carrying_out: CarryingOut,
    journal: StoredJournal,
    steps: Steps,
    sites: Sites,
    at_once: int,
    say: Callable[[str], None],
) -> Worker:
    connect, task_queue = to_temporal()
    from journeyman.engines.temporal.activities import StepActivities
    from journeyman.engines.temporal.worker import TemporalWorker

    async def admit(run_id: str) -> None:
        carrying_out.equipping.equip(await desk.runs.get(run_id))

    activities = StepActivities(journal, steps, sites.close, admit=admit)
    worker = TemporalWorker(connect, task_queue, activities, at_once=at_once)
    return Serving(desk.runs, carrying_out, worker.work)


ToTemporal = Callable[[], tuple[Callable[[], Awaitable[Any]], str]]


def _to_temporal(config: Config, redacted: Callable[[str], str]) -> tuple[Callable[[], Awaitable[Any]], str]:
    """Return how to connect to Temporal, and the task queue.

    Its package costs 1.6 s: it is imported where it is used.
    """
    try:
        from journeyman.engines.temporal.address import Address
    except ModuleNotFoundError as error:
        raise BadSettings("Temporal needs the package temporalio", "pip install 'journeyman[temporal]'") from error
    return Address(config.temporal.host, config.temporal.namespace, redacted).connect, config.temporal.task_queue


def desk_of(
    config: Config,
    database: Database,
    secrets: tuple[SecretFile, KnownSecrets],
    mcp: McpTools,
    clock: Callable[[], datetime] | None = None,
) -> Desk:
    """Return what the steps of this process use. `clock`: another one than the time of day."""
    clock = clock or now
    kept, known = secrets
    exchanges = Conversations(database, clock, new_id, config.settings.limits)
    models = _models(config, exchanges, known.of)
    sandboxes = _sandboxes(config)
    return Desk(
        runs=StoredRuns(database),
        activities=StoredActivities(database),
        mailbox=StoredMailbox(database),
        outbox=StoredOutbox(database),
        audit=StoredAudit(database, clock),
        tool_ledger=StoredToolCalls(database),
        commands=StoredCommands(database),
        remembered=StoredRemembered(database),
        memory=memory_of(config, database, clock),
        secrets=kept,
        snapshots=StoredSnapshots(database) if config.database_is_shared else None,
        repositories=_repositories(config),
        sandboxes=sandboxes,
        environments=environments_of(config, sandboxes),
        checks=RepositoryChecks(),
        readers=ReadersAtNeed(),
        gate=GateAtNeed(),
        mender=MenderAtNeed(),
        localiser=LocaliserAtNeed(),
        knowing=IndexedCode(config.home / "index", config.search_path, config.settings.embedder),
        impacted=IndexedImpact(config.home / "index"),
        models=models,
        exchanges=exchanges,
        forge=PlainRemote(),
        clock=clock,
        choice=partial(_choice, config),
        redactor=known.of,
        refusal=_refusal(config),
        further_tools=mcp.opened,
        surroundings=partial(_surroundings, config, models),
        author=Author(config.settings.author.name, config.settings.author.email),
    )


def _sandboxes(config: Config) -> Sandboxes:
    """Return the back end that the settings name, with their limits."""
    asked, state = config.settings.sandbox, config.home / "sandboxes"
    sizes = {"memory": asked.memory_mb, "growth": asked.disk_mb}
    counts = {"processes": asked.processes, "cpus": asked.cpus, "entries": asked.files}
    limits = {name: megabytes * 1024**2 for name, megabytes in sizes.items() if megabytes} | {
        name: count for name, count in counts.items() if count
    }
    if asked.backend == "bubblewrap":
        return Bubblewrap(state, config.search_path, replace(SandboxLimits(), **limits))
    from journeyman.sandbox.docker import ADDRESS, IMAGE, LIMITS, Docker

    return Docker(
        state,
        asked.image or IMAGE,
        address=config.docker_host or ADDRESS,
        runtime=asked.runtime,
        limits=replace(LIMITS, **limits),
    )


def _refusal(config: Config) -> Callable[[str], str | None]:
    """Return the policy for commands, with what the settings change of it."""
    asked = config.settings.commands
    return partial(refusal, policy=STANDARD.changed(asked.allow, asked.refuse))


def _environments_folder(config: Config) -> str:
    """Return the folder's name of installed environments: what was installed in an image fits only that."""
    asked = config.settings.sandbox
    return "environments" if asked.backend == "bubblewrap" else f"environments-{crc32(asked.image.encode()):08x}"


def environments_of(config: Config, sandboxes: Sandboxes) -> EnvironmentCache:
    """Return the environments that are kept in a home."""
    settings = config.settings.sandbox
    return EnvironmentCache(
        sandboxes,
        config.home / _environments_folder(config),
        home=config.user_home,
        variables=config.package_clients,
        reach=Reach(settings.install_hosts, tuple(map(Path, settings.install_folders))),
        keep=Keep(settings.keep_days, settings.keep_gb),
        look=None if isinstance(sandboxes, Bubblewrap) else partial(of_image, sandboxes, config.search_path),
    )


def _models(config: Config, exchanges: Conversations, redactor: Callable[[str], Redactor]) -> LedgeredModels:
    prices = {name: Price(*msgspec.structs.astuple(price)) for name, price in config.settings.prices.items()}
    providers = Providers(
        keys=config.keys,
        addresses=config.addresses,
        prices=prices,
        windows=config.settings.windows,
        price_cache=config.home / "prices.json",
    )
    return LedgeredModels(providers, exchanges, redactor, now, random.random)


def _mcp_tools(config: Config) -> McpTools:
    servers = config.settings.mcp_servers.items()
    addresses = [McpAddress(name, server.command, server.url) for name, server in servers]
    return McpTools(addresses, {"PATH": config.search_path, "HOME": str(config.user_home)})


def _channels(config: Config) -> tuple[Channel, ...]:
    return (SignedWebhook(config.webhook_url, config.webhook_secret),) if config.webhook_url else ()


def _submitting(config: Config, desk: Desk) -> Submitting:
    return Submitting(
        runs=desk.runs,
        audit=desk.audit,
        secrets=desk.secrets,
        redactor=desk.redactor,
        probe=desk.repositories.probe,
        check_model=partial(_check_models, config, desk),
        check_sandbox=desk.sandboxes.missing,
        refusal=desk.refusal,
        clock=now,
        new_id=new_id,
        defaults=Defaults(
            model=config.model,
            budget_usd=config.run_limits.usd,
            github_token=config.github_token,
            budget_tokens=config.run_limits.tokens,
            engine=config.engine,
        ),
    )


def _refining(config: Config, desk: Desk) -> Refining:
    limits = Limits(config.run_limits.usd, budget_tokens=config.run_limits.tokens)
    return Refining(desk, partial(_check_models, config, desk), config.model, limits)


def refiner(model: str, budget_usd: float | None) -> Refine:
    """Return what has a model read tasks; "" is the model of the settings. The house is open meanwhile only."""

    async def refine(root: Path, task: str, read: Intent, likely: tuple[str, ...]) -> Asked:
        async with open_house() as house:
            return await house.refining.intent(root, task, read, likely, model, Limits(budget_usd))

    return refine


def _check_models(config: Config, desk: Desk, model: str, budget_usd: float | None) -> None:
    """Raise ModelRefused unless every model that a run of this model may ask can be asked under the budget."""
    if model == "none":
        return
    shared = config.settings.limits
    dollars = next((each for each in (budget_usd, shared.project.usd, shared.day.usd) if each is not None), None)
    names = [model, *config.settings.models.values(), *config.settings.fallbacks]
    for name in dict.fromkeys(names):
        desk.models.check(name, dollars)


def _repositories(config: Config) -> GitRepositories:
    return GitRepositories(
        config.home,
        known_hosts=config.known_hosts,
        owner=(SANDBOX_UID, SANDBOX_GID) if os.getuid() == 0 else None,
        search_path=config.search_path,
        passed_on=config.network,
    )


def _choice(config: Config, run: Run) -> Choice | None:
    """Return the models of each role: the role's own or the run's, then the fallbacks."""
    model = run.request.agent.model
    if model == "none":
        return None
    settings = config.settings
    first = {role: settings.models.get(role, model) for role in Role}
    rest = {role: tuple(name for name in settings.fallbacks if name != first[role]) for role in Role}
    return Choice({role: (first[role], *rest[role]) for role in Role})


def _surroundings(config: Config, models: LedgeredModels, run: Run) -> dict[str, Any]:
    """Return the versions and the settings that decide what a run does."""
    choice = _choice(config, run)
    asked = choice.models if choice else {}
    return {
        "journeyman": __version__,
        "python": platform.python_version(),
        "machine": f"{sys.platform}-{platform.machine()}",
        "author": msgspec.to_builtins(config.settings.author),
        "localise": config.settings.localise,
        "code_tokens": config.settings.code_tokens,
        "mend_first": config.settings.mend_first,
        "memory": config.settings.memory.show,
        "tests_first_seconds": config.settings.tests_first_seconds,
        "models": {role.value: list(names) for role, names in asked.items()},
        "windows": {name: models.window(name) for names in asked.values() for name in names},
    }


async def _diff(desk: Desk, sites: Sites, run: Run) -> str:
    """Return the change of a run, from its last snapshot."""
    facts = await desk.runs.facts(run.run_id)
    if facts.tree is None:
        return ""
    head = Head(run.base_branch, run.base_commit)
    workspace = await desk.repositories.glance(run.run_id, sites.repository(run), head)
    await SharedTrees(desk.snapshots, run.run_id, workspace).gather()
    change = await workspace.change(await workspace.base_tree(), facts.tree)
    return desk.redactor(run.run_id).text(change.diff)


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a fresh id that sorts by time."""
    return uuid7(now(), secrets.randbits(74))


async def _engine_diagnosis(config: Config) -> Diagnosis:
    if config.engine != "temporal":
        return Diagnosis("engine", True, "embedded")
    try:
        connect, task_queue = _to_temporal(config, str)
        from journeyman.engines.temporal.address import count_workers

        found = await count_workers(await connect(), task_queue)
    except JourneymanError as error:
        return Diagnosis("engine", False, error.line())
    words = f"Temporal at {config.temporal.host}, {found} workers on {task_queue}"
    return Diagnosis("engine", found > 0, words if found else f"{words}: start one with journeyman worker")


PROGRAMS = {
    "git": "install git (Debian: apt-get install git)",
    "node": "needed for Node projects only (Debian: apt-get install nodejs npm)",
    "go": "needed for Go projects only (Debian: apt-get install golang-go)",
    "cargo": "needed for Rust projects only (Debian: apt-get install cargo rustfmt)",
}


async def _diagnose(config: Config, desk: Desk, books: Books) -> tuple[Diagnosis, ...]:
    missing = desk.sandboxes.missing()
    found = [
        Diagnosis("platform", sys.platform == "linux", sys.platform),
        Diagnosis("sandbox", missing is None, missing or desk.sandboxes.describe()),
    ]
    for name, advice in PROGRAMS.items():
        place = shutil.which(name, path=config.search_path)
        found.append(Diagnosis(name, place is not None, place or advice, needed=name == "git"))
    outside = (await _database_diagnosis(desk), await _ledger_diagnosis(books), await _engine_diagnosis(config))
    return (*found, *outside, _model_diagnosis(config, desk))


async def _ledger_diagnosis(books: Books) -> Diagnosis:
    try:
        faults = await books.faults()
    except JourneymanError as error:
        return Diagnosis("ledger", False, error.line())
    words = f"totals that are not the sum of their calls: {'; '.join(faults[:3])}"
    return Diagnosis("ledger", not faults, words if faults else "every total is the sum of its calls")


async def _database_diagnosis(desk: Desk) -> Diagnosis:
    try:
        runs = await desk.runs.list(1)
    except JourneymanError as error:
        return Diagnosis("database", False, error.line())
    return Diagnosis("database", True, "reachable" if runs else "reachable, no runs yet")


def _model_diagnosis(config: Config, desk: Desk) -> Diagnosis:
    try:
        _check_models(config, desk, config.model, config.run_limits.usd)
    except JourneymanError as error:
        return Diagnosis("model", False, error.line())
    keys = ", ".join(sorted(config.keys)) or "none"
    return Diagnosis("model", True, f"{config.model} by default; keys: {keys}")

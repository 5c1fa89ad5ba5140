"""Take a task in: check it, look at the repository, record the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from journeyman.domain.errors import NoSandbox, RemoteOutage, RepositoryRefused
from journeyman.domain.redaction import Redactor
from journeyman.domain.request import (
    AgentChoice,
    Credentials,
    CredentialType,
    Limits,
    Repository,
    Request,
    RunOptions,
    Task,
)
from journeyman.domain.runs import Run
from journeyman.domain.states import State
from journeyman.intake.contract import CheckModel, CheckSandbox, Probe
from journeyman.intake.parsing import check_options, checked
from journeyman.store import Audit, Runs, SecretStore

Asked = TypeVar("Asked", AgentChoice, RunOptions, Task)


@dataclass(frozen=True)
class Defaults:
    """What holds where a request says nothing."""

    model: str = "none"
    budget_usd: float | None = None
    github_token: str = ""
    budget_tokens: int | None = None
    engine: str = "embedded"


@dataclass(frozen=True)
class Submitting:
    """Turns a request into a recorded run. Nothing is recorded of a request that cannot be carried out."""

    runs: Runs
    audit: Audit
    secrets: SecretStore
    redactor: Callable[[str], Redactor]
    probe: Probe
    check_model: CheckModel
    check_sandbox: CheckSandbox
    refusal: Callable[[str], str | None]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    defaults: Defaults

    async def submit(self, request: Request, options: RunOptions) -> Run:
        """Record a run and return it. WrongUse of every kind, each with what to do."""
        request, options = self._completed(checked(request), options)
        check_options(options, self.refusal)
        self.check_model(request.agent.model, options.limits.budget_usd)
        missing = self.check_sandbox()
        if missing:
            raise NoSandbox("commands cannot be isolated here", missing)
        try:
            head = await self.probe(request.repository)
        except RemoteOutage as error:
            # Nothing has begun yet: to the person who asks, an address without an answer is a wrong one.
            raise RepositoryRefused(error.message, error.advice) from error
        now, run_id = self.clock(), self.new_id()
        self.secrets.keep(run_id, request.repository.credentials)
        redactor = self.redactor(run_id)
        run = Run(
            run_id=run_id,
            request=_without_secrets(request, redactor),
            options=_bare(options, redactor),
            state=State.INIT,
            created_at=now,
            updated_at=now,
            base_branch=head.branch,
            base_commit=head.commit,
            engine=self.defaults.engine,
        )
        await self.runs.create(run)
        await self.audit.record("person", "submit", run.run_id, {"title": run.request.task.title})
        return run

    def _completed(self, request: Request, options: RunOptions) -> tuple[Request, RunOptions]:
        model = request.agent.model or self.defaults.model
        agent = AgentChoice(model, request.agent.instructions)
        repository = self._with_token(request.repository)
        limits = options.limits if model == "none" else self._limited(options.limits)
        completed = msgspec.structs.replace(request, agent=agent, repository=repository)
        return completed, msgspec.structs.replace(options, limits=limits)

    def _limited(self, limits: Limits) -> Limits:
        """Fill in the settings' limits where nothing was asked for."""
        usd = self.defaults.budget_usd if limits.budget_usd is None else limits.budget_usd
        tokens = self.defaults.budget_tokens if limits.budget_tokens is None else limits.budget_tokens
        return msgspec.structs.replace(limits, budget_usd=usd, budget_tokens=tokens)

    def _with_token(self, repository: Repository) -> Repository:
        """Use GITHUB_TOKEN for GitHub over https, where no other credentials are given."""
        if repository.credentials is not None:
            return repository
        return msgspec.structs.replace(repository, credentials=own_token(repository, self.defaults.github_token))


def own_token(repository: Repository, github_token: str) -> Credentials | None:
    """Return GITHUB_TOKEN as credentials where it is good for: GitHub over https."""
    if not github_token or not repository.remote_url.startswith("https://github.com/"):
        return None
    return Credentials(CredentialType.ACCESS_TOKEN, access_token=github_token)


def _without_secrets(request: Request, redactor: Redactor) -> Request:
    """Return the request as it is kept: of credentials the kind, and no secret in the words of the task."""
    credentials = request.repository.credentials
    kind = credentials.kind_alone() if credentials else None
    repository = msgspec.structs.replace(request.repository, credentials=kind)
    agent, task = _bare(request.agent, redactor), _bare(request.task, redactor)
    return msgspec.structs.replace(request, repository=repository, agent=agent, task=task)


def _bare(value: Asked, redactor: Redactor) -> Asked:
    return msgspec.convert(redactor.value(msgspec.to_builtins(value)), type(value))

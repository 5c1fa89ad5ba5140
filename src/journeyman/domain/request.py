"""What may be asked: the contract's request, and the options of one run."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Mode(StrEnum):
    """The kind of task; it chooses the prompts and the prefix of the branch."""

    FEATURE = "feature"
    BUGFIX = "bugfix"
    REFACTOR = "refactor"
    TESTS = "tests"
    DOCS = "docs"
    OPTIMIZE = "optimize"


BRANCH_PREFIX = {
    Mode.FEATURE: "feat",
    Mode.BUGFIX: "fix",
    Mode.REFACTOR: "refactor",
    Mode.TESTS: "test",
    Mode.DOCS: "docs",
    Mode.OPTIMIZE: "perf",
}


class CredentialType(StrEnum):
    """How the remote knows us."""

    USERNAME_PASSWORD = "username_password"
    KEY_CERT = "key_cert"
    ACCESS_TOKEN = "access_token"


class Approval(StrEnum):
    """When a person is asked before the commit."""

    NEVER = "never"
    RISKY = "risky"
    ALWAYS = "always"


class AgentChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which model, and what it is told besides the task.

    `model` is `provider:name` or `none`; empty means the default of the settings.
    """

    model: str = ""
    instructions: str | None = None


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A secret for the remote. Never printed: its representation shows the type alone."""

    credential_type: CredentialType
    username: str | None = None
    password: str | None = None
    private_key: str | None = None
    private_key_path: str | None = None
    key_password: str | None = None
    access_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.credential_type.value}, …)"

    def kind_alone(self) -> Credentials:
        """Return the same without anything secret: what a run needs, for a machine that was not given it."""
        return Credentials(self.credential_type)

    def secrets(self) -> tuple[str, ...]:
        """Return every value that must not be seen anywhere."""
        values = (self.password, self.private_key, self.key_password, self.access_token)
        return tuple(value for value in values if value)


class Repository(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the code is. `branch` is the base; empty means the remote's default branch."""

    remote_url: str
    branch: str = ""
    credentials: Credentials | None = None


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done."""

    description: str
    id: str = ""
    project_id: str = ""
    company_id: str = ""
    title: str = ""
    requirements: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    context: dict[str, Any] = {}


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contract's request."""

    repository: Repository
    task: Task
    agent: AgentChoice = AgentChoice()


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a run ends by itself. None means no limit of that kind.

    `budget_tokens` counts what goes in and what comes out. `accepted_overruns`: so many calls that used more than was
    reserved for them do not stop the run any more.
    """

    budget_usd: float | None = None
    max_turns: int = 100
    time_limit_seconds: float | None = None
    budget_tokens: int | None = None
    accepted_overruns: int = 0


class RunOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one run goes about the task."""

    mode: Mode = Mode.FEATURE
    validate: tuple[str, ...] = ()
    limits: Limits = Limits()
    approve: Approval = Approval.NEVER
    push: bool = True
    pull_request: bool = True

"""What thinking needs from outside, and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from journeyman.domain.conversation import Role, ToolCall, ToolResult


class Recorded(msgspec.Struct, frozen=True):
    """A tool call that finished, and the tree after it."""

    result: ToolResult
    tree: str


class Recorder(Protocol):
    """Remembers finished tool calls, and the tree as a value. Fitted by `steps` from the store and git."""

    async def finished(self, key: str) -> Recorded | None:
        """Return a call that finished before; None if it did not."""
        ...

    async def record(self, key: str, call: ToolCall, result: ToolResult, tree: str) -> Recorded:
        """Record a call that finished and return what is recorded: the talk goes on with that, as a resumed one."""
        ...

    async def snapshot(self) -> str:
        """Record the tree as it stands and return its hash."""
        ...

    async def restore(self, tree: str) -> None:
        """Make the work tree equal to a snapshot."""
        ...


class Brief(msgspec.Struct, frozen=True):
    """What an agent is told: all text is for a model.

    `instructions` come from the person who asked, `house_rules` from the repository's base branch (AGENTS.md and its
    like), `remembered` from the memory of the project. `failing` describes what the checks say, `suspects` where
    programs see the fault, `code` what the index finds for the task, `mended` what programs have mended already,
    `remarks` why earlier work was sent back.
    """

    mode: str
    title: str
    description: str
    requirements: tuple[str, ...] = ()
    instructions: str = ""
    house_rules: str = ""
    checks: tuple[str, ...] = ()
    failing: str = ""
    suspects: str = ""
    code: str = ""
    mended: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    remarks: str = ""
    context: str = ""
    remembered: str = ""


class Choice(msgspec.Struct, frozen=True):
    """The models of a run: for each role the names in the order to try."""

    models: dict[Role, tuple[str, ...]]

    def of(self, role: Role) -> tuple[str, ...]:
        """Return the models of a role."""
        return self.models[role]


class Progress(msgspec.Struct, frozen=True):
    """One thing an agent did, for the log. `tool` is empty for words."""

    message: str
    tool: str = ""
    origin: str = "own"
    ok: bool = True
    arguments: str = ""


class Ear(Protocol):
    """What a person says meanwhile."""

    async def heard(self, after: int) -> tuple[tuple[int, str], ...]:
        """Return what was said after a number, as (number, text). Cancelled if the run was cancelled."""
        ...


Tell = Callable[[Progress], Awaitable[None]]


class WorkEnded(msgspec.Struct, frozen=True):
    """How a coder's work ended: `stuck` names why it went nowhere; `words` are its last ones."""

    turns: int
    words: str
    tree: str
    stuck: str = ""


class Judged(msgspec.Struct, frozen=True):
    """What one requirement came to, with the evidence that the agent points to."""

    requirement: str
    met: bool
    evidence: str


class Opinion(msgspec.Struct, frozen=True):
    """What a tester or a reviewer thinks of a change. `issues` must be mended, `suggestions` may be."""

    judged: tuple[Judged, ...] = ()
    issues: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

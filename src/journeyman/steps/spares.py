"""Work trees and sandboxes made before anyone asks, for repositories that runs came for lately.

Only a service has them: it lives long enough for the next run. A spare is bound to a commit and to the environment it
was made for; what does not fit is not used.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from journeyman.domain.errors import JourneymanError
from journeyman.domain.request import Repository
from journeyman.git import Head
from journeyman.sandbox import Environment, Sandbox, SandboxSpec
from journeyman.steps.desk import Desk

PREFIX = "spare-"

LONGEST = timedelta(hours=1)
"""How long a spare waits: what it needs of environments may be cleared away after days."""


@dataclass(frozen=True)
class Spare:
    """A work tree at a commit and a sandbox around it; nothing has run there yet."""

    name: str
    url: str
    head: Head
    environment: Environment
    spec: SandboxSpec
    sandbox: Sandbox
    made_at: datetime


class Spares:
    """At most `most` of them, the newest first. With 0 there are none."""

    def __init__(self, desk: Desk, most: int) -> None:
        self._desk = desk
        self._most = most
        self._numbers = itertools.count(1)
        self._ready: list[Spare] = []
        self._work: set[asyncio.Task[None]] = set()

    async def take(self, run_id: str, url: str, head: Head) -> Spare | None:
        """Give a spare's work tree to a run that has none yet, and return the spare; None if none fits."""
        while self._ready and self._desk.clock() - self._ready[-1].made_at > LONGEST:
            await self._drop(self._ready.pop())
        for spare in self._ready:
            if (spare.url, spare.head) == (url, head):
                self._ready.remove(spare)
                if await self._desk.repositories.adopt(spare.name, run_id):
                    return spare
                self._ready.append(spare)  # the run has a work tree already
                break
        return None

    def stock(self, repository: Repository, head: Head, environment: Environment, spec: SandboxSpec) -> None:
        """Make a spare in the background, as a run's sandbox was made, unless there is one."""
        known = any((spare.url, spare.head) == (repository.remote_url, head) for spare in self._ready)
        if self._most and not known and not self._work:
            task = asyncio.ensure_future(self._made(repository, head, environment, spec))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def settled(self) -> None:
        """Wait until nothing is being made."""
        await asyncio.gather(*self._work)

    async def close(self) -> None:
        """End all of them, remove their trees, and make no more."""
        self._most = 0
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        while self._ready:
            await self._drop(self._ready.pop())

    async def _made(self, repository: Repository, head: Head, environment: Environment, spec: SandboxSpec) -> None:
        number = next(self._numbers)
        if number == 1:
            await self._desk.repositories.remove_abandoned(PREFIX)
        name = f"{PREFIX}{os.getpid()}-{number}"
        try:
            workspace = await self._desk.repositories.prepare(name, repository, head)
            spec = msgspec.structs.replace(spec, tree=workspace.tree)
            sandbox = await self._desk.sandboxes.open(spec)
        except BaseException as error:
            await self._desk.repositories.remove(name)
            if isinstance(error, JourneymanError):
                return  # nobody asked for it; the next run says what is wrong
            raise
        made = Spare(name, repository.remote_url, head, environment, spec, sandbox, self._desk.clock())
        self._ready.insert(0, made)
        while len(self._ready) > self._most:
            await self._drop(self._ready.pop())

    async def _drop(self, spare: Spare) -> None:
        await spare.sandbox.close()
        await self._desk.repositories.remove(spare.name)

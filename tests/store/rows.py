"""Things to store, and a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from journeyman.domain.request import AgentChoice, Limits, Repository, Request, RunOptions, Task
from journeyman.domain.runs import Run
from journeyman.domain.states import State

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


class Clock:
    """A clock that a test moves. Sleeping moves it too."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def jump(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def counted_ids(prefix: str = "id") -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


def a_run(
    run_id: str = "0193-aaaa",
    budget: float | None = None,
    at: datetime = START,
    tokens: int | None = None,
    project: str = "",
) -> Run:
    company, _, name = project.rpartition("/")
    task = Task("fix it", id="t1", company_id=company, project_id=name)
    return Run(
        run_id=run_id,
        request=Request(Repository("https://example.org/r.git", "main"), task, AgentChoice("none")),
        options=RunOptions(limits=Limits(budget_usd=budget, budget_tokens=tokens)),
        state=State.INIT,
        created_at=at,
        updated_at=at,
    )

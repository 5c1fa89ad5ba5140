"""Answers from a record: no provider is spoken to, but each request is made, to be compared with the recorded one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from journeyman.domain.exchanges import Answer
from journeyman.llm.contract import Question
from journeyman.llm.models import in_shape
from journeyman.llm.providers import DIALECTS
from journeyman.llm.scripted import Scripted
from journeyman.llm.settings import model_name

RequestOf = Callable[[str], str]
"""Returns the JSON that a model of a name would be sent now."""


class PlayedModels:
    """Fits `Models`. `answer` finds the recorded answer and judges the request; `windows` are recorded too."""

    def __init__(
        self, answer: Callable[[Question, RequestOf], Awaitable[Answer]], windows: Mapping[str, int]
    ) -> None:
        self._answer = answer
        self._windows = windows

    async def ask(self, question: Question) -> Answer:
        """Return the recorded answer, asked for again where it was then. ModelMisbehaved as it was then."""
        return await in_shape(question, self._played)

    def check(self, model: str, budget_usd: float | None) -> None:
        """Every model can be used: none is."""

    def expect(self, model: str) -> None:
        """The answers are there."""

    def window(self, model: str) -> int:
        """Return the tokens that the model could take in when the run was recorded."""
        return self._windows[model]

    async def close(self) -> None:
        """There is nothing to close."""

    async def _played(self, question: Question) -> Answer:
        return await self._answer(question, lambda model: request_of(question, model))


def request_of(question: Question, model: str) -> str:
    """Return the JSON that a model would be sent."""
    name = model_name(model)
    provider = Scripted() if name.provider == "scripted" else DIALECTS[name.provider]
    return msgspec.json.encode(provider.body(question, name.name)).decode()

"""What an agent needs from outside, in memory: a model that says what it is told to, a recorder, an ear, a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from journeyman.agents import Choice, Coder, Progress, Recorded, WorkEnded
from journeyman.agents.contract import Brief
from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolResult, ToolSpec, Usage
from journeyman.llm import Answer, Question
from journeyman.tools import Tool, ToolRefused, ToolSet

ANY = {"type": "object"}
CHOICE = Choice(dict.fromkeys(Role, ("local:small",)))
BRIEF = Brief("bugfix", "Mend add", "add(2, 3) gives -1")


class Died(Exception):
    """The process ends here."""


def says(text: str = "", *calls: tuple[str, Mapping[str, Any]]) -> ModelTurn:
    """Return what a model says, with calls as (tool, arguments)."""
    wishes = [ToolCall(f"id-{i}", name, msgspec.json.encode(given).decode()) for i, (name, given) in enumerate(calls)]
    return ModelTurn(text, tuple(wishes))


class PlannedModels:
    """Fits `Models`: says one thing after another; what was said under a key is said again, as recorded."""

    def __init__(self, *turns: ModelTurn | Answer | Exception, window: int = 100_000) -> None:
        self.turns: list[ModelTurn | Answer | Exception] = list(turns)
        self.asked: list[Question] = []
        self.answers: dict[str, Answer] = {}
        self._window = window

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if question.key in self.answers:
            return msgspec.structs.replace(self.answers[question.key], recorded=True)
        said = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(said, Exception):
            raise said
        answer = said if isinstance(said, Answer) else Answer(said, "local:small", Usage(1, 1))
        self.answers[question.key] = answer
        return answer

    def check(self, model: str, budget_usd: float | None) -> None:
        pass

    def expect(self, model: str) -> None:
        pass

    def window(self, model: str) -> int:
        return self._window

    async def close(self) -> None:
        pass


class Files:
    """A tree of files whose value is its text, the tools that change it, and the recorder that keeps both."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.records: dict[str, Recorded] = {}
        self.done: list[str] = []
        self.restored: list[str] = []
        self.looked_up: list[str] = []

    async def write(self, given: Mapping[str, Any]) -> str:
        self.done.append(f"write {given['path']}")
        if given.get("die"):
            self.files["half-written"] = "x"
            raise Died
        self.files[given["path"]] = given["content"]
        return f"wrote {given['path']}"

    async def read(self, given: Mapping[str, Any]) -> str:
        self.done.append(f"read {given['path']}")
        if given["path"] not in self.files:
            raise ToolRefused(f"no {given['path']}")
        return self.files[given["path"]]

    def toolbox(self) -> ToolSet:
        writing = Tool(ToolSpec("write", "", ANY), self.write, changes_files=True)
        return ToolSet([writing, Tool(ToolSpec("read", "", ANY), self.read)])

    async def finished(self, key: str) -> Recorded | None:
        self.looked_up.append(key)
        return self.records.get(key)

    async def record(self, key: str, call: ToolCall, result: ToolResult, tree: str) -> Recorded:
        assert key not in self.records
        self.records[key] = Recorded(result, tree)
        return self.records[key]

    async def snapshot(self) -> str:
        return msgspec.json.encode(self.files, order="sorted").decode()

    async def restore(self, tree: str) -> None:
        self.restored.append(tree)
        self.files = msgspec.json.decode(tree, type=dict[str, str])


class Person:
    """Fits `Ear`: says things when a turn of a number is about to be asked."""

    def __init__(self, models: PlannedModels, words: Mapping[int, Sequence[str]] = {}) -> None:
        self._models = models
        self._words = words
        self.said: list[tuple[int, str]] = []

    async def heard(self, after: int) -> tuple[tuple[int, str], ...]:
        for text in self._words.get(len(self._models.asked), ()):
            if text not in [known for _, known in self.said]:
                self.said.append((len(self.said) + 1, text))
        return tuple((number, text) for number, text in self.said if number > after)


class Desk:
    """All of it together, as one process after another has it: `work` starts or resumes."""

    def __init__(self, *turns: ModelTurn | Answer | Exception, window: int = 100_000) -> None:
        self.models = PlannedModels(*turns, window=window)
        self.files = Files()
        self.person = Person(self.models)
        self.told: list[Progress] = []

    def hears(self, words: Mapping[int, Sequence[str]]) -> None:
        self.person = Person(self.models, words)

    async def tell(self, progress: Progress) -> None:
        self.told.append(progress)

    async def work(self, turns: int = 20, brief: Brief = BRIEF, start: str = "{}") -> WorkEnded:
        coder = Coder(self.models, self.files.toolbox(), self.files, self.person, self.tell)
        return await coder.work("run", 1, brief, CHOICE, start, turns)

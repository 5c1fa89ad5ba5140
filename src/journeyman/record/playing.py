"""What stands in for the outside while a recorded run is replayed: each hands on what is recorded, and compares.

A step does its work again: requests are made, tools and commands run in the sandbox. What comes of it is compared
with the record, and the step goes on with the record, so that a time in an output changes nothing that follows.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from journeyman.domain.conversation import ToolResult
from journeyman.domain.exchanges import Answer
from journeyman.domain.runs import Activity, Word, WordKind
from journeyman.llm import Question
from journeyman.record.comparing import Comparison, RecordEnds
from journeyman.record.reading import Recording
from journeyman.record.writing import SNAPSHOT
from journeyman.store import ONLINE, TIMED, CommandRecord, KeptToolCall, ToolRecord
from journeyman.tools import OFFERED, Offered, Tool, ToolRefused

TOOL_KEY = re.compile(r"code/(\d+)/(\d+)/(\d+)$")
TURN_KEY = re.compile(r"code/(\d+)/(\d+)((?:#\d+)?)$")
LOOK_AHEAD = 50
"""Lines of the recorded log that may be left out at once: those of attempts that were resumed."""


class Lasting(Protocol):
    """What the replay needs of the log that it writes. Fitted by the store."""

    async def note(self, activity: Activity) -> None:
        """Add a line."""
        ...

    async def since(self, run_id: str, number: int = 0, limit: int = 500) -> tuple[Activity, ...]:
        """Return the lines of a run after a number, in order."""
        ...


class PlayedClock:
    """Stands at the time of the last recorded thing that was replayed."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start

    def __call__(self) -> datetime:
        """Return the time, UTC."""
        return self._now

    def seconds(self) -> float:
        """Return the seconds since the beginning of the record."""
        return (self._now - self._start) / timedelta(seconds=1)

    def at(self, moment: datetime | None) -> None:
        """Go on to a recorded time; never back."""
        if moment is not None and moment > self._now:
            self._now = moment


class PlayedAnswers:
    """The models' side: the request of today is compared with the recorded one, the answer is the recorded one."""

    def __init__(self, recording: Recording, comparison: Comparison, clock: PlayedClock) -> None:
        self._recording = recording
        self._comparison = comparison
        self._clock = clock

    async def answer(self, question: Question, request_of: Callable[[str], str]) -> Answer:
        """Return the recorded answer. RecordEnds if none came; Differs if the request is another one."""
        line = self._recording.answered(question.key)
        if line is None or line.answer is None:
            raise RecordEnds
        place = place_of_request(question.key)
        recorded = self._recording.request(line)
        self._comparison.same(
            "requests", place, f"the request to {line.model} differs", recorded, request_of(line.model)
        )
        self._clock.at(line.ended_at)
        if line.answer.turn.calls and TURN_KEY.match(question.key):
            self._recording.stop_before(f"{question.key.partition('#')[0]}/0")
        return line.answer


class PlayedTools:
    """The tool ledger: tools are used again, what people said and what MCP servers did is read from the record."""

    def __init__(self, recording: Recording, comparison: Comparison, clock: PlayedClock, trees: TreeJudge) -> None:
        self._recording = recording
        self._comparison = comparison
        self._clock = clock
        self._trees = trees
        self._ahead = sorted(filter(TOOL_KEY.match, recording.tools), key=_in_order, reverse=True)

    async def tool_record(self, run_id: str, key: str) -> ToolRecord | None:
        """Return nothing: everything is done again."""
        return None

    async def record_tool(
        self, run_id: str, key: str, arguments: str, record: ToolRecord, at: datetime
    ) -> ToolRecord:
        """Compare a tool call with the recorded one and return that. RecordEnds if it never ended.

        What people said is recorded in the same way; nobody says it again, so it is only read.
        """
        kept = self._recording.tools.get(key)
        if kept is None:
            if TOOL_KEY.match(key):
                raise RecordEnds
            return record
        if TOOL_KEY.match(key):
            await self._compare(kept, arguments, record)
            self._ahead.pop()
            self._stop_in_time(key)
        self._clock.at(kept.ended_at)
        return ToolRecord(kept.result, kept.tree)

    async def offered(self) -> tuple[Tool, ...]:
        """Return the tools of MCP servers as they were offered; a call gets its recorded result."""
        lists = [call for key, call in self._recording.tools.items() if key.endswith(f"/{OFFERED}")]
        if not lists:
            return ()
        tools = msgspec.json.decode(lists[0].result.content, type=tuple[Offered, ...])
        self._comparison.remark("tools of MCP servers are answered from the record")
        return tuple(Tool(tool.spec, self._recorded_result, tool.changes_files, tool.origin) for tool in tools)

    async def _recorded_result(self, given: Mapping[str, Any]) -> str:
        if not self._ahead:
            raise RecordEnds
        result = self._recording.tools[self._ahead[-1]].result
        if not result.ok:
            raise ToolRefused(result.content)
        return result.content

    def _stop_in_time(self, key: str) -> None:
        """Raise RecordEnds if the turn had another call, which never ended: it may be the one that took for ever."""
        turn, _, number = key.rpartition("/")
        answered = self._recording.answered(turn)
        if answered is not None and answered.answer is not None and int(number) + 1 < len(answered.answer.turn.calls):
            self._recording.stop_before(f"{turn}/{int(number) + 1}")

    async def _compare(self, kept: KeptToolCall, arguments: str, record: ToolRecord) -> None:
        place, compare = place_of_tool(kept.key, kept.result.name), self._comparison
        compare.same("tool calls", place, "the arguments differ", kept.arguments, arguments)
        recorded, now = told(kept.result), told(record.result)
        compare.alike("results", place, "the result differs", recorded, now)
        await self._trees.compare(place, kept.tree, record.tree)


class TreeJudge:
    """Compares trees. `differing` names the paths in which two differ."""

    def __init__(self, comparison: Comparison, differing: Callable[[str, str], Awaitable[tuple[str, ...]]]) -> None:
        self._comparison = comparison
        self._differing = differing

    async def compare(self, place: str, recorded: str, now: str) -> None:
        """Compare two trees by their hashes; Differs names the first paths."""
        self._comparison.counts["trees"] += 1
        if recorded == now:
            return
        paths = await self._differing(recorded, now)
        where = f" in {', '.join(paths[:3])}" if paths else ""
        self._comparison.differ(place, f"the tree differs{where}", recorded, now)


class PlayedCommands:
    """The commands of checks and of the mender: run again, compared, and read from the record.

    `unfinished` tells whether the step that is at work never ended in the record.
    """

    def __init__(
        self,
        recording: Recording,
        comparison: Comparison,
        clock: PlayedClock,
        trees: TreeJudge,
        unfinished: Callable[[], bool],
    ) -> None:
        self._recording = recording
        self._comparison = comparison
        self._clock = clock
        self._trees = trees
        self._unfinished = unfinished

    async def begin(self, run_id: str, step: str) -> None:
        """Go on if the record does. RecordEnds if the first command never ended."""
        self._stop_in_time(step, 0)

    async def ended(self, run_id: str, record: CommandRecord) -> CommandRecord:
        """Compare a command with the recorded one and return that. RecordEnds if it never ended."""
        kept = self._recording.commands.get((record.step, record.number))
        if kept is None:
            raise RecordEnds
        place = place_of_command(kept)
        self._comparison.alike("commands", place, "another command is run", kept.command, record.command)
        if kept.command == SNAPSHOT:
            await self._trees.compare(place, *(msgspec.json.decode(r.result, type=str) for r in (kept, record)))
        elif not kept.command.startswith((ONLINE, TIMED)):
            self._comparison.alike("results", place, "the result differs", lines_of(kept), lines_of(record))
        self._clock.at(kept.ended_at)
        self._stop_in_time(kept.step, kept.number + 1)
        return kept

    def _stop_in_time(self, step: str, number: int) -> None:
        """Raise RecordEnds before a command that never ended: it may be the one that took for ever."""
        known = (step, number) in self._recording.commands or self._recording.goes_on_after(self._clock())
        if self._unfinished() and not known:
            raise RecordEnds


class PlayedMailbox:
    """Nobody says anything new: what was heard is in the record, at the turn that heard it."""

    async def say(self, word: Word) -> None:
        """Not used in a replay."""

    async def words(self, run_id: str, kind: WordKind, after: int = 0) -> tuple[Word, ...]:
        """Return nothing."""
        return ()

    async def news(self, run_id: str, after: int) -> tuple[Word, ...]:
        """Return nothing."""
        return ()


class PlayedRemembered:
    """Knows the baseline that the run knew from an earlier one, and nothing else."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def recall(self, key: str) -> str | None:
        """Return the recorded baseline if the run did not make it itself."""
        made = any(step.startswith("understand/") for step, _ in self._recording.commands)
        baseline = self._recording.part.facts.baseline
        return None if made or baseline is None else msgspec.json.encode(baseline).decode()

    async def remember(self, key: str, text: str, at: datetime) -> None:
        """Keep nothing."""


class PlayedLog:
    """The log: each line gets the time of the recorded line that it repeats."""

    def __init__(self, recording: Recording, clock: PlayedClock, log: Lasting) -> None:
        self._lines = recording.log
        self._clock = clock
        self._log = log
        self._next = 0
        self.missing = 0
        self.skipped = 0

    async def note(self, activity: Activity) -> None:
        """Add a line, at its recorded time."""
        ahead = self._lines[self._next : self._next + LOOK_AHEAD]
        place = next((i for i, line in enumerate(ahead) if line.message == activity.message), None)
        if place is None:
            self.missing += 1
        else:
            self._clock.at(ahead[place].timestamp)
            self.skipped += place
            self._next += place + 1
            activity = msgspec.structs.replace(activity, timestamp=ahead[place].timestamp)
        await self._log.note(activity)

    async def since(self, run_id: str, number: int = 0, limit: int = 500) -> tuple[Activity, ...]:
        """Return the lines of a run after a number, in order."""
        return await self._log.since(run_id, number, limit)

    @property
    def identical(self) -> bool:
        """Whether the log is the recorded one, line by line, so far as it goes."""
        return not self.missing and not self.skipped


def _in_order(key: str) -> tuple[int, ...]:
    found = TOOL_KEY.match(key)
    return tuple(map(int, found.groups())) if found else ()


def told(result: ToolResult) -> str:
    """Return a tool's result as text to compare."""
    return f"{'ok' if result.ok else 'refused'}\n{result.content}"


def lines_of(record: CommandRecord) -> str:
    """Return a command's result as text to compare: field by field, how long it took left out."""
    value = msgspec.json.decode(record.result)
    if not isinstance(value, dict):
        code, output = value
        return f"exit code {code}\n{output}"
    fields = (f"{name}: {_shown(part)}" for name, part in sorted(value.items()) if name not in ("check", "seconds"))
    return "\n".join(fields)


def _shown(part: Any) -> str:
    if isinstance(part, list):
        return "\n".join(msgspec.json.encode(item, order="sorted").decode() for item in part)
    return str(part)


def place_of_request(key: str) -> str:
    """Return a request's place for a person."""
    found = TURN_KEY.match(key)
    if found is None:
        return f"request {key}"
    again = f", asked again {found[3]}" if found[3] else ""
    return f"round {found[1]}, turn {int(found[2]) + 1}{again}"


def place_of_tool(key: str, name: str) -> str:
    """Return a tool call's place for a person."""
    found = TOOL_KEY.match(key)
    if found is None:
        return f"{key}, {name}"
    return f"round {found[1]}, turn {int(found[2]) + 1}, call {int(found[3]) + 1}, {name}"


def place_of_command(record: CommandRecord) -> str:
    """Return a command's place for a person."""
    step, _, number = record.step.partition("/")
    shown = " ".join(record.command.split())
    shown = shown if len(shown) <= 100 else shown[:100] + "…"
    return f"step {step}, round {number}, command {record.number + 1}, `{shown}`"

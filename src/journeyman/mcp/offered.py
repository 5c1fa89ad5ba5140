"""The tools that are offered: what each takes, tells and does. They are named like the commands.

The memory's database takes long to import, so it is imported when it is first asked: clients wait for the start.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from journeyman.codebase import Filter, How
from journeyman.domain.errors import BadRequest
from journeyman.domain.failing import Failing
from journeyman.domain.intents import Asked, Intent
from journeyman.domain.patterns import Pattern, PatternType, Source, Standing
from journeyman.mcp import arguments as take
from journeyman.mcp.answers import answer
from journeyman.mcp.grounds import Grounds
from journeyman.mcp.sessions import note_context, read_context, session_at

Given = TypeVar("Given", bound=take.Asked)
Told = dict[str, Any]

SECONDS = 30.0
"""What a regular expression may take: some never end."""

_SEARCHES: set[asyncio.subprocess.Process] = set()
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
"""What neither a database nor a path takes: NUL, and halves of surrogate pairs."""

PROPOSED = 0.5
"""How sure it is what a program says."""


class Offered(msgspec.Struct, Generic[Given], frozen=True):
    """A tool. `changes`: whether a call leaves something behind that another one sees."""

    name: str
    told: str
    asked: type[Given]
    work: Callable[[Grounds, Given], Awaitable[Told]]
    changes: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        _, components = msgspec.json.schema_components([self.asked])
        return {key: value for key, value in components[self.asked.__name__].items() if key != "title"}

    async def use(self, grounds: Grounds, given: Mapping[str, Any]) -> Told:
        """Return the answer. BadRequest if what is given is not what it takes."""
        if any(map(_UNSENDABLE.search, _texts(given))):
            raise BadRequest(self.name, "a text holds NUL or half a character", "leave that out")
        try:
            asked = msgspec.convert(dict(given), self.asked)
        except msgspec.ValidationError as error:
            raise BadRequest(self.name, str(error), f"it takes {_fields(self.asked)}") from None
        return answer(await self.work(grounds, asked))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in (*value, *value.values()) if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _fields(asked: type[take.Asked]) -> str:
    fields = msgspec.structs.fields(asked)
    return ", ".join(f"{each.name}{'' if each.required else ' (may be left out)'}" for each in fields)


async def _index(grounds: Grounds, asked: take.Asked) -> Told:
    return _facts(await grounds.ask(asked.repo, lambda code, _: code.index()))


async def _search(grounds: Grounds, asked: take.Search) -> Told:
    if asked.how == "regex":
        return await _search_apart(await asyncio.to_thread(grounds.place, asked.repo), asked)
    how, chosen = How(asked.how), Filter(asked.language, asked.path, asked.kind)
    hits = await grounds.ask(
        asked.repo, lambda code, _: code.search(asked.query, how, chosen, asked.limit, asked.changed_since)
    )
    return {"hits": msgspec.to_builtins(hits)}


async def _search_apart(place: Path, asked: take.Search) -> Told:
    """Search in a process of its own: nothing else can end an expression that takes forever."""
    options = {name: getattr(asked, name) for name in ("language", "path", "kind", "changed_since")}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value]
    words += [f"--limit={asked.limit}", f"--repo={place}", "--regex", "--json", "--", asked.query]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "journeyman",
        "search",
        *words,
        stdout=pipe,
        stderr=pipe,
        stdin=asyncio.subprocess.DEVNULL,
    )
    # Should this process be killed meanwhile, that one ends by itself.
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (int(SECONDS) + 5, int(SECONDS) + 5))
    _SEARCHES.add(process)
    try:
        found, said = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise BadRequest("query", f"takes longer than {SECONDS:g} seconds", "search for something simpler") from None
    finally:
        _SEARCHES.discard(process)
        _kill(process)
    if process.returncode not in (0, 1) or not found:
        raise BadRequest("search", said.decode(errors="replace").strip().removeprefix("journeyman: ") or "it failed")
    return dict(msgspec.json.decode(found))


def end_searches() -> None:
    """End the processes that search."""
    for process in tuple(_SEARCHES):
        _kill(process)


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()


async def _locate(grounds: Grounds, asked: take.Locate) -> Told:
    at = await session_at(grounds, asked.repo, asked.session)
    found = await grounds.ask(asked.repo, lambda code, _: code.locate(asked.query, asked.limit, at))
    return {"located": msgspec.to_builtins(found)}


async def _context(grounds: Grounds, asked: take.Context) -> Told:
    at = await session_at(grounds, asked.repo, asked.session)
    pack = await grounds.ask(asked.repo, lambda code, _: code.pack(asked.task, asked.tokens, at))
    shown = ("part", "place", "line", "end_line", "reason")
    pieces = [{name: getattr(piece, name) for name in shown} for piece in pack.pieces]
    return {"tokens": pack.tokens, "budget": pack.budget, "text": pack.text, "pieces": pieces}


async def _intent(grounds: Grounds, asked: take.Intent) -> Told:
    read, likely = await grounds.ask(asked.repo, lambda code, _: code.read(asked.task))
    if not grounds.model:
        return _facts(read)
    # The index is free for others meanwhile: a model takes its time.
    answer = await asyncio.to_thread(_refined, grounds, asked, read, likely)
    return _facts(await grounds.ask(asked.repo, lambda code, _: code.refined(asked.task, read, answer)))


def _refined(grounds: Grounds, asked: take.Intent, read: Intent, likely: tuple[str, ...]) -> Asked:
    from journeyman.wiring import refiner

    root = grounds.root(asked.repo)

    async def ask() -> Asked:
        return await refiner(grounds.model, None)(root, asked.task, read, likely)

    return asyncio.run(ask())


async def _explain(grounds: Grounds, asked: take.At) -> Told:
    return _facts(await grounds.ask(asked.repo, lambda code, below: code.explain(asked.place, below)))


async def _related(grounds: Grounds, asked: take.Related) -> Told:
    found = await grounds.ask(asked.repo, lambda code, below: code.related(asked.place, asked.limit, below))
    return {"related": msgspec.to_builtins(found)}


async def _impact(grounds: Grounds, asked: take.Impact) -> Told:
    patch = asked.patch.encode(errors="replace") if asked.patch else None
    if patch and (asked.revision or asked.staged):
        raise BadRequest("patch", "cannot go together with a revision or with staged", "give one of them")
    return _facts(
        await grounds.ask(asked.repo, lambda code, _: code.impact(asked.revision, patch=patch, staged=asked.staged))
    )


async def _suggest(grounds: Grounds, asked: take.Suggest) -> Told:
    at = await session_at(grounds, asked.repo, asked.session)
    failing = await asyncio.to_thread(_failing, grounds, asked.repo)
    found = await grounds.ask(asked.repo, lambda code, _: code.suggest(asked.revision, at, failing))
    return {"suggestions": msgspec.to_builtins(found)}


def _failing(grounds: Grounds, repo: str) -> list[Failing]:
    """Return what the last run on a repository left failing; that is told only where all of it was opened."""
    from journeyman import recollection

    try:
        top = grounds.top(repo)
    except BadRequest:
        return []
    return recollection.failing_in_runs(top)


async def _recall(grounds: Grounds, asked: take.Recall) -> Told:
    from journeyman import recollection

    if asked.files:
        files = await grounds.remembered(
            asked.repo, lambda top: recollection.recall_files(top, asked.query, asked.limit)
        )
        return {"files": [{"path": path, "score": score} for path, score in files]}
    kinds = tuple(map(PatternType, asked.types))
    name, found = await grounds.remembered(
        asked.repo, lambda top: recollection.recall(top, "", asked.query, asked.limit, kinds)
    )
    patterns = [{**_pattern(each.pattern), "score": round(each.score, 4)} for each in found]
    return {"project": name, "patterns": patterns}


async def _memory_list(grounds: Grounds, asked: take.Listed) -> Told:
    from journeyman import recollection

    kinds, standing = tuple(map(PatternType, asked.types)), Standing(asked.standing) if asked.standing else None
    found = await grounds.remembered(
        asked.repo, lambda top: recollection.listed(top, "", kinds, standing, asked.limit)
    )
    return {"patterns": list(map(_pattern, found))}


async def _memory_show(grounds: Grounds, asked: take.Numbered) -> Told:
    from journeyman import recollection

    return _pattern(await grounds.remembered(asked.repo, lambda top: recollection.shown(asked.number, top)))


async def _memory_stats(grounds: Grounds, asked: take.Asked) -> Told:
    from journeyman import recollection

    return _facts(await grounds.remembered(asked.repo, lambda top: recollection.stats(top, "")))


async def _remember(grounds: Grounds, asked: take.Remember) -> Told:
    from journeyman import recollection

    text = asked.lesson.strip()
    if not text:
        raise BadRequest("lesson", "it says nothing", "say in words what is worth knowing")

    def lesson(project: str) -> Pattern:
        name = " ".join(text.split())[:200]
        return Pattern(
            PatternType.LESSON, name, project, Source.AGENT, snippet=text, file=asked.file, confidence=PROPOSED
        )

    kept = await grounds.remembered(asked.repo, lambda top: recollection.teach(top, "", lesson))
    advice = f"it is held until a person lets it in: journeyman memory pin {kept.number}"
    return {"pattern": _pattern(kept), "advice": advice}


def _facts(told: msgspec.Struct) -> Told:
    return dict(msgspec.to_builtins(told))


def _pattern(pattern: Pattern) -> Told:
    facts = _facts(pattern)
    del facts["words"]
    return {**facts, "success_rate": round(pattern.success_rate, 4)}


TOOLS: tuple[Offered[Any], ...] = (
    Offered(
        "search",
        "Search the code: words (the functions that are about them), a symbol's name, a text, a regular expression.",
        take.Search,
        _search,
    ),
    Offered("locate", "Rank the files and functions that an issue or a task is about.", take.Locate, _locate),
    Offered(
        "context",
        "Show what matters of the code for a task within a budget of tokens: a map, whole functions, their tests, "
        "how code is written here.",
        take.Context,
        _context,
    ),
    Offered(
        "explain",
        "Explain a file or a symbol: what it holds, who calls it, what it needs, its tests, who changed it and why.",
        take.At,
        _explain,
    ),
    Offered("related", "Find code that is like a place, by its structure and by its words.", take.Related, _related),
    Offered(
        "impact",
        "Tell what a change touches, how risky it is and which tests to run; by default the work tree's.",
        take.Impact,
        _impact,
    ),
    Offered(
        "suggest",
        "Tell what the change of the work tree leaves unfinished: what is known to fail, TODOs, callers not adapted, "
        "no tests or docs. Nothing is run.",
        take.Suggest,
        _suggest,
    ),
    Offered(
        "intent",
        "Read from a task's text the kind of work, what it names and where that is, and what it leaves open.",
        take.Intent,
        _intent,
    ),
    Offered(
        "recall", "Recall what was learnt of this project: fixes, lessons, commands, idioms.", take.Recall, _recall
    ),
    Offered(
        "remember",
        "Propose a lesson for this project's memory. It is recalled only once a person has let it in.",
        take.Remember,
        _remember,
        changes=True,
    ),
    Offered(
        "note_context",
        "Note what is worked on: the file, the cursor, the open files, the last edits. locate, context and suggest "
        "take it for likelier, for a day.",
        take.NoteContext,
        note_context,
        changes=True,
    ),
    Offered("read_context", "Tell what note_context was last told of a session.", take.ReadContext, read_context),
    Offered("memory_list", "List what is remembered of this project.", take.Listed, _memory_list),
    Offered("memory_show", "Show one remembered pattern with all that is known of it.", take.Numbered, _memory_show),
    Offered(
        "memory_stats",
        "Tell what the memory of this project holds and how well it served.",
        take.Asked,
        _memory_stats,
    ),
    Offered(
        "index",
        "Bring the index up to date now and report on it; every other tool does so by itself.",
        take.Asked,
        _index,
    ),
)

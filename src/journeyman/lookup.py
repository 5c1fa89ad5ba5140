"""Opens what only looks at code, without the rest of the house: that would take three times as long to import."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from journeyman.codebase import Explained, Filter, Hit, How, Impact, Like, Located, Report
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.trees import Tree, Unreadable
from journeyman.config import load
from journeyman.context import Pack
from journeyman.domain.changes import Side, Told
from journeyman.domain.coverage import Recorded
from journeyman.git.differences import WorkTreeDifferences
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

if TYPE_CHECKING:
    from journeyman.context.intent import Intent
    from journeyman.context.suggesting import Suggestion

Returned = TypeVar("Returned")

WORKERS = 2

MOST_CHANGES = 20
"""Commits that are told of a place."""
LOCATED = 60
"""Files, and functions, that a pack for a task is chosen from."""


def index_folder(root: Path) -> Report:
    """Index a folder, or bring its index up to date, after a look for damage."""
    return _with_index(root, lambda index: index.refresh(thorough=True))


def watch_folder(root: Path, tell: Callable[[Report | int], None]) -> None:
    """Index a folder and keep up with it until interrupted; `tell` hears the first report, then how many files."""

    async def work(index: CodeIndex) -> None:
        tell(await index.refresh(thorough=True))
        async for done in index.watch():
            tell(done)

    _with_index(root, work)


def search_folder(
    root: Path, query: str, how: How, filter: Filter, limit: int, *, changed_since: str = ""
) -> list[Hit]:
    """Return what a query finds in a folder as it is now. `changed_since`: only in files changed since a revision."""

    async def work(index: CodeIndex) -> list[Hit]:
        await index.refresh()
        chosen = filter
        if changed_since:
            chosen = replace(filter, changed=await index.changed_since(changed_since))
        return index.search(query, how, chosen, limit)

    return _with_index(root, work)


def locate_in_folder(root: Path, text: str, limit: int) -> list[Located]:
    """Return the files and functions of a folder that an issue is likely about, best first."""

    async def work(index: CodeIndex) -> list[Located]:
        await index.refresh()
        return await index.locate(text, limit)

    return _with_index(root, work)


def pack_for_task(root: Path, task: str, tokens: int) -> Pack:
    """Return what a model should see of a folder for a task, in at most so many tokens."""
    from journeyman.context.fitting import pack_code
    from journeyman.context.gathering import team_settings

    async def work(index: CodeIndex) -> Pack:
        await index.refresh()
        located, code = await index.locate(task, LOCATED), index.code()
        return pack_code(code, task, located, tokens, team_settings(code))

    return _with_index(root, work)


def intent_in_folder(root: Path, task: str) -> Intent:
    """Return what a task asks for, what it names looked up in a folder."""
    from journeyman.context.intent import understand_intent

    async def work(index: CodeIndex) -> Intent:
        await index.refresh()
        return understand_intent(task, index.code())

    return _with_index(root, work)


def suggest_in_folder(root: Path, revision: str) -> list[Suggestion]:
    """Return what the work tree's change since a revision leaves unfinished; "" is the last commit."""
    from journeyman.codebase.impact.lines import Lines
    from journeyman.context.suggesting import Touched, suggest_next_steps

    async def work(index: CodeIndex) -> list[Suggestion]:
        await index.refresh()
        change = [Lines(side) for side in await _sides(index.root, revision, False) if side.new is not None]
        touched = [Touched(each.path, frozenset(each.after), each.old or "") for each in change]
        return suggest_next_steps(index.code(), touched)

    return _with_index(top_of(root), work)


def top_of(place: Path) -> Path:
    """Return the folder of the repository that a place is in; the place itself if it is in none."""
    return asyncio.run(WorkTreeDifferences(Git(search_path=load().search_path)).top(place.resolve()))


def impact_in_folder(root: Path, diff: str, *, staged: bool = False, share: float | None = None) -> Impact:
    """Return what a change of a repository touches. `diff`: a patch's file, `-` for standard input, a revision or a
    range; empty for the work tree."""

    async def work(index: CodeIndex) -> Impact:
        await index.refresh()
        sides = await _sides(index.root, diff, staged)
        with closing(await index.coverage()) as coverage:
            return (await index.assessing(coverage)).impact(sides, share)

    return _with_index(top_of(root), work)


async def _sides(root: Path, diff: str, staged: bool) -> list[Side]:
    from journeyman.codebase.impact.patches import sides_of

    if diff == "-":
        return sides_of(sys.stdin.buffer.read(), lambda path: _content(root, path))
    if diff and Path(diff).is_file():
        return sides_of(Path(diff).read_bytes(), lambda path: _content(root, path))
    return await WorkTreeDifferences(Git(search_path=load().search_path)).sides(root, diff, staged=staged)


def _content(root: Path, path: str) -> bytes | None:
    try:
        with Tree(root) as tree:
            return tree.read(os.fsencode(path))
    except (Unreadable, OSError):
        return None


def explain_in_folder(place: Path, asked: str) -> Explained:
    """Return what is known of `PATH`, `PATH:LINE`, `PATH:NAME` or a name; paths are named from the place."""
    root = top_of(place)

    async def work(index: CodeIndex) -> Explained:
        await index.refresh()
        return await index.explain(asked, _below(root, place), told)

    async def told(path: str, first: int, last: int) -> list[Told]:
        from journeyman.codebase.impact.lines import Lines

        ask = WorkTreeDifferences(Git(search_path=load().search_path))
        dirty = [Lines(side) for side in await ask.sides_of(root, path)]
        if dirty and last:
            first, last = dirty[0].old_line(first), dirty[0].old_line(last)
        return await ask.told(root, path, first, last, MOST_CHANGES)

    return _with_index(root, work)


def related_in_folder(place: Path, asked: str, limit: int) -> list[Like]:
    """Return what is like `PATH`, `PATH:LINE`, `PATH:NAME` or a name, best first."""
    root = top_of(place)

    async def work(index: CodeIndex) -> list[Like]:
        await index.refresh()
        return await index.related(asked, _below(root, place), limit)

    return _with_index(root, work)


def _below(root: Path, place: Path) -> str:
    relative = os.path.relpath(place.resolve(), root)
    return "" if relative == "." else relative


def keep_recorded(root: Path, recorded: Recorded) -> None:
    """Keep what the tests of a folder were seen to run."""

    async def work(index: CodeIndex) -> None:
        await index.refresh()
        with closing(await index.coverage()) as coverage:
            coverage.keep(recorded)

    _with_index(root, work)


def _with_index(root: Path, work: Callable[[CodeIndex], Coroutine[Any, Any, Returned]]) -> Returned:
    config = load()
    trees = WorkTrees(Git(search_path=config.search_path))

    async def run() -> Returned:
        with closing(CodeIndex(config.home / "index", trees, root.resolve(), WORKERS)) as index:
            return await work(index)

    return asyncio.run(run())

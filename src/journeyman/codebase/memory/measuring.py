"""Measures what memory is worth on a repository's own history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Pasts, Trees
from journeyman.codebase.hindsight import Ask, Ranked, compared
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.memory.remembering import Memory
from journeyman.codebase.memory.suggesting import located_files, suggested


class Worth(msgspec.Struct, frozen=True):
    """The share, in percent, of the files to change that are among the first ten, on average over the questions."""

    project: str
    commits: int
    questions: int
    without: float
    with_memory: float
    better: int
    worse: int
    at: str
    """The commit up to which was learnt."""


async def measure(
    memory: Memory, pasts: Pasts, trees: Trees, root: Path, most: int, tell: Callable[[str], None]
) -> Worth:
    """Learn from the first commits of a repository into an empty memory, and ask it by the messages of the last."""
    project = str(root)

    async def learnt(index: CodeIndex, since: str) -> Ask:
        await memory.learn_past(project, root, since)
        await memory.learn_code(project, index.code())
        there = frozenset(index.code().paths())

        async def ask(message: str) -> tuple[Ranked, Ranked]:
            located = await located_files(index, message, there)
            return located, await suggested(memory, project, message, located, there)

        return ask

    found = await compared(pasts, trees, root, most, tell, learnt)
    shares = found.without, found.with_it
    return Worth(project, found.commits, found.questions, *shares, found.better, found.worse, found.at)

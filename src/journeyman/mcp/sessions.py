"""What an editor tells of itself, so that agents are shown the likelier code first."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from journeyman.domain.attention import CodeContext, Spot
from journeyman.domain.errors import BadRequest
from journeyman.mcp.arguments import NoteContext, ReadContext
from journeyman.mcp.grounds import Grounds


async def session_at(grounds: Grounds, repo: str, session: str) -> CodeContext | None:
    """Return what a session is at; None if nothing was noted of it lately."""

    def asked() -> CodeContext | None:
        from journeyman import recollection

        return recollection.session_at(grounds.root(repo), session)

    return await asyncio.to_thread(asked)


async def note_context(grounds: Grounds, asked: NoteContext) -> dict[str, Any]:
    """Note what a session is at. BadRequest for files that lie elsewhere."""

    def noted() -> CodeContext:
        from journeyman import recollection

        root = grounds.root(asked.repo)
        new = CodeContext(
            str(root),
            asked.session,
            _path(root, asked.file) if asked.file else "",
            asked.line,
            asked.column,
            tuple(_path(root, each) for each in asked.open_files if each),
            tuple(_spot(root, each) for each in asked.recent_edits if each),
        )
        if asked.forget:
            recollection.forget_session(root, asked.session)
        return recollection.note_session(new)

    return _told(await asyncio.to_thread(noted))


async def read_context(grounds: Grounds, asked: ReadContext) -> dict[str, Any]:
    """Tell what was noted of a session."""
    found = await session_at(grounds, asked.repo, asked.session)
    return _told(found) if found else {"session": asked.session}


def _told(context: CodeContext) -> dict[str, Any]:
    facts = msgspec.to_builtins(context)
    return {name: facts[name] for name in facts if name != "root"}


def _spot(root: Path, given: str) -> Spot:
    path, _, line = given.rpartition(":")
    if path and line.isdecimal() and len(line) < 9:
        return Spot(_path(root, path), int(line))
    return Spot(_path(root, given))


def _path(root: Path, given: str) -> str:
    """Return a path from the root. Nothing is looked up: the file may be gone, or not be written yet."""
    path = os.path.relpath(os.path.join(root, given), root) if "\0" not in given else ".."
    if path == os.curdir or path.split(os.sep)[0] == os.pardir:
        raise BadRequest("note_context", f"{given[:200]!r} does not lie in {root}", "name files of the repository")
    return path

"""What an editor tells of itself, so that agents are shown the likelier code first."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from journeyman.codebase import path_in, spot_in
from journeyman.domain.attention import CodeContext
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
            path_in(root, asked.file) if asked.file else "",
            asked.line,
            asked.column,
            tuple(path_in(root, each) for each in asked.open_files if each),
            tuple(spot_in(root, each) for each in asked.recent_edits if each),
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

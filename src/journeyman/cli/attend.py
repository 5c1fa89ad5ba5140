"""What an editor is at, for those that do not speak MCP: noted by a command, weighed by others with --session."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.folders import Repo

if TYPE_CHECKING:
    from journeyman.domain.attention import CodeContext

Session = Annotated[
    str, typer.Option("--session", metavar="NAME", help="What `session NAME` noted makes code likelier.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("session")(session)


def session(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Any name; the editor's MCP tools use `default`.")],
    at: Annotated[str, typer.Option("--at", metavar="FILE[:LINE[:COLUMN]]", help="Where the cursor is.")] = "",
    opened: Annotated[
        list[str] | None, typer.Option("--open", metavar="FILE", help="An open file; repeatable, all of them.")
    ] = None,
    edited: Annotated[
        list[str] | None, typer.Option("--edited", metavar="FILE[:LINE]", help="An edit; repeatable, newest first.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget what was noted before.")] = False,
    repo: Repo = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Note what an editor's session is at, for a day, and tell what is known of it."""
    from journeyman import recollection
    from journeyman.codebase import spot_in
    from journeyman.domain.attention import CodeContext
    from journeyman.lookup import top_of

    root, begin = top_of(repo), repo.resolve()
    if forget:
        recollection.forget_session(root, name)
    cursor, column = _cursor(at)
    spot = spot_in(root, os.path.join(begin, cursor)) if cursor else None
    new = CodeContext(
        str(root),
        name,
        spot.path if spot else "",
        spot.line if spot else 0,
        column,
        tuple(spot_in(root, os.path.join(begin, each)).path for each in opened or ()),
        tuple(spot_in(root, os.path.join(begin, each)) for each in edited or ()),
    )
    if at or opened or edited:
        _print(recollection.note_session(new), as_json)
    else:
        _print(recollection.session_at(root, name) or new, as_json)


def session_of(repo: Path, name: str) -> CodeContext | None:
    """Return what a session is at, its paths named from a folder; None without a name, or if nothing was noted."""
    if not name:
        return None
    from journeyman import recollection
    from journeyman.lookup import top_of

    root = top_of(repo)
    known = recollection.session_at(root, name)
    below = os.path.relpath(repo.resolve(), root)
    return known.seen_from("" if below == os.curdir else below) if known else None


def _cursor(at: str) -> tuple[str, int]:
    """Return FILE or FILE:LINE, and the column."""
    place, _, column = at.rpartition(":")
    path, _, line = place.rpartition(":")
    whole = path and line.isdecimal() and column.isdecimal() and len(column) < 9
    return (place, int(column)) if whole else (at, 0)


def _print(known: CodeContext, as_json: bool) -> None:
    if as_json:
        facts = msgspec.to_builtins(known)
        print(json.dumps({name: facts[name] for name in facts if name != "root"}))
        return
    at = ":".join([known.file, *(str(each) for each in (known.line, known.column) if each)])
    print(f"at {at}" if known.file else f"nothing is noted of {known.session}")
    for title, paths in (
        ("open", known.open_files),
        ("edited", [f"{each.path}:{each.line}" if each.line else each.path for each in known.recent_edits]),
    ):
        if paths:
            print(f"{title}: {', '.join(paths)}")

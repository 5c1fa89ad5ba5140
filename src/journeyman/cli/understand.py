"""Commands that explain a place in the code: explain, related."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.folders import Repo

if TYPE_CHECKING:
    from journeyman.codebase import Explained, Tie
    from journeyman.domain.changes import Told

Place = Annotated[str, typer.Argument(metavar="PATH[:NAME]", help="PATH, PATH:LINE, PATH:NAME, or a name alone.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

SHOWN = 12
"""Lines of each kind that are shown to a person; --json has all."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (explain, related):
        app.command(command.__name__)(command)


def explain(place: Place, repo: Repo = Path("."), as_json: Json = False) -> None:
    """Explain a place: what is there, who calls it, what it needs, its tests, who changed it and why."""
    from journeyman.lookup import looked_from_top

    found = looked_from_top(repo, lambda code, below: code.explain(place, below))
    print(json.dumps(msgspec.to_builtins(found)) if as_json else _text(found))


def related(
    place: Place,
    repo: Repo = Path("."),
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 10,
    as_json: Json = False,
) -> int:
    """Find code that is like a place, by its structure and by its words."""
    from journeyman.lookup import looked_from_top

    found = looked_from_top(repo, lambda code, below: code.related(place, limit, below))
    if as_json:
        print(json.dumps({"related": msgspec.to_builtins(found)}))
    for each in () if as_json else found:
        alike = f"structure {each.structure:.2f}, words {each.words:.2f}"
        print(f"{each.score:.2f}  {each.place}  line {each.line}, {alike}")
    if not found and not as_json:
        print("journeyman: nothing is like it", file=sys.stderr)
    return 0 if found else 1


def _text(found: Explained) -> str:
    symbol = found.symbol
    span = f"lines {symbol.line} to {symbol.end_line}"
    lines = [
        f"{symbol.place}  {symbol.kind.value} in {symbol.language or 'text'}, {span}, complexity {symbol.complexity}"
    ]
    lines += [f"  {text}" for text in (symbol.signature, symbol.doc) if text]
    lines += _part("holds", [f"{each.qualified}  {each.kind.value}, line {each.line}" for each in found.holds])
    for title, ties in (
        ("inherits from", found.bases),
        ("inherited by", found.subclasses),
        ("used by", found.callers),
        ("named by", found.mentions),
        ("needs", found.needs),
    ):
        lines += _part(title, [_tie(each) for each in ties])
    if found.recorded:
        lines += _part("tests that ran it", [each.place for each in found.tests])
    else:
        lines += _part("tests, by calls and imports", [_tie(each) for each in found.tests]) or [
            "tests: none is known"
        ]
    return "\n".join(lines + _history(found))


def _tie(tie: Tie) -> str:
    sure = "" if tie.confidence >= 0.9 else f"  ({tie.confidence:.2f})"
    return f"{tie.place}  line {tie.line}{sure}" if tie.line > 1 else f"{tie.place}{sure}"


def _history(found: Explained) -> list[str]:
    if not found.changes:
        return ["changed by: nobody yet, as far as git knows"]
    authors = ", ".join(f"{name} {count}" for name, count in found.authors.items())
    return [f"changed by: {authors}", *(f"  {_told(each)}" for each in found.changes[:SHOWN])]


def _told(change: Told) -> str:
    why = next((line.strip() for line in change.body.splitlines() if line.strip()), "")
    return f"{change.date}  {change.commit[:10]}  {change.author}: {change.subject}" + (
        f" ({why[:100]})" if why else ""
    )


def _part(title: str, found: list[str]) -> list[str]:
    if not found:
        return []
    more = [f"  and {len(found) - SHOWN} more (--json has all)"] if len(found) > SHOWN else []
    return [f"{title} ({len(found)}):", *(f"  {each}" for each in found[:SHOWN]), *more]

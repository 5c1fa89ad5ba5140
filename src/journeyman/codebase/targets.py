"""From what a person names to the symbol that is meant: `PATH`, `PATH:LINE`, `PATH:NAME`, or a name alone."""

from __future__ import annotations

from posixpath import join, normpath

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.viewing import Row, View
from journeyman.domain.errors import BadRequest

MOST_NAMED = 5


def target(view: View, asked: str, below: str = "") -> Symbol:
    """Return the symbol that is meant. `below` is the folder that paths are named from. BadRequest if there is none,
    or more than one."""
    if not asked.strip():
        raise BadRequest("FILE", "it names nothing", "give PATH, PATH:LINE or PATH:NAME")
    path, _, rest = asked.rpartition(":")
    for whole, name in ((asked, ""), (path, rest)):
        for folder in (below, ""):
            candidate = normpath(join(folder, whole)) if whole else ""
            content = view.contents.get(candidate)
            if content is not None:
                return _in_file(view, candidate, view.rows_of(content), name)
    if not path:
        return _by_name(view, asked)
    raise BadRequest("FILE", f"there is no file {path} in the index", "name a file of the repository that git knows")


def _in_file(view: View, path: str, rows: list[Row], name: str) -> Symbol:
    if not name:
        return view.symbol(rows[0], path)
    if name.isdecimal():
        around = [row for row in rows if row[4] <= int(name) <= row[5]]
        if not around:
            raise BadRequest("LINE", f"{path} has {rows[0][5]} lines", "name a line of it")
        return view.symbol(max(around, key=lambda row: (row[4], row[0])), path)
    found = [row for row in rows[1:] if view.qualified(row) == name] or [row for row in rows[1:] if row[1] == name]
    if not found:
        near = ", ".join(dict.fromkeys(row[1] for row in rows[1:] if name.lower() in row[1].lower()))
        raise BadRequest(
            "NAME", f"there is no {name} in {path}", f"one of {near}" if near else "name one of its symbols"
        )
    return view.symbol(found[0], path)


def _by_name(view: View, asked: str) -> Symbol:
    rows = [row for row in view.named(asked.rpartition(".")[2]) if row[0]]
    found = [view.symbol(row) for row in rows if view.qualified(row) == asked]
    found = found or [symbol for symbol in map(view.symbol, rows) if f".{symbol.qualified}".endswith(f".{asked}")]
    found = [symbol for symbol in found if symbol.kind not in (Kind.KEY, Kind.SECTION)] or found
    if not found:
        raise BadRequest("FILE", f"there is neither a file nor a symbol {asked}", "give PATH, PATH:LINE or PATH:NAME")
    if len(found) > 1:
        places = ", ".join(symbol.place for symbol in found[:MOST_NAMED])
        raise BadRequest("FILE", f"{asked} stands for {len(found)} symbols", f"name one of them: {places}")
    return found[0]

"""A package written into package.json among its neighbours; nothing else of the file changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

KINDS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_ENTRY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*"(?:[^"\\]|\\.)*"')
_INDENT = re.compile(r'^\{\s*?\n([ \t]+)"')


def table_of(text: str) -> dict[str, Any]:
    """Return the table that a package.json holds; an empty one if it holds none."""
    try:
        table = json.loads(text)
    except ValueError:
        return {}
    return table if isinstance(table, dict) else {}


def packages_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Return every package that a manifest asks for, with its version."""
    kinds = [table.get(kind) for kind in KINDS]
    return {name: str(wish) for kind in kinds if isinstance(kind, dict) for name, wish in kind.items()}


def wish(version: str, neighbours: Mapping[str, str]) -> str:
    """Return a version as the neighbours are written: with `^`, with `~`, or alone."""
    marks = [each[:1] for each in neighbours.values() if re.match(r"[\^~]?\d", each)]
    kinds = ["" if mark.isdigit() else mark for mark in marks]
    mark = max(kinds, key=kinds.count) if kinds else "^"
    return f"{mark}{version}"


def with_package(text: str, name: str, version: str, *, for_tests: bool) -> str | None:
    """Return a package.json that asks for a package more; None if it cannot be written without changing the rest."""
    table, kind = table_of(text), "devDependencies" if for_tests else "dependencies"
    wanted = wish(version, packages_of(table))
    there = table.get(kind)
    if there is not None and not isinstance(there, dict):
        return None
    made = _in_kind(text, kind, there, name, wanted) if there else _with_kind(text, kind, {name: wanted})
    return made if made and table_of(made) == {**table, kind: {**(there or {}), name: wanted}} else None


def _in_kind(text: str, kind: str, there: dict[str, str], name: str, wanted: str) -> str | None:
    """Return the text with an entry more in a list that has some: in its place, if they are sorted."""
    found = next(
        (at for at in re.finditer(rf'"{kind}"\s*:\s*\{{', text) if _object_at(text, at.end() - 1) == there), None
    )
    if found is None:
        return None
    entries = list(_ENTRY.finditer(text, found.end(), text.index("}", found.end())))
    names = [entry[1] for entry in entries]
    if not entries:
        return None
    between = text[found.end() : entries[0].start()]
    later = next((entry for entry in entries if entry[1] > name), None) if names == sorted(names) else None
    entry = f'"{name}": "{wanted}"'
    if later is not None:
        return f"{text[: later.start()]}{entry},{between}{text[later.start() :]}"
    end = entries[-1].end()
    return f"{text[:end]},{between}{entry}{text[end:]}"


def _object_at(text: str, at: int) -> object:
    try:
        return json.JSONDecoder().raw_decode(text, at)[0]
    except ValueError:
        return None


def _with_kind(text: str, kind: str, entries: dict[str, str]) -> str | None:
    """Return the text with a list of its own for a kind: before those for development, else at the end."""
    indent = found[1] if (found := _INDENT.match(text)) else "  "
    text = re.sub(rf',\s*"{kind}"\s*:\s*\{{\s*\}}|"{kind}"\s*:\s*\{{\s*\}}\s*,\s*', "", text, count=1)
    block = "".join(f'\n{indent}{indent}"{name}": "{version}"' for name, version in entries.items())
    words = f'"{kind}": {{{block}\n{indent}}}'
    development = re.search(rf'^{re.escape(indent)}"devDependencies"\s*:', text, re.M)
    if development and kind == "dependencies":
        at = development.start() + len(indent)
        return f"{text[:at]}{words},\n{indent}{text[at:]}"
    end = re.search(r"\s*\}\s*\Z", text)
    if end is None:
        return None
    comma = "" if text[: end.start()].rstrip().endswith("{") else ","
    return f"{text[: end.start()]}{comma}\n{indent}{words}\n}}{text[end.start() :].partition('}')[2]}"

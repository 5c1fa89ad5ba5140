"""Files of requirements that a client compiled from others: made again by the command that stands at their head."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from posixpath import dirname, join, normpath

import msgspec

from journeyman.repair.tree import SourceTree

COMPILING = re.compile(r"\b(?:uv pip compile|pip-compile)\b")
"""What a check calls that looks whether such a file is behind."""

_HEAD = re.compile(r"\A(?:#.*\n){0,8}?#[ \t]+((?:uv pip compile|pip-compile)\b.*)\n")
_FILE = re.compile(r"(?:^|/)[^/]*require[^/]*(?:/[^/]+)?\.txt$")
_SOURCE = re.compile(r"\.(?:in|txt|toml|cfg)$|(?:^|/)setup\.py$")
_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)", re.M)
_PIP_COMPILE = "$(command -v pip-compile || echo uv tool run -q --from pip-tools pip-compile)"
_SAME_HEAD = "CUSTOM_COMPILE_COMMAND"
"""What both clients write as the command at the head."""

_WRITES = ("-o", "--output-file")
_LOOSENS = re.compile(r"-[UP]$|--upgrade(?:-package)?$")
"""Asks for newer versions of what is pinned; the option with a value names one of them."""

_TAKE_VALUES = re.compile(
    r"-[ocpPfi]$|--(?:output-file|constraints?|python(?:-version|-platform)?|extra|index-url|extra-index-url|find-links"
    r"|upgrade-package|overrides?|group|resolver|no-emit-package)$"
)


class Compiled(msgspec.Struct, frozen=True):
    """A file that was made of others. `needs` is all that it follows from; `command`, run at the top, makes it."""

    path: str
    needs: frozenset[str]
    command: str


async def compiled(tree: SourceTree) -> list[Compiled]:
    """Return the compiled files of requirements of a tree, each after those that it follows from."""
    heads = {path: _HEAD.match(await tree.text(path) or "") for path in tree.paths if _FILE.search(path)}
    made = {path: _call(path, head[1], tree.paths) for path, head in heads.items() if head}
    named = {path: call[1] for path, call in made.items() if call is not None}
    needs = {path: await _needs(tree, sources, named) for path, sources in named.items()}
    found = [Compiled(path, needs[path], call[0]) for path, call in made.items() if call is not None]
    return sorted(found, key=lambda each: (len(each.needs), each.path))


def _call(path: str, head: str, paths: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the command that makes a file, from the top, and its sources; None if they are not there."""
    try:
        words = shlex.split(head)
    except ValueError:
        return None
    client = 3 if words[0] == "uv" else 1
    options, sources = _sorted_out(words[client:])
    for folder in dict.fromkeys(("", dirname(path))):
        placed = [normpath(join(folder, source)) for source in sources]
        if placed and all(place in paths for place in placed):
            target = path[len(folder) + 1 :] if folder else path
            program = f"UV_{_SAME_HEAD}=%s uv pip compile -q" if client == 3 else f"{_SAME_HEAD}=%s {_PIP_COMPILE} -q"
            command = f"{program % shlex.quote(head)} {shlex.join([*options, '-o', target, *sources])}"
            return (f"cd {shlex.quote(folder)} && {command}" if folder else command), placed
    return None


def _sorted_out(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options that stay, and the sources. The file is known; what is pinned stays pinned."""
    options: list[str] = []
    sources: list[str] = []
    given = iter(words)
    for word in given:
        value = [next(given, "")] if _TAKE_VALUES.match(word) else []
        name = word.partition("=")[0]
        if not word.startswith("-"):
            (sources if _SOURCE.search(word) else options).append(word)
        elif name not in _WRITES and not _LOOSENS.match(name):
            options += [word, *value]
    return options, sources


async def _needs(tree: SourceTree, sources: list[str], named: dict[str, list[str]]) -> frozenset[str]:
    """Return sources with all that they include, and what those were compiled from that are compiled themselves."""
    found: set[str] = set()
    due = list(sources)
    while due:
        path = due.pop()
        if path not in found:
            found.add(path)
            text = await tree.text(path) or "" if path.endswith((".in", ".txt")) else ""
            due += [normpath(join(dirname(path), other)) for other in _INCLUDED.findall(text)] + named.get(path, [])
    return frozenset(found)

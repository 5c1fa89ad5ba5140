"""The plain commands behind a check: what a script of package.json or a target of a Makefile comes down to."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatchcase
from posixpath import normpath

from journeyman.repair.tree import SourceTree

_DEPTH = 4
"""How far scripts that call scripts are followed."""

_TOKEN = re.compile(r"""('[^']*'|"(?:\\.|[^"\\])*"|\\.)|(&&|\|\||;|\n)|(.)""", re.S)
"""Something quoted, something between two commands, or a character of one."""

_SCRIPT = re.compile(
    r"(?:npm|pnpm|yarn|bun)(?: run(?:-script)?)?((?: -[\w=-]+)*) ([\w:.*-]+)(?: -[\w=-]+)*(?: --(?: .*)?)?"
)
_SEVERAL = re.compile(r"(?:run-s|run-p|npm-run-all2?)((?: [\w:.*-]+)+)")
_MAKE = re.compile(r"(?:make|\$\(MAKE\))(?: -[\w-]+)* ([\w.-]+)")
_VARIABLE = re.compile(r"^([A-Za-z_]\w*)\s*[:?]?=[ \t]*(.*)$", re.M)
_USED = re.compile(r"\$[({](\w+)[)}]")


async def commands_behind(command: str, tree: SourceTree, folder: str = "", depth: int = _DEPTH) -> list[str]:
    """Return the commands that do the work, in order, each to be run from the tree's root."""
    found: list[str] = []
    for part in _parts(command):
        if part.startswith("cd "):
            folder = normpath("/".join((folder or ".", part[3:].strip().strip("'\""))))
        elif (inner := await _called(part, tree, folder)) is None:
            found.append(_placed(part, folder))
        elif depth:
            for line in inner:
                found += await commands_behind(line, tree, folder, depth - 1)
    return found


def _parts(command: str) -> list[str]:
    """Return the commands of a line, those between `&&`, `||` and `;`."""
    tokens = _TOKEN.findall(command)
    text = "".join(quoted or plain or ("\0" if between else "") for quoted, between, plain in tokens)
    return [part.strip() for part in text.split("\0") if part.strip()]


def _placed(command: str, folder: str) -> str:
    return f"cd {shlex.quote(folder)} && {command}" if folder not in ("", ".") else command


async def _called(part: str, tree: SourceTree, folder: str) -> list[str] | None:
    """Return what a call of a script or a target runs; None if it is no such call."""
    if script := _SCRIPT.fullmatch(part):
        return await _scripts([script[2]], tree, folder)
    if several := _SEVERAL.match(part):
        return await _scripts(several[1].split(), tree, folder)
    if target := _MAKE.fullmatch(part):
        makefile = await tree.text(_below(folder, "Makefile")) or ""
        return _target(target[1], makefile, dict(_VARIABLE.findall(makefile)))
    return None


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder not in ("", ".") else name


async def _scripts(names: list[str], tree: SourceTree, folder: str) -> list[str]:
    """Return the bodies of scripts; `*` in a name stands for any. Their programs come from node_modules."""
    try:
        scripts = json.loads(await tree.text(_below(folder, "package.json")) or "{}").get("scripts", {})
    except (ValueError, AttributeError):
        return []
    known = scripts if isinstance(scripts, dict) else {}
    bodies = [str(body) for name in names for key, body in known.items() if fnmatchcase(key, name)]
    return [_with_own_programs(body) for body in bodies]


def _with_own_programs(body: str) -> str:
    """Return a script's body with each of its commands finding the programs of node_modules first."""
    own = [part if _is_call(part) else f"PATH=node_modules/.bin:$PATH {part}" for part in _parts(body)]
    return " && ".join(own)


def _is_call(part: str) -> bool:
    return part.startswith("cd ") or any(pattern.match(part) for pattern in (_SCRIPT, _SEVERAL, _MAKE))


def _target(name: str, makefile: str, variables: dict[str, str], depth: int = _DEPTH) -> list[str]:
    """Return what a target runs, that of its prerequisites first; lines that need make itself are left out."""
    rule = re.search(rf"^{re.escape(name)}[ \t]*:(?!=)([^#\n]*)(?:#[^\n]*)?\n((?:\t.*\n?)*)", makefile, re.M)
    if rule is None or not depth:
        return []
    first = [line for other in rule[1].split() for line in _target(other, makefile, variables, depth - 1)]
    recipe = rule[2].replace("\\\n\t", " ").splitlines()
    lines = [_USED.sub(lambda used: variables.get(used[1], used[0]), line.strip().lstrip("@-")) for line in recipe]
    return [*first, *(line for line in lines if "$" not in line.replace("$(MAKE)", ""))]

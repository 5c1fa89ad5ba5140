"""Names, properties and paths of JavaScript that are misspelt or forgotten, by what Node and linters say of them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from shlex import quote

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.missing_packages import BUILT_IN
from journeyman.repair.fixers.node_manifests import packages_of, table_of
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.fixers.script_paths import SCRIPT, led_to, meant, near, said_from, there
from journeyman.repair.names import close_to, likeness
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Splice, spliced

_NO_FILE = re.compile(
    r"""(?:Cannot find module|Unable to resolve path to module|Failed to resolve import|Can't resolve|"""
    r"""Could not resolve)\s+["'](?P<said>(?:\.{1,2}/|/)[^"'\n]*)["']"""
)
_RAISED = re.compile(
    r"(?:ReferenceError: (?P<name>[\w$]+) is not defined"
    r"|TypeError: \S*?\.(?P<property>[\w$]+) is not a function)"
)
_FRAME = re.compile(r"^\s*at (?:.*\()?(?:file://)?(?P<path>[^\s()]+?):(?P<line>\d+):\d+\)?\s*$")
_FRAMES = 30
"""Lines after an exception in which its frames stand."""

_LINTED = re.compile(r"^(?P<path>\S+):(?P<line>\d+): \S*no-undef '(?P<name>[\w$]+)' is not defined", re.M)
_WORD = re.compile(r"(?<![\w$])[A-Za-z_$][\w$]{2,}")
_OFFERED = """
const kinds = [Array, Buffer, Date, Error, Function, Map, Number, Object, Promise, RegExp, Set, String, JSON, Math];
const modules = process.argv.slice(1).map((name) => { try { return require(name); } catch { return {}; } });
const named = [...modules, ...kinds, ...kinds.map((kind) => kind.prototype || {})].map(Object.getOwnPropertyNames);
console.log(Object.getOwnPropertyNames(globalThis).join(' '));
console.log([...new Set(named.flat())].filter((name) => /^[A-Za-z]\\w+$/.test(name)).join(' '));
"""
"""What Node offers: names everywhere, and properties of its own kinds and of its modules."""

_SECONDS = 20.0
_ELSEWHERE = frozenset(
    re.findall(
        r"\S+",
        "$ afterAll afterEach after alert angular beforeAll beforeEach before context cy define describe document "
        "expect fetch importScripts it jest jQuery localStorage location navigator React self sessionStorage suite "
        "test vi window",
    )
)
"""Names that browsers, test runners and loaders bring: who lacks them lacks a setting, and has spelt them right."""

_REQUIRED = re.compile(
    r"""^(?P<word>var|let|const)\s+(?P<name>[\w$]+)\s*=\s*"""
    r"""require\((?P<quote>["'])(?P<said>[^"'\n]+)["']\)(?P<end>;?)""",
    re.M,
)
_IMPORTED = re.compile(
    r"""^import\s+(?P<name>[\w$]+)\s+from\s+(?P<quote>["'])(?P<said>[^"'\n]+)["'](?P<end>;?)""", re.M
)


class ScriptNames:
    """Spells what JavaScript does not find as the file, the repository and Node do, or requires what is forgotten."""

    name = "names of JavaScript"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        scripts = [path for path in case.tree.paths if SCRIPT.search(path)]
        if not scripts:
            return
        for said in dict.fromkeys(found["said"] for found in _NO_FILE.finditer(case.words())):
            for chosen in await standing_out(case, await _paths(case, said, scripts)):
                yield chosen
        for path, line, name, is_property in dict.fromkeys(_told(case)):
            text = await case.tree.text(path) or ""
            everywhere, properties = await _offered(case, text)
            ways = (
                _properties(path, text, line, name, properties)
                if is_property
                else _spellings(path, text, name, everywhere)
            )
            if not is_property:
                ways += await _requires(case, path, text, name, scripts)
            for chosen in await standing_out(case, sorted(ways, key=lambda rival: rival.cost)):
                yield chosen


async def _paths(case: Case, said: str, scripts: list[str]) -> list[Rival]:
    """Return ways to lead all files that follow a path to nowhere to a file that is there, likeliest first."""
    lost: dict[str, list[tuple[str, int, int]]] = {}
    for path in scripts:
        for words, start, end in near(await case.tree.text(path) or "") if not is_test_file(path) else ():
            place = led_to(path, words)
            named = words == said or said.endswith(f"/{place}")
            if named and not there(place, case.tree.paths):
                lost.setdefault(place, []).append((path, start, end))
    rivals = []
    offered = [
        path for path in case.tree.paths if not is_test_file(path) and (SCRIPT.search(path) or path.endswith(".json"))
    ]
    for place, uses in lost.items():
        for cost, other in meant(place, offered):
            splices: dict[str, list[Splice]] = {}
            for path, start, end in uses:
                splices.setdefault(path, []).append(Splice(start, end, said_from(path, other)))
            texts = {path: spliced(await case.tree.text(path) or "", edits) for path, edits in splices.items()}
            rivals.append(Rival(Proposal(f"lead {', '.join(texts)} to {other}, not {place}", texts), cost))
    return sorted(rivals, key=lambda rival: rival.cost)


def _told(case: Case) -> Iterator[tuple[str, int, str, bool]]:
    """Yield (path, line, name, whether it is a property) of what is not there, tests left out."""
    words = case.words()
    for found in _LINTED.finditer(words):
        path = case.tree.path_of(found["path"])
        if path and not is_test_file(path):
            yield path, int(found["line"]), found["name"], False
    lines = words.splitlines()
    for at, line in enumerate(lines):
        if raised := _RAISED.search(line):
            frames = (frame for below in lines[at + 1 : at + _FRAMES] if (frame := _FRAME.match(below)))
            places = ((case.tree.path_of(frame["path"]), int(frame["line"])) for frame in frames)
            path, number = next(((path, number) for path, number in places if path), ("", 0))
            if path and not is_test_file(path):
                yield path, number, raised["name"] or raised["property"], raised["property"] is not None


async def _offered(case: Case, text: str) -> tuple[set[str], set[str]]:
    """Return the names that Node has everywhere, and the properties of its kinds and of modules that a text uses."""
    modules = sorted(BUILT_IN & {found["said"].removeprefix("node:") for found in _said(text)})
    command = f"node -e {quote(_OFFERED)} {' '.join(modules)} 2>/dev/null"
    code, output = await case.tree.shell.run(command, _SECONDS)
    lines = output.splitlines()
    return (set(lines[0].split()), set(lines[1].split())) if code == 0 and len(lines) == 2 else (set(), set())


def _said(text: str) -> list[re.Match[str]]:
    return [*_REQUIRED.finditer(text), *_IMPORTED.finditer(text)]


def _properties(path: str, text: str, line: int, name: str, offered: set[str]) -> list[Rival]:
    """Return ways to spell a property on a line as Node or the file does."""
    lines = text.split("\n")
    wrong = re.compile(rf"\.{re.escape(name)}(?![\w$])")
    known = {word[1:] for word in re.findall(r"\.[\w$]{3,}", text)} | offered
    if not 1 <= line <= len(lines) or not wrong.search(lines[line - 1]):
        return []
    rivals = []
    for right in close_to(name, known):
        after = [*lines[: line - 1], wrong.sub(f".{right}", lines[line - 1]), *lines[line:]]
        proposal = Proposal(f"spell {name} as {right} in {path}:{line}", {path: "\n".join(after)})
        rivals.append(Rival(proposal, 0.3 + 2 * (1 - likeness(name, right))))
    return rivals


def _spellings(path: str, text: str, name: str, offered: set[str]) -> list[Rival]:
    """Return ways to spell a name as one that the file or Node has."""
    free = re.compile(rf"(?<![\w$.'\"/-]){re.escape(name)}(?![\w$'\"/-])")
    rivals = []
    for right in close_to(name, {*_WORD.findall(text), *offered}) if name not in _ELSEWHERE else ():
        proposal = Proposal(f"spell {name} as {right} in {path}", {path: free.sub(right, text)})
        rivals.append(Rival(proposal, 0.3 + 2 * (1 - likeness(name, right))))
    return rivals


async def _requires(case: Case, path: str, text: str, name: str, scripts: list[str]) -> list[Rival]:
    """Return ways to require or import a name, as others do or from where it stands."""
    rivals: dict[str, Rival] = {}
    async for cost, said in _homes(case, path, name, scripts):
        proposal = Proposal(f"require {said} in {path}", {path: _with_require(text, name, said)})
        rivals.setdefault(said, Rival(proposal, cost))
    return list(rivals.values())


async def _homes(case: Case, path: str, name: str, scripts: list[str]) -> AsyncIterator[tuple[float, str]]:
    """Yield what a file would require to have a name, with its doubt."""
    for other in scripts:
        text = await case.tree.text(other) or "" if other != path else ""
        for found in _said(text):
            if found["name"] == name:
                said = found["said"]
                yield 0.2, said_from(path, led_to(other, said)) if said.startswith(".") else said
    for other in scripts:
        if (
            re.sub(r"\.[cm]?[jt]sx?$", "", other).rpartition("/")[2] == name
            and not is_test_file(other)
            and other != path
        ):
            yield 0.3, said_from(path, re.sub(r"\.[cm]?[jt]sx?$", "", other))
    if name in BUILT_IN or name in packages_of(table_of(await case.tree.text("package.json") or "")):
        yield 0.3, name


def _with_require(text: str, name: str, said: str) -> str:
    """Return a text that requires, or imports, one thing more, in the manner of its neighbours."""
    required, imported = list(_REQUIRED.finditer(text)), list(_IMPORTED.finditer(text))
    if imported or re.search(r"^(?:import|export)\b", text, re.M):
        last = imported[-1] if imported else None
        mark, end = (last["quote"], last["end"]) if last else ("'", ";")
        at = last.end() if last else 0
        line = f"import {name} from {mark}{said}{mark}{end}"
        return f"{text[:at]}\n{line}{text[at:]}" if last else f"{line}\n{text}"
    last = required[-1] if required else None
    word, mark, end = (last["word"], last["quote"], last["end"]) if last else ("var", "'", ";")
    line = f"{word} {name} = require({mark}{said}{mark}){end}"
    if last:
        return f"{text[: last.end()]}\n{line}{text[last.end() :]}"
    strict = re.match(r"""(?:#!.*\n)?(?:\s*["']use strict["'];?[ \t]*\n)?""", text)
    at = strict.end() if strict else 0
    return f"{text[:at]}{line}\n{text[at:]}"

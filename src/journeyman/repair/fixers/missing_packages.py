"""What the words of a check say is missing of Node: packages, plugins and programs, and the files that want them."""

from __future__ import annotations

import json
import re

from journeyman.repair.fixers.contract import Case
from journeyman.repair.fixers.missing import Wanted
from journeyman.repair.fixers.script_paths import SCRIPT

_SAID = (
    re.compile(r"Cannot find module '(?P<name>[^'\n]+)'"),
    re.compile(r"Cannot find package '(?P<name>[^'\n]+)' imported from"),
    re.compile(r'Failed to resolve import "(?P<name>[^"\n]+)" from'),
    re.compile(r'Could not resolve "(?P<name>[^"\n]+)"'),
    re.compile(r"Can't resolve '(?P<name>[^'\n]+)' in"),
    re.compile(r"Unable to resolve path to module '(?P<name>[^'\n]+)'"),
    re.compile(r"'(?P<name>[^'\n]+)' should be listed in the project's dependencies"),
    re.compile(r'"(?P<name>[^"\n]+)" is (?:not found|extraneous)\b.*no-(?:missing|extraneous)'),
)
_NAMED = (
    re.compile(r"[Tt]ry `npm i(?:nstall)? --save-dev (?P<name>@types/[\w.-]+)`"),
    re.compile(r'ESLint couldn\'t find the plugin "(?P<name>[^"\n]+)"'),
)
"""Words that name a package which no file imports."""

_PROGRAM = re.compile(r"(?:line \d+|sh|bash): (?:\d+: )?(?P<name>[\w-]+): (?:command )?not found")
PROGRAMS = {
    "tsc": "typescript", "webpack": "webpack", "ava": "ava", "c8": "c8", "cross-env": "cross-env", "eslint": "eslint",
    "esbuild": "esbuild", "jasmine": "jasmine", "jest": "jest", "karma": "karma", "mocha": "mocha", "nyc": "nyc",
    "npm-run-all": "npm-run-all", "run-p": "npm-run-all", "run-s": "npm-run-all", "prettier": "prettier",
    "rimraf": "rimraf", "rollup": "rollup", "standard": "standard", "stylelint": "stylelint", "tap": "tap",
    "tape": "tape", "ts-node": "ts-node", "tsup": "tsup", "tsx": "tsx", "vite": "vite", "vitest": "vitest",
}  # fmt: skip
_OWN_NAME = re.compile(r"(?:@[a-z0-9][\w.~-]*/)?[a-zA-Z0-9][\w.~-]*")

BUILT_IN = frozenset(
    (
        "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
        "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module",
        "net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream",
        "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi",
        "worker_threads", "zlib",
    )
)  # fmt: skip
_IMPORTS = r"""(?:\brequire(?:\.resolve)?\s*\(|\bimport\s*\(|\bfrom|\bimport)\s*["']{}(?:/[^"']*)?["']"""


async def wanted(case: Case) -> list[Wanted]:
    """Return the packages that are missing, in the order of the words; what the repository itself offers is not."""
    words = case.words()
    told = [package_of(match["name"]) for pattern in _SAID for match in pattern.finditer(words)]
    found: list[Wanted] = []
    for name in dict.fromkeys(told):
        using = await importers(case, name) if name and not await _own(case, name) else ()
        if using:
            found.append(Wanted(name, name, using))
    named = [match["name"] for pattern in _NAMED for match in pattern.finditer(words)]
    programs = [match["name"] for match in _PROGRAM.finditer(words)]
    named += [PROGRAMS[name] for name in programs if name in PROGRAMS]
    return list(dict.fromkeys([*found, *(Wanted(distribution=name, tool=True) for name in named)]))


def package_of(specifier: str) -> str:
    """Return the package that a name in an import is of; "" for a path, an alias or a module of Node."""
    parts = specifier.split("/")
    name = "/".join(parts[: 2 if specifier.startswith("@") else 1])
    return name if _OWN_NAME.fullmatch(name) and name not in BUILT_IN else ""


async def _own(case: Case, name: str) -> bool:
    """Tell whether a name is of the repository: a package, a folder or file at its top, an alias of a setting."""
    top = name.split("/")[0]
    if any(re.match(rf"(?:src/)?{re.escape(top)}(?:/|\.[cm]?[jt]sx?$)", path) for path in case.tree.paths):
        return True
    alias = re.compile(rf"""["']{re.escape(top)}(?:/\*?)?["']\s*:""")
    for path in case.tree.paths:
        last = path.rpartition("/")[2]
        if last == "package.json" and _name_of(await case.tree.text(path) or "") == name:
            return True
        aliased = re.match(r"[jt]sconfig.*\.json$|(?:vite|vitest|webpack|jest|rollup)\.config\.", last)
        if aliased and alias.search(await case.tree.text(path) or ""):
            return True
    return False


def _name_of(manifest: str) -> str:
    try:
        table = json.loads(manifest)
    except ValueError:
        return ""
    return str(table.get("name", "")) if isinstance(table, dict) else ""


async def importers(case: Case, name: str) -> tuple[str, ...]:
    """Return the files of the repository that require or import a package."""
    pattern = re.compile(_IMPORTS.format(re.escape(name)))
    paths = [path for path in case.tree.paths if SCRIPT.search(path)]
    return tuple([path for path in paths if pattern.search(await case.tree.text(path) or "")])

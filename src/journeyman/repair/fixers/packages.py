"""A package of Node that is missing: into package.json, then the lock file after it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping
from shlex import quote
from typing import Any

import msgspec

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.distributions import npm_names, suspicious
from journeyman.repair.fixers.locks import lock_commands, relock
from journeyman.repair.fixers.manifests import home
from journeyman.repair.fixers.missing import Wanted
from journeyman.repair.fixers.missing_packages import wanted
from journeyman.repair.fixers.node_manifests import packages_of, table_of, with_package
from journeyman.repair.protected import is_test_file

MANIFEST = "package.json"
SECONDS = 60.0
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_OLDER_MAJORS = 2
"""How many older major versions are tried where a package can no longer be required as the code does."""

_SCRIPTS = ("preinstall", "install", "postinstall")
_NAMED_IN = re.compile(
    r"(?:^|/)(?:README[^/]*|CONTRIBUTING[^/]*|Dockerfile[^/]*|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml"
    r"|yarn\.lock|\.github/workflows/[^/]+|\.gitlab-ci\.yml)$"
)
_SETTINGS = re.compile(
    r"(?:^|/)(?:[^/]*\.config\.[cm]?[jt]s|\.[^/]*rc(?:\.[cm]?js)?|Gruntfile\.js|gulpfile\.[cm]?js)$"
)


class Offer(msgspec.Struct, frozen=True):
    """What the registry says of a package: its newest version, those that are old enough, whether it is a module of
    the new kind, whether installing it runs code of its own."""

    newest: str
    old: tuple[str, ...]
    module: bool
    runs: bool


class MissingPackages:
    """Declares what is required or imported and not installed. Of a name that few know it wants to be sure."""

    name = "missing package"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        if case.bench.online is None or not any(path.endswith(MANIFEST) for path in case.tree.paths):
            return
        for want in await wanted(case):
            folder = home(case.tree.paths, want.importers, (MANIFEST,))
            path = f"{folder}/{MANIFEST}" if folder else MANIFEST
            text = await case.tree.text(path) or ""
            commands = lock_commands(case.tree.paths, folder, MANIFEST)
            if want.distribution in packages_of(table_of(text)):
                if commands:
                    yield relock(commands, f"{want.distribution} is declared, but not locked")
                continue
            for version in await _versions(case, want) if table_of(text) else ():
                new = with_package(text, want.distribution, version, for_tests=_for_tests(want))
                if new:
                    summary = (
                        f"add {want.distribution} to {path} for {want.importers[0] if want.importers else 'a check'}"
                    )
                    yield Proposal(
                        f"{summary} ({version})", {path: new}, commands, online=bool(commands), rebuild=True
                    )


def _for_tests(want: Wanted) -> bool:
    return want.tool or all(is_test_file(path) or bool(_SETTINGS.search(path)) for path in want.importers)


async def _versions(case: Case, want: Wanted) -> list[str]:
    """Return the versions to try, the best first; none of a package whose name may not be trusted.

    Unknown names need a version that is a year old and runs no code when it is installed, unless the repository
    itself speaks of the package. An unknown scope may be a private one, whose name anybody can take elsewhere.
    """
    name, known = want.distribution, want.distribution in npm_names() or want.distribution.startswith("@types/")
    if not known and suspicious(name, npm_names()):
        return []
    sure = known or await _named_by_repository(case, name)
    offer = await _asked(case, name) if sure or not name.startswith("@") else None
    if offer is None or (not sure and (offer.runs or not offer.old)):
        return []
    newest = offer.newest if sure or offer.newest in offer.old else offer.old[0]
    older = _older_majors(newest, offer.old) if offer.module and await _required(case, want) else []
    return [newest, *older]


def _older_majors(newest: str, versions: tuple[str, ...]) -> list[str]:
    """Return the last version of each of the major ones before."""
    last: dict[int, str] = {}
    for version in versions:  # newest first
        last.setdefault(_rank(version)[0], version)
    return [version for major, version in last.items() if major < _rank(newest)[0]][:_OLDER_MAJORS]


async def _required(case: Case, want: Wanted) -> bool:
    pattern = re.compile(rf"""\brequire\s*\(\s*["']{re.escape(want.distribution)}[/"']""")
    return any([pattern.search(await case.tree.text(path) or "") for path in want.importers])


async def _asked(case: Case, name: str) -> Offer | None:
    """Return what the registry offers; None if it has no such package."""
    assert case.bench.online
    ask = f"date -u -d '-365 days' +%FT%T; npm view {quote(name)} dist-tags time type scripts --json 2>/dev/null"
    code, output = await case.bench.online(ask, min(SECONDS, case.seconds_left))
    date, _, answer = output.strip().partition("\n")
    try:
        told = json.loads(answer[answer.index("{") :])
    except ValueError:
        return None
    newest = str((told.get("dist-tags") or {}).get("latest"))
    if code or not _VERSION.fullmatch(newest):
        return None
    return Offer(newest, _old_enough(told, date), told.get("type") == "module", bool(_runs(told)))


def _old_enough(told: Mapping[str, Any], date: str) -> tuple[str, ...]:
    """Return the versions that came out before a date, newest first."""
    times = told.get("time") or {}
    old = [version for version, at in times.items() if _VERSION.fullmatch(version) and str(at) < date]
    return tuple(sorted(old, key=_rank, reverse=True))


def _rank(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(map(int, found.groups())) if found else (0,)


def _runs(told: Mapping[str, Any]) -> list[str]:
    scripts = told.get("scripts")
    return [name for name in _SCRIPTS if isinstance(scripts, dict) and name in scripts]


async def _named_by_repository(case: Case, name: str) -> bool:
    """Tell whether the repository itself speaks of installing a package, or has it in a lock."""
    said = re.escape(name)
    told = re.compile(
        rf"\b(?:npm|pnpm|yarn|bun) (?:i|install|add)\b[^\n]*\s{said}(?:@[\w.^~-]+)?(?![\w/-])"
        rf"""|"(?:node_modules/)?{said}": \{{|^\s*["'/]?{said}@""",
        re.M,
    )
    paths = [path for path in case.tree.paths if _NAMED_IN.search(path)]
    return any([told.search(await case.tree.text(path) or "") for path in paths])

"""A dependency that is missing: its distribution into the manifest, then the lock file after it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from shlex import quote

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.distributions import normal, provider, python_names, suspicious
from journeyman.repair.fixers.locks import commands_after, relock
from journeyman.repair.fixers.manifests import Addition, declared, home, with_dependency
from journeyman.repair.fixers.missing import Wanted, wanted

MARKS = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt")
NAMESPACES = frozenset({"google", "azure", "zope", "backports", "aws", "mpl_toolkits", "sphinxcontrib", "jaraco"})
"""Modules that many distributions share: their name alone tells nothing."""

SECONDS = 60.0
OLD_ENOUGH = "-365 days"
_ANSWER = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)", re.M)
_NAMED_IN = re.compile(
    r"(?:^|/)(?:README[^/]*|CONTRIBUTING[^/]*|Dockerfile[^/]*|tox\.ini|noxfile\.py|Makefile|environment\.ya?ml"
    r"|uv\.lock|poetry\.lock|\.github/workflows/[^/]+|\.gitlab-ci\.yml|\.pre-commit-config\.yaml)$"
)


class MissingDependencies:
    """Declares what is imported and not installed. Of `known` names, or of those that need more evidence."""

    def __init__(self, *, known: bool) -> None:
        self._known = known
        self.name = "missing dependency" if known else "missing dependency of little renown"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        if case.bench.online is None:
            return
        for want in await wanted(case):
            folder = home(case.tree.paths, want.importers, MARKS)
            name = want.distribution or provider(want.module) or ""
            if name and normal(name) in await declared(case.tree, folder):
                if self._known and (commands := await commands_after(case.tree, folder)):
                    yield relock(commands, f"{name} is declared, but not locked")
                continue
            addition = await self._addition(case, want, name)
            proposal = await _proposal(case, folder, addition, want) if addition else None
            if proposal:
                yield proposal

    async def _addition(self, case: Case, want: Wanted, name: str) -> Addition | None:
        """Return what to add, asked of the index; None if its name may not be trusted or the index has none."""
        known = bool(name) and normal(name) in python_names()
        if known is not self._known:
            return None
        if known:
            found = await resolved(case, name)
        else:
            name = name or want.module.split(".")[0]
            if name in NAMESPACES or suspicious(name, python_names()):
                return None
            found = await resolved(case, name, cautiously=not await _named_by_repository(case, name))
        return Addition(name, found, want.for_tests) if found else None


async def resolved(case: Case, name: str, *, cautiously: bool = False) -> str:
    """Return the version that the index offers; "" if it has none that fits.

    `cautiously`: none that is younger than a year, and none that would have to be built, which runs its code.
    """
    assert case.bench.online
    care = f' --only-binary :all: --exclude-newer "$(date -u -d "{OLD_ENOUGH}" +%F)"' if cautiously else ""
    ask = f"printf '%s\\n' {quote(name)} | uv pip compile -q --no-deps --no-header --no-annotate{care} -"
    code, output = await case.bench.online(ask, min(SECONDS, case.seconds_left))
    found = _ANSWER.search(output) if code == 0 else None
    return found[2] if found and normal(found[1]) == normal(name) else ""


async def _named_by_repository(case: Case, name: str) -> bool:
    """Tell whether the repository itself speaks of installing a distribution, or has it in a lock."""
    parts = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", name)))
    told = re.compile(
        rf'install\b[^\n]*[\s"\'`]{parts}(?![\w-])|^\s*-?\s*{parts}\s*(?:[=<>~!]=?|$)|^name = "{parts}"', re.I | re.M
    )
    paths = [path for path in case.tree.paths if _NAMED_IN.search(path)]
    return any([told.search(await case.tree.text(path) or "") for path in paths])


async def _proposal(case: Case, folder: str, addition: Addition, want: Wanted) -> Proposal | None:
    manifest = await with_dependency(case.tree, folder, addition)
    if manifest is None:
        return None
    commands = await commands_after(case.tree, folder, manifest.path)
    wanted_for = f"`import {want.module}`" if want.module else "a check"
    return Proposal(
        f"add {addition.name} to {manifest.path} for {wanted_for}",
        {manifest.path: manifest.text},
        commands,
        online=bool(commands),
        rebuild=True,
    )

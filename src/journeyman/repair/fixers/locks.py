"""A lock file that is behind its manifest: locked again by its own client, which keeps what still fits."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from shlex import quote

import msgspec

from journeyman.domain.diagnoses import Category
from journeyman.repair.fixers.behind import commands_behind
from journeyman.repair.fixers.compiled import COMPILING, compiled
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.tree import SourceTree


class Lock(msgspec.Struct, frozen=True):
    """A lock file's name, the manifest that it follows from, and how its client makes it again.

    `checks` are commands that look at it, `said` what its client says when it is behind, `gone` what it says when
    there is none. `made` is a file that comes with it, if only with some dependencies.
    """

    name: str
    manifest: str
    command: str
    checks: re.Pattern[str]
    said: re.Pattern[str]
    gone: re.Pattern[str] | None = None
    made: str = ""


POETRY = "poetry==2.*"
_NPM = "npm install --package-lock-only --ignore-scripts --no-audit --no-fund --no-progress"
_YARN = (
    'if grep -q "^__metadata:" yarn.lock; then '
    'export YARN_HTTP_PROXY="$http_proxy" YARN_HTTPS_PROXY="$https_proxy" YARN_ENABLE_IMMUTABLE_INSTALLS=false '
    'YARN_GLOBAL_FOLDER="${YARN_GLOBAL_FOLDER:-/env/cache/berry}" YARN_ENABLE_TELEMETRY=0; '
    '[ -z "$npm_config_registry" ] || export YARN_NPM_REGISTRY_SERVER="${npm_config_registry%/}"; '
    "yarn install --mode=update-lockfile; "
    "else rm -rf /tmp/locking && mkdir /tmp/locking && cp yarn.lock /tmp/locking && "
    "find . -name node_modules -prune -o "
    r"\( -name package.json -o -name .npmrc -o -name .yarnrc \) -exec cp --parents {} /tmp/locking \; && "
    "(cd /tmp/locking && yarn install --non-interactive --ignore-scripts --no-bin-links) && "
    "cp /tmp/locking/yarn.lock yarn.lock; fi"
)
"""The first yarn makes a lock only by installing, which is done elsewhere; of workspaces it needs all manifests."""

LOCKS = (
    Lock(
        "uv.lock",
        "pyproject.toml",
        "env -u UV_INDEX -u UV_FIND_LINKS -u UV_NO_INDEX uv lock -q || uv lock -q",
        re.compile(r"\buv (?:lock|sync|run|export)\b"),
        re.compile(r"lockfile at `?uv\.lock`? needs to be updated|uv\.lock.*(?:out of date|outdated|not up.to.date)"),
        gone=re.compile(r"Unable to find lockfile at `?uv\.lock"),
    ),
    Lock(
        "poetry.lock",
        "pyproject.toml",
        f"$(command -v poetry || echo uv tool run -q --from {POETRY} poetry) lock -n -q",
        re.compile(r"\bpoetry (?:lock|check|install)\b"),
        re.compile(
            r"poetry\.lock (?:is not up to date|was last generated|.*out.?of.?(?:date|sync))"
            r"|changed significantly since"
        ),
    ),
    Lock(
        "package-lock.json",
        "package.json",
        _NPM,
        re.compile(r"\bnpm (?:ci|clean-install|ls|install)\b"),
        re.compile(
            r"`npm ci` can only install|package-lock\.json.*(?:not in sync|out of (?:date|sync))"
            r"|npm (?:err!|error) (?:missing|invalid): |npm's lock file is behind",
            re.I,
        ),
        gone=re.compile(r"can only install with an existing package-lock\.json"),
    ),
    Lock(
        "npm-shrinkwrap.json",
        "package.json",
        _NPM,
        re.compile(r"\bnpm (?:ci|ls)\b"),
        re.compile(r"`npm ci` can only|npm's lock file is behind"),
    ),
    Lock(
        "pnpm-lock.yaml",
        "package.json",
        "pnpm install --lockfile-only --ignore-scripts",
        re.compile(r"\bpnpm (?:install|i)\b"),
        re.compile(r"ERR_PNPM_OUTDATED_LOCKFILE|pnpm's lock file is behind|pnpm-lock\.yaml is not up.to.date"),
    ),
    Lock(
        "yarn.lock",
        "package.json",
        _YARN,
        re.compile(r"\byarn (?:install|check)\b|\byarn --(?:frozen|immutable)"),
        re.compile(
            r"Your lockfile needs to be updated|YN0028|lockfile would have been modified"
            r"|(?:yarn|berry)'s lock file is behind"
        ),
    ),
    Lock(
        "go.mod",
        "go.mod",
        "go mod tidy",
        re.compile(r"\bgo (?:mod|build|vet|test|list)\b"),
        re.compile(
            r"go mod tidy|missing go\.sum entry|updates to go\.(?:mod|sum) needed|no required module provides"
            r"|is replaced but not required"
        ),
        made="go.sum",
    ),
    Lock(
        "Cargo.lock",
        "Cargo.toml",
        "cargo update -q --workspace",
        re.compile(r"\bcargo\b.*--(?:locked|frozen)\b"),
        re.compile(r"lock file .* needs to be updated|cannot update the lock file|Cargo\.lock.*out of date"),
    ),
)
_CHECKING = re.compile(
    r"--check\b|--locked\b|--frozen\b|--frozen-lockfile\b|--immutable\b|\bci\b|\bpoetry check\b|-diff\b|git diff"
)


class LockFiles:
    """Locks again what a check calls behind."""

    name = "lock file behind"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        words = case.words()
        command = case.outcome.check.command
        behind = " && ".join([command, *await commands_behind(command, case.tree)])
        told = any(each.category is Category.LOCK_FILE and each.confidence >= 50 for each in case.diagnoses)
        for lock in LOCKS:
            checked = lock.checks.search(behind) and (told or _CHECKING.search(behind))
            gone = lock.gone is not None and bool(lock.gone.search(words))
            if not (lock.said.search(words) or checked or gone):
                continue
            homes = _folders(case.tree.paths, lock.name)
            for folder in homes:
                again = relock((_placed(lock.command, folder),), f"{lock.name} is behind")
                more = (f"{folder}/{lock.made}".lstrip("/"),) if lock.made else ()
                yield msgspec.structs.replace(again, makes=more)
            if not homes and gone and lock.manifest in case.tree.paths:
                made = relock((lock.command,), f"{lock.name} is gone")
                yield msgspec.structs.replace(made, makes=(lock.name,))
        if COMPILING.search(behind) and (commands := [each.command for each in await compiled(case.tree)]):
            yield relock(tuple(commands), "compiled requirements are behind")


def relock(commands: tuple[str, ...], why: str) -> Proposal:
    """Return a proposal to lock again."""
    return Proposal(f"lock again: {why}", commands=commands, online=True, rebuild=True)


async def commands_after(tree: SourceTree, folder: str, manifest: str = "") -> tuple[str, ...]:
    """Return what makes anew the lock files of a Python project, and the requirements compiled from a manifest or, if
    none is named, from any."""
    again = [each.command for each in await compiled(tree) if not manifest or manifest in each.needs]
    return (*lock_commands(tree.paths, folder, "pyproject.toml"), *again)


def lock_commands(paths: Sequence[str], folder: str, manifest: str) -> tuple[str, ...]:
    """Return what makes the lock files anew that follow from a folder's manifest of a kind: beside it or above."""
    found = []
    for lock in LOCKS:
        homes = [place for place in _folders(paths, lock.name) if f"{folder}/".startswith(f"{place}/") or not place]
        if homes and lock.manifest == manifest:
            found.append(_placed(lock.command, max(homes, key=len)))
    return tuple(found)


def _folders(paths: Sequence[str], name: str) -> list[str]:
    return [path.rpartition("/")[0] for path in paths if path == name or path.endswith(f"/{name}")]


def _placed(command: str, folder: str) -> str:
    return f"cd {quote(folder)} && {{ {command}; }}" if folder else command

"""Node: node_modules from the lock file, made beside the tree and shown in it; pnpm and yarn come from the
registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shlex import quote
from typing import Any

from journeyman.sandbox.contract import LOCK_BEHIND, TREE
from journeyman.sandbox.ecosystems.plan import CACHE, Plan, Step, digests, text, walk
from journeyman.sandbox.ecosystems.toolchains import Toolchains, absent, shown

NAME = "node"
TARGET = "/env/node"
FOLDER = "node_modules"
CLIENTS = f"{TARGET}/.clients"
LOCKS = {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"}
SETTINGS = ("package.json", *LOCKS, "pnpm-workspace.yaml", ".pnpmfile.cjs", ".yarnrc.yml", ".yarnrc", ".nvmrc")
PARTS = re.compile(r"(?:^|/)package\.json$|^\.yarn/(?:releases|plugins|patches)/|^patches/")
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
VARIABLES = {
    "npm_config_update_notifier": "false",
    "npm_config_manage_package_manager_versions": "false",
    "npm_config_verify_deps_before_run": "false",
}
INSTALL_VARIABLES = {
    "npm_config_cache": f"{CACHE}/npm",
    "npm_config_store_dir": f"{CACHE}/pnpm",
    "YARN_CACHE_FOLDER": f"{CACHE}/yarn",
    "npm_config_fund": "false",
    "npm_config_audit": "false",
    "CI": "true",
}
BERRY = {"YARN_NODE_LINKER": "node-modules", "YARN_ENABLE_TELEMETRY": "0", "YARN_GLOBAL_FOLDER": "/tmp/yarn"}
"""What tells a yarn newer than 1 to make a node_modules like the others, whatever the repository is set to."""

BERRY_INSTALL = (
    'export YARN_HTTP_PROXY="$http_proxy" YARN_HTTPS_PROXY="$https_proxy" YARN_GLOBAL_FOLDER=' + CACHE + "/berry; "
    '[ -z "$npm_config_registry" ] || export YARN_NPM_REGISTRY_SERVER="${npm_config_registry%/}"; '
    '[ -z "$NODE_EXTRA_CA_CERTS" ] || export YARN_HTTPS_CA_FILE_PATH="$NODE_EXTRA_CA_CERTS"; '
)
"""It reads neither the usual variables nor npm's settings."""

OTHER_HOST = r's#^(  resolved ")https?://[^/"]+/((@[^/"]+/)?[^/"]+/-/)#\1'
CLASSIC_INSTALL = (
    f"[ -z \"$npm_config_registry\" ] || sed -i -E '{OTHER_HOST}'\"${{npm_config_registry%/}}/\"'\\2#' yarn.lock; "
)
"""Its lock file names the host that each package came from; the registry in force has the same, digests tell."""

REBUILD = "npm rebuild --no-progress"
INSTALLS = {
    "npm": f"npm ci --ignore-scripts --no-progress && {REBUILD}",
    "pnpm": "pnpm install --frozen-lockfile --ignore-scripts && pnpm rebuild",
    "yarn": f"{CLASSIC_INSTALL}yarn install --non-interactive --frozen-lockfile --ignore-scripts && {REBUILD}",
    "berry": f"{BERRY_INSTALL}yarn install --immutable --mode=skip-build && {REBUILD}",
    "": f"npm install --no-package-lock --ignore-scripts --no-progress && {REBUILD}",
}
"""Scripts of the project itself do not run here, where its sources are not; those of its dependencies do."""

LOOSE = {
    "npm": f"npm install --ignore-scripts --no-progress && {REBUILD}",
    "pnpm": "pnpm install --no-frozen-lockfile --ignore-scripts && pnpm rebuild",
    "yarn": f"{CLASSIC_INSTALL}yarn install --non-interactive --ignore-scripts && {REBUILD}",
    "berry": f"{BERRY_INSTALL}yarn install --no-immutable --mode=skip-build && {REBUILD}",
}
"""What stands instead where a lock file is behind, in the copy: the checks can run, and the mender locks again."""

RESULTS = f"[ ! -d {TARGET}/{FOLDER} ] || ln -sfn /tmp {TARGET}/{FOLDER}/.vite"
"""Vitest keeps the results of a run there, and before its version 3 it fails where nothing can be written."""

ASK = f"command -v npm > /dev/null || {{ echo {quote(absent(NAME, 'package.json', 'npm', 'npm'))}; false; }}"
"""Debian has node without npm."""

PACKAGES = {"berry": "@yarnpkg/cli-dist"}
PNPM_OF_LOCK = {"5": "7", "6": "8", "9": "10"}
BERRY_OF_LOCK = {"4": "3", "5": "3", "6": "3", "8": "4"}


def plan(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to make the tree's Node environment; None if there is no Node in it."""
    package = manifest(tree)
    if package is None:
        return None
    if toolchains.node is None:
        return Plan(NAME, notes=(absent(NAME, "package.json", "node", "nodejs npm"),))
    names = [name for name in walk(tree) if PARTS.search(name)] + list(SETTINGS)
    inputs = digests(tree, names)
    tools = shown(toolchains.node)
    client = client_of(tree, [name for name, _ in inputs])
    own_path = (f"{toolchains.node}/bin",) if tools else ()
    path = (f"{TREE}/{FOLDER}/.bin", f"{CLIENTS}/bin", *own_path)
    variables = VARIABLES | (BERRY if client == "berry" else {})
    if not needs_install(package, client, inputs):
        return Plan(NAME, tools=tools, inputs=inputs, variables=variables, path=path)
    return Plan(
        NAME,
        TARGET,
        steps=(
            Step(ASK),
            *fetched(client, tree, package),
            Step(copy([name for name, _ in inputs])),
            Step(
                install(client),
                otherwise=f"node: {client}'s {LOCK_BEHIND} package.json; installed without it",
                instead=(f"cd {TARGET} && {LOOSE[client]}",) if client in LOOSE else (),
            ),
            Step(RESULTS),
        ),
        tools=tools,
        inputs=inputs,
        variables=variables,
        install_variables=INSTALL_VARIABLES,
        path=path,
        overlays=((FOLDER, f"{TREE}/{FOLDER}"), *inner(names)),
    )


def manifest(tree: Path) -> dict[str, Any] | None:
    """Return the top package.json; an empty table if it does not parse (the install will complain)."""
    content = text(tree, "package.json")
    if not content:
        return None
    try:
        table = json.loads(content)
    except ValueError:
        return {"dependencies": {"?": "?"}}
    return table if isinstance(table, dict) else {}


def client_of(tree: Path, names: list[str]) -> str:
    """Return the client whose lock file is there: npm, pnpm, yarn (1) or berry (yarn since 2); "" without one."""
    client = next((LOCKS[name] for name in names if name in LOCKS), "")
    return "berry" if client == "yarn" and "__metadata:" in text(tree, "yarn.lock") else client


def needs_install(package: dict[str, Any], client: str, inputs: tuple[tuple[str, str], ...]) -> bool:
    """Whether there is anything to install: packages, or the client that runs the scripts."""
    workspace = "workspaces" in package or any(name == "pnpm-workspace.yaml" for name, _ in inputs)
    return workspace or client not in ("", "npm") or any(package.get(kind) for kind in DEPENDENCIES)


def fetched(client: str, tree: Path, package: dict[str, Any]) -> tuple[Step, ...]:
    """Return what takes pnpm or yarn from the registry, in the version that the repository or its lock asks for."""
    if client in ("", "npm"):
        return ()
    wanted = quote(f"{PACKAGES.get(client, client)}@{version(client, tree, package)}")
    return (Step(f"npm install --silent --no-progress --global --prefix {CLIENTS} {wanted}"),)


def version(client: str, tree: Path, package: dict[str, Any]) -> str:
    """Return the client's version: the one of `packageManager`, else the major one that reads the lock file."""
    named = re.match(r"(pnpm|yarn)@(\d+\.\d+\.\d+[\w.-]*)", str(package.get("packageManager", "")))
    if named and named[1] == ("pnpm" if client == "pnpm" else "yarn"):
        return named[2]
    if client == "pnpm":
        lock = re.search(r"(?m)^lockfileVersion: '?(\d+)", text(tree, "pnpm-lock.yaml"))
        return PNPM_OF_LOCK.get(lock[1] if lock else "", "10")
    lock = re.search(r"(?m)^__metadata:\n  version: (\d+)", text(tree, "yarn.lock"))
    return BERRY_OF_LOCK.get(lock[1] if lock else "", "4") if client == "berry" else "1"


def copy(names: list[str]) -> str:
    """Return what copies the manifests to where the install happens."""
    return f"cp --parents -- {' '.join(map(quote, names))} {TARGET}/"


def install(client: str) -> str:
    """Return the client's frozen install."""
    return f"cd {TARGET} && {INSTALLS[client]}"


def inner(names: list[str]) -> tuple[tuple[str, str], ...]:
    """Return where packages of a workspace may have got a node_modules of their own."""
    folders = sorted({name.rpartition("/")[0] for name in names if name.endswith("/package.json")})
    return tuple((f"{folder}/{FOLDER}", f"{TREE}/{folder}/{FOLDER}") for folder in folders)

"""Node: node_modules from the lock file, made beside the tree and shown in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journeyman.sandbox.contract import TREE
from journeyman.sandbox.ecosystems.plan import CACHE, Plan, Step, digests, text, walk
from journeyman.sandbox.ecosystems.toolchains import Toolchains, shown

NAME = "node"
TARGET = "/env/node"
FOLDER = "node_modules"
LOCKS = {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"}
SETTINGS = ("package.json", *LOCKS, "pnpm-workspace.yaml", ".yarnrc.yml", ".yarnrc", ".nvmrc")
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
INSTALL_VARIABLES = {
    "npm_config_cache": f"{CACHE}/npm",
    "npm_config_store_dir": f"{CACHE}/pnpm",
    "YARN_CACHE_FOLDER": f"{CACHE}/yarn",
    "COREPACK_HOME": f"{CACHE}/corepack",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    "npm_config_update_notifier": "false",
    "npm_config_fund": "false",
    "npm_config_audit": "false",
    "CI": "true",
}

INSTALLS = {
    "npm": "npm ci --ignore-scripts --no-progress && npm rebuild --no-progress",
    "pnpm": "{pnpm} install --frozen-lockfile --ignore-scripts && {pnpm} rebuild",
    "yarn": "{yarn} install --ignore-scripts --non-interactive --frozen-lockfile",
    "": "npm install --no-package-lock --ignore-scripts --no-progress && npm rebuild --no-progress",
}
"""Scripts of the project itself do not run here, where its sources are not; those of its dependencies do."""


def plan(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to make the tree's Node environment; None if there is no Node in it."""
    package = manifest(tree)
    if package is None:
        return None
    if toolchains.node is None:
        return Plan(NAME, notes=("node: package.json is there, but no node on this machine",))
    names = [name for name in walk(tree) if name.rpartition("/")[2] == "package.json"] + list(SETTINGS)
    inputs = digests(tree, names)
    tools = shown(toolchains.node)
    own_path = (f"{toolchains.node}/bin",) if tools else ()
    path = (f"{TREE}/{FOLDER}/.bin", *own_path)
    if not any(package.get(kind) for kind in DEPENDENCIES) and "workspaces" not in package:
        return Plan(NAME, tools=tools, inputs=inputs, path=path)
    client = next((LOCKS[name] for name, _ in inputs if name in LOCKS), "")
    return Plan(
        NAME,
        TARGET,
        steps=(Step(copy([name for name, _ in inputs])), Step(install(client))),
        tools=tools,
        inputs=inputs,
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


def copy(names: list[str]) -> str:
    """Return what copies the manifests to where the install happens."""
    from shlex import quote

    return f"cp --parents -- {' '.join(map(quote, names))} {TARGET}/"


def install(client: str) -> str:
    """Return the client's frozen install; pnpm and yarn come by corepack or npx where they are not installed."""
    words = {name: f"$(command -v {name} || echo corepack {name})" for name in ("pnpm", "yarn")}
    return f"cd {TARGET} && {INSTALLS[client].format(**words)}"


def inner(names: list[str]) -> tuple[tuple[str, str], ...]:
    """Return where packages of a workspace may have got a node_modules of their own."""
    folders = sorted({name.rpartition("/")[0] for name in names if name.endswith("/package.json")})
    return tuple((f"{folder}/{FOLDER}", f"{TREE}/{folder}/{FOLDER}") for folder in folders)

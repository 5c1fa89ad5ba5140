"""pre-commit: the program and the environments of its hooks, made with a network, used without."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from journeyman.sandbox.contract import TREE
from journeyman.sandbox.ecosystems import python
from journeyman.sandbox.ecosystems.plan import CACHE, Plan, Step, digests, text
from journeyman.sandbox.ecosystems.toolchains import Toolchains, shown

NAME = "pre-commit"
TARGET = "/env/pre-commit"
CONFIG = ".pre-commit-config.yaml"
REACHED = f"{TARGET}/config.yaml"
OWN = f"{TARGET}/venv"
SCRATCH = "/tmp/pre-commit"

INSTALL_HOOKS = f"""
import pathlib, subprocess, sys, yaml
whole = yaml.safe_load(pathlib.Path("{TREE}/{CONFIG}").read_text())
reached, missed, said = [], [], ""
for repository in whole["repos"]:
    pathlib.Path("{CONFIG}").write_text(yaml.safe_dump({{**whole, "repos": [repository]}}))
    done = subprocess.run(["{OWN}/bin/pre-commit", "install-hooks"], capture_output=True, text=True)
    (missed if done.returncode else reached).append(repository)
    said = done.stdout + done.stderr if done.returncode else said
if missed:
    pathlib.Path("{REACHED}").write_text(yaml.safe_dump({{**whole, "repos": reached}}))
    print(said, *(repository["repo"] for repository in missed))
    sys.exit(1)
"""
"""Makes the hooks of one repository after the other; those that cannot be had are left out of what is run."""

PROGRAM = f"""#!/bin/sh
# pre-commit wants a git repository around it. The tree has none of its own here, so it gets one while it runs.
if [ ! -e .git ]; then
    mkdir -p {SCRATCH} && rm -rf {SCRATCH}/git && git init -q -b work --separate-git-dir {SCRATCH}/git . && git add -A
    trap 'rm -f .git' EXIT
fi
if [ "$1" = run ] && [ -f {REACHED} ]; then
    set -- "$@" --config {REACHED}
fi
{OWN}/bin/pre-commit "$@"
"""


def plan(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to make what the tree's hooks need; None if it has none."""
    if not text(tree, CONFIG):
        return None
    own = toolchains.pythons[0]
    uv = toolchains.program("uv")
    node = shown(toolchains.node)
    return Plan(
        NAME,
        TARGET,
        steps=(program(own.program, with_uv=bool(uv)), hooks()),
        tools=(*shown(own.tree), *uv, *node),
        inputs=digests(tree, (CONFIG,)),
        variables={"PRE_COMMIT_HOME": f"{TARGET}/hooks"},
        install_variables={**python.INSTALL_VARIABLES, "npm_config_cache": f"{CACHE}/npm"},
        path=(f"{TARGET}/bin", *((f"{toolchains.node}/bin",) if node else ())),
    )


def program(interpreter: str, *, with_uv: bool) -> Step:
    """Return what installs pre-commit, below a program of the same name that gives it a git repository."""
    create, install = f"{quote(interpreter)} -m venv {OWN}", f"{OWN}/bin/python -m pip install -q"
    if with_uv:
        create, install = f"uv venv -q --python {quote(interpreter)} {OWN}", f"uv pip install -q --python {OWN}"
    write = f"mkdir -p {TARGET}/bin && printf %s {quote(PROGRAM)} > {TARGET}/bin/pre-commit"
    return Step(
        f"{create} && {install} pre-commit && {write} && chmod +x {TARGET}/bin/pre-commit",
        required=False,
        otherwise="pre-commit: it could not be installed, so its hooks are not run",
    )


def hooks() -> Step:
    """Return what makes the hooks' environments."""
    return Step(
        f"[ -x {TARGET}/bin/pre-commit ] || exit 0; "
        f"git config --global safe.directory '*' && mkdir -p {SCRATCH} && cd {SCRATCH} && git init -q . && "
        f"{OWN}/bin/python -c {quote(INSTALL_HOOKS)}",
        required=False,
        otherwise="pre-commit: hooks that could not be had are left out; allow their host (sandbox.install_hosts) "
        "or their folder (sandbox.install_folders) in the settings",
    )

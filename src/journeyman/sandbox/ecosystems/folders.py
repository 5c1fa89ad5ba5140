"""Projects below the top of a repository: an ecosystem's plan for a folder is its plan for a tree, moved there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote

import msgspec

from journeyman.sandbox.contract import TREE
from journeyman.sandbox.ecosystems import node, others, python
from journeyman.sandbox.ecosystems.plan import Plan, Step, walk
from journeyman.sandbox.ecosystems.toolchains import Toolchains

ECOSYSTEMS: tuple[tuple[str, Callable[[Path, Toolchains], Plan | None]], ...] = (
    (r"pyproject\.toml|setup\.py|setup\.cfg|requirements[\w-]*\.txt", python.plan),
    (r"package\.json", node.plan),
    (r"go\.mod", others.go),
    (r"Cargo\.toml", others.rust),
    (r"(?:GNUm|[Mm])akefile", others.make),
)
"""The files that make a folder a project, and what plans it."""

ASIDE = re.compile(r"(?:^|/)(?:third_party|examples?|fixtures?|samples?|testdata|templates?|tests?|docs?)/")
"""Where manifests are matter for tests and readers, not projects."""


def plans(tree: Path, toolchains: Toolchains) -> list[Plan]:
    """Return the plans of a tree: of the top where it has the manifest, else of the uppermost folders that do."""
    names = [name for name in walk(tree) if not ASIDE.search(name)]
    found: list[Plan] = []
    for manifest, look in ECOSYSTEMS:
        folders = uppermost(names, manifest)
        made = [(folder, plan) for folder in folders if (plan := look(tree / folder, toolchains)) is not None]
        moved = [below(plan, folder, number) if folder else plan for number, (folder, plan) in enumerate(made)]
        found += only_first(moved, folders) if look is python.plan else moved
    return found


def only_first(plans: list[Plan], folders: list[str]) -> list[Plan]:
    """Return the first of several Python plans: one interpreter stands first on the path."""
    if len(plans) < 2:
        return plans
    note = f"python: only {folders[0]} has an environment; install for {', '.join(folders[1:])} too by `setup`"
    return [msgspec.structs.replace(plans[0], notes=(*plans[0].notes, note))]


def uppermost(names: list[str], manifest: str) -> list[str]:
    """Return the folders that have a manifest, and none above them that has one; the top if there are none."""
    named = re.compile(rf"(?:^|/)(?:{manifest})$")
    folders = {name.rpartition("/")[0] for name in names if named.search(name)}
    if "" in folders or not folders:
        return [""]
    return sorted(one for one in folders if not any(one.startswith(f"{other}/") for other in folders))


def below(plan: Plan, folder: str, number: int) -> Plan:
    """Return a plan as it is for a folder of the tree; of several folders each has a place of its own."""
    target = f"{plan.target}-{number}" if number and plan.target else plan.target

    def moved(text: str) -> str:
        text = re.sub(rf"{re.escape(plan.target)}(?![\w-])", target, text) if number and plan.target else text
        return f"{TREE}/{folder}{text.removeprefix(TREE)}" if text == TREE or text.startswith(f"{TREE}/") else text

    return msgspec.structs.replace(
        plan,
        target=target,
        steps=tuple(_steps(plan, folder, moved)),
        inputs=tuple((f"{folder}/{name}", digest) for name, digest in plan.inputs),
        variables={name: moved(value) for name, value in plan.variables.items()},
        install_variables={name: moved(value) for name, value in plan.install_variables.items()},
        path=tuple(map(moved, plan.path)),
        overlays=tuple((name, moved(place)) for name, place in plan.overlays),
    )


def _steps(plan: Plan, folder: str, moved: Callable[[str], str]) -> Iterator[Step]:
    there = f"cd {quote(folder)} || exit; "
    for step in plan.steps:
        instead = tuple(there + moved(command) for command in step.instead)
        yield msgspec.structs.replace(step, command=there + moved(step.command), instead=instead)

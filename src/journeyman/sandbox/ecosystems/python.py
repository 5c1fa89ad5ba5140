"""Python: a virtual environment from the lock file, the requirements or the project file, with its test tools."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec

from journeyman.sandbox.contract import TREE
from journeyman.sandbox.ecosystems import python_project
from journeyman.sandbox.ecosystems.plan import CACHE, Plan, Step, digests
from journeyman.sandbox.ecosystems.python_project import PythonProject
from journeyman.sandbox.ecosystems.toolchains import TOOLS, Toolchains, shown
from journeyman.sandbox.ecosystems.versions import satisfies
from journeyman.sandbox.interpreter import Interpreter

NAME = "python"
TARGET = "/env/python"
PYTHON = f"{TARGET}/bin/python"
POETRY = f"{TARGET}/poetry"
POETRY_PACKAGES = "'poetry>=2.1,<3' 'poetry-plugin-export>=1.9'"

LEFT_BEHIND = "*.egg-info src/*.egg-info build"
"""What building a project leaves in its tree, to be taken away again."""

MISSING = (
    "import importlib.metadata as m, re, sys; "
    "flat = lambda name: re.sub('[-_.]+', '-', name).lower(); "
    "there = {flat(d.metadata['Name'] or '') for d in m.distributions()}; "
    "print(*[name for name in sys.argv[1:] if flat(name) not in there])"
)
"""Prints those of the named distributions that are not installed."""

VARIABLES = {
    "VIRTUAL_ENV": TARGET,
    "PYTEST_ADDOPTS": "-o cache_dir=/tmp/pytest",
    "RUFF_CACHE_DIR": "/tmp/ruff",
    "MYPY_CACHE_DIR": "/tmp/mypy",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
"""Caches stay out of the tree."""

UV_RUN = {"UV_PROJECT_ENVIRONMENT": TARGET, "UV_NO_SYNC": "1", "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"}
"""What makes `uv run` use the environment as it is."""

INSTALL_VARIABLES = {
    "UV_CACHE_DIR": f"{CACHE}/uv",
    "PIP_CACHE_DIR": f"{CACHE}/pip",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_NO_INPUT": "1",
    "UV_COMPILE_BYTECODE": "1",
    "UV_LINK_MODE": "copy",
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_PROJECT_ENVIRONMENT": TARGET,
    "UV_NO_PROGRESS": "1",
    "UV_OFFLINE": "false",
    "UV_NO_SYNC": "false",
}


def plan(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to make the tree's Python environment; None if there is no Python in it."""
    project = python_project.look(tree)
    if project is None:
        return None
    python, fits = choose(project, toolchains.pythons)
    uv = toolchains.program("uv")
    ruff = toolchains.program(
        "ruff"
    )  # shown always, as the mender calls it; on the path where the project speaks of it
    ready = ruff if "ruff" in project.tools else ()
    installed = project.buildable and project.entry and not project.loose
    own = toolchains.pythons[0]
    runs_uv = UV_RUN if project.uv_lock and uv else {}
    notes = () if fits else (f"no Python here satisfies {project.requires}; {python.program} is used",)
    return Plan(
        NAME,
        TARGET,
        steps=steps(project, python, own, with_uv=bool(uv), with_ruff=bool(ready)),
        tools=tuple(dict.fromkeys((*shown(python.tree), *shown(own.tree if project.pins else None), *uv, *ruff))),
        inputs=digests(tree, project.files),
        variables={**VARIABLES, **runs_uv, **import_path(tree, project, installed=installed)},
        install_variables=INSTALL_VARIABLES,
        path=(f"{TARGET}/bin", TOOLS) if ready or runs_uv else (f"{TARGET}/bin",),
        notes=notes,
    )


def choose(project: PythonProject, pythons: tuple[Interpreter, ...]) -> tuple[Interpreter, bool]:
    """Return the interpreter that the project asks for, or the first that it allows; and whether there is one."""
    fitting = [python for python in pythons if satisfies(python.version, project.requires)]
    named = [python for python in fitting if project.wanted_version.startswith("{}.{}".format(*python.version))]
    return (named or fitting or list(pythons))[0], bool(fitting)


def import_path(tree: Path, project: PythonProject, *, installed: bool) -> dict[str, str]:
    """Return the variable that makes the project's modules importable, where no install does it."""
    if project.source_root:
        return {"PYTHONPATH": f"{TREE}/{project.source_root}"}
    if installed or python_project.shadows_library(tree):
        return {}
    return {"PYTHONPATH": TREE}


def steps(
    project: PythonProject, python: Interpreter, own: Interpreter, *, with_uv: bool, with_ruff: bool
) -> tuple[Step, ...]:
    """Return the commands, in order. Programs that are not the project's run by an interpreter of our `own`."""
    program = shlex.quote(python.program)
    if with_uv:
        create = f"uv venv -q --clear --python {program} {TARGET}"
        install = f"uv pip install -q --python {PYTHON}"
    else:
        install = f"{PYTHON} -m pip install -q"
        newer = f" && {install} 'pip>=25.1'" if project.groups else ""  # the first that knows groups
        create = f"{program} -m venv --clear {TARGET}{newer}"
    wanted = [tool for tool in project.tools if not (with_ruff and tool == "ruff")]
    return (
        Step(create),
        *(dependencies(project, install, own, with_uv=with_uv)),
        *((only_missing(install, wanted),) if wanted else ()),
    )


def dependencies(project: PythonProject, install: str, own: Interpreter, *, with_uv: bool) -> tuple[Step, ...]:
    """Return what installs the declared dependencies: by the lock file, by requirements, by the project file."""
    if project.uv_lock and with_uv:
        return (by_uv(project, install),)
    required = tuple(Step(f"{install} {names}") for names in requirements(project))
    declared = by_declaration(project, install)
    if project.pins and with_uv:
        pinned = f"{install} {' '.join(map(shlex.quote, project.pins))}"
        instead = tuple(step.command for step in declared) or (pinned,)
        return (*required, by_poetry(project, install, own, instead))
    return (*required, *declared)


def requirements(project: PythonProject) -> list[str]:
    """Return the options that name the files of requirements: one with hashes stands alone, others want none."""
    hashed = [f"-r {shlex.quote(name)}" for name in project.requirements if name in project.hashed]
    others = [f"-r {shlex.quote(name)}" for name in project.requirements if name not in project.hashed]
    return hashed + ([" ".join(others)] if others else [])


def by_declaration(project: PythonProject, install: str) -> tuple[Step, ...]:
    """Return what installs the project and what its file asks for."""
    found = []
    if project.buildable and project.entry:
        extras = f"[{','.join(project.extras)}]" if project.extras else ""
        whole = tidily(f"{install} {constraints(project)} -e {shlex.quote('.' + extras)}")
        found.append(without_itself(whole, project, install) if project.loose else whole)
    if project.groups:
        found.append(Step(f"{install} {' '.join(f'--group {group}' for group in project.groups)}"))
    if project.poetry_packages:
        names = " ".join(map(shlex.quote, project.poetry_packages))
        found.append(Step(f"{install} {constraints(project)} {names}"))
    return tuple(found)


def without_itself(step: Step, project: PythonProject, install: str) -> Step:
    """Return an install that is content with the dependencies: a flat folder of scripts is no package."""
    names = " ".join(map(shlex.quote, project.loose))
    note = "python: the project itself could not be installed, only what it depends on"
    return msgspec.structs.replace(step, otherwise=note, instead=(f"{install} {names}",))


def by_uv(project: PythonProject, install: str) -> Step:
    """Return an install of what uv.lock says. It names the address of each file; where these cannot be reached, the
    files of the same digests come from the index that is configured."""
    wanted = "".join(f" --extra {extra}" for extra in project.extras)
    whole = (tidily(f"{install} --no-deps -e .").command,) if project.buildable and project.entry else ()
    return Step(
        tidily(f"uv sync -q --frozen --all-groups{wanted}").command,
        otherwise="python: not installed from the addresses of uv.lock, but from the index, by the same digests",
        instead=(
            f"uv export -q --frozen --all-groups{wanted} --no-emit-workspace -o /tmp/locked.txt && "
            f"{install} -r /tmp/locked.txt",
            *whole,
        ),
    )


def by_poetry(project: PythonProject, install: str, own: Interpreter, instead: tuple[str, ...]) -> Step:
    """Return an install of what poetry.lock says, digests included. Poetry comes from the index and only reads the
    lock: it would ask an index of its own, where uv asks the one that is configured."""
    extras = "".join(f" --extras {extra}" for extra in project.extras)
    whole = f" && {install} --no-deps -e ." if project.buildable else ""
    return Step(
        f"uv venv -q --python {shlex.quote(own.program)} {POETRY} && "
        f"uv pip install -q --python {POETRY}/bin/python {POETRY_PACKAGES} && "
        f"ln -s {POETRY}/bin/poetry {TARGET}/bin/ && poetry export -q --all-groups{extras} -o /tmp/locked.txt && "
        f"{install} -r /tmp/locked.txt{whole}",
        otherwise="python: poetry.lock could not be followed to the letter, only the versions that it names",
        instead=instead,
    )


def constraints(project: PythonProject) -> str:
    """Return the option that holds versions to those of poetry.lock; the shell makes the file."""
    if not project.pins:
        return ""
    pins = " ".join(map(shlex.quote, project.pins))
    return f"-c <(printf '%s\\n' {pins})"


def tidily(command: str) -> Step:
    """Return an install of the project itself that leaves nothing new in its tree."""
    listing = f"ls -d {LEFT_BEHIND} 2>/dev/null | sort"
    return Step(
        f"{listing} > /tmp/before; {command}; code=$?; "
        f'{listing} | comm -13 /tmp/before - | while read -r name; do rm -rf -- "$name"; done; exit $code'
    )


def only_missing(install: str, wanted: list[str]) -> Step:
    """Return an install of those tools that the dependencies have not brought: wished for, not required."""
    names = " ".join(wanted)
    return Step(
        f'missing=$({PYTHON} -c "{MISSING}" {names}) && {{ [ -z "$missing" ] || {install} $missing; }}',
        required=False,
        otherwise=f"python: some of {names} could not be installed",
    )

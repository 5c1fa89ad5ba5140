"""What a Python repository says about itself, read from its files without running any of it."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from journeyman.sandbox.ecosystems.plan import read, text, walk

DEVELOPMENT = re.compile(r"^(dev(el|elopment)?|tests?|testing|lint(ing)?|typing|types?|checks?|ci|qa)$")
REQUIREMENTS = re.compile(
    r"^(requirements(-dev|_dev|-test|_test|-tests|-testing|-ci|-lint)?|(dev|test|tests|ci)[-_]requirements)\.txt$"
    r"|^requirements/(base|common|main|dev|develop|development|test|tests|testing|ci|lint|local)\.txt$"
)
LISTING = re.compile(r"(require|constrain)[^/]*(/[^/]+)?\.txt$")
TOOLS = ("pytest", "ruff", "black", "isort", "flake8", "autoflake", "mypy", "pylint", "pyright")
PLUGINS = {
    "pytest-asyncio": re.compile(r"asyncio_mode|pytest\.mark\.asyncio"),
    "pytest-cov": re.compile(r"--cov\b"),
    "pytest-xdist": re.compile(r"(addopts.*|[\"'\s])-n[\s=]*(auto|logical|\d+)\b"),
    "pytest-timeout": re.compile(r"^timeout(_method)?\s*=|pytest\.mark\.timeout", re.M),
    "pytest-mock": re.compile(r"def test_\w+\([^)]*\bmocker\b"),
}
TOOL_FILES = {
    "pytest": {"pytest.ini", "conftest.py", "tests/conftest.py", "test/conftest.py"},
    "ruff": {"ruff.toml", ".ruff.toml"},
    "flake8": {".flake8"},
    "mypy": {"mypy.ini", ".mypy.ini"},
    "pylint": {".pylintrc", "pylintrc"},
    "pyright": {"pyrightconfig.json"},
    "isort": {".isort.cfg"},
}
TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?)\.py$")
FUNCTION_TEST = re.compile(r"^(import pytest|from pytest\b|(async )?def test)", re.M)
MOST_TEST_FILES = 60


class PythonProject(msgspec.Struct, frozen=True):
    """A repository's Python side.

    `extras` and `groups` are those for development. `hashed` are the files of requirements that name digests.
    `poetry_packages` are the names of a poetry file's dependencies, `pins` what poetry.lock fixes them to.
    `buildable` tells a package that can be installed, `entry` one that must be (it has commands, plugins or
    dependencies of its own). `loose` are the requirements of one that names no way to build it: installers guess one,
    and may fail at it. `tools` are distributions its files speak of.
    """

    requires: str = ""
    wanted_version: str = ""
    uv_lock: bool = False
    requirements: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    poetry_packages: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    buildable: bool = False
    entry: bool = False
    loose: tuple[str, ...] = ()
    source_root: str = ""
    tools: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def look(tree: Path) -> PythonProject | None:
    """Return what there is of Python in a tree; None if nothing."""
    names = [name for name in walk(tree) if name.endswith((".py", ".toml", ".txt", ".cfg", ".lock", ".ini"))]
    top = {name for name in names if "/" not in name}
    manifests = top & {"pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock"}
    requirements = tuple(sorted(name for name in names if REQUIREMENTS.match(name)))
    if not manifests and not requirements and not any(name.endswith(".py") for name in names):
        return None
    table = toml(tree, "pyproject.toml")
    project, poetry = table.get("project", {}), table.get("tool", {}).get("poetry", {})
    setup = text(tree, "setup.py") + text(tree, "setup.cfg")
    return PythonProject(
        requires=str(project.get("requires-python", "")) or found(r"python_requires\s*=\s*['\"]?([^'\"\n]+)", setup),
        wanted_version=text(tree, ".python-version").strip(),
        uv_lock="uv.lock" in manifests and bool(project),
        requirements=requirements,
        hashed=tuple(name for name in requirements if "--hash=" in text(tree, name)),
        extras=tuple(filter(DEVELOPMENT.match, project.get("optional-dependencies", {}))),
        groups=tuple(filter(DEVELOPMENT.match, table.get("dependency-groups", {}))),
        poetry_packages=poetry_packages(poetry),
        pins=poetry_pins(toml(tree, "poetry.lock")),
        buildable=poetry.get("package-mode") is not False
        and (bool(project) or bool(poetry.get("name")) or "setup.py" in manifests or "[metadata]" in setup),
        entry=needs_install(project) or bool(poetry.get("dependencies") or poetry.get("scripts")) or bool(setup),
        loose=loose_requirements(table) if not setup else (),
        source_root="src" if any(name.startswith("src/") and name.endswith(".py") for name in names) else "",
        tools=tools(tree, names, table, setup),
        files=(*manifests, *(name for name in names if LISTING.search(name)), ".python-version"),
    )


def toml(tree: Path, name: str) -> dict[str, Any]:
    """Return a file's table; an unreadable one says nothing here (the install will complain)."""
    try:
        return tomllib.loads(text(tree, name))
    except tomllib.TOMLDecodeError:
        return {}


def found(pattern: str, content: str) -> str:
    """Return the first group of a pattern's first match."""
    match = re.search(pattern, content)
    return match[1].strip() if match else ""


def needs_install(project: dict[str, Any]) -> bool:
    """Whether a project has what only an install provides: dependencies, commands, plugins, a computed version."""
    names = ("dependencies", "optional-dependencies", "scripts", "gui-scripts", "entry-points", "dynamic")
    return any(project.get(name) for name in names)


def loose_requirements(table: dict[str, Any]) -> tuple[str, ...]:
    """Return what a project that names no build back end depends on, for development too."""
    project = table.get("project", {})
    if "build-system" in table:
        return ()
    extras = project.get("optional-dependencies", {})
    wanted = [extras[name] for name in filter(DEVELOPMENT.match, extras)]
    return tuple(str(one) for listed in (project.get("dependencies", []), *wanted) for one in listed)


def poetry_packages(poetry: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a poetry file's dependencies, those for development included."""
    groups = [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    tables = [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {}), *groups]
    names = (name for table in tables for name, wish in table.items() if name != "python" and plain(wish))
    return tuple(dict.fromkeys(names))


def plain(wish: object) -> bool:
    """Whether a dependency comes from the index and is always wanted."""
    return not isinstance(wish, dict) or not (wish.keys() & {"git", "path", "url"} or wish.get("optional"))


def poetry_pins(lock: dict[str, Any]) -> tuple[str, ...]:
    """Return `name==version` for all that poetry.lock names once and that an index has."""
    packages = lock.get("package", [])
    names = [package.get("name", "") for package in packages]
    once = (package for package in packages if names.count(package.get("name", "")) == 1)
    indexed = (package for package in once if package.get("source", {}).get("type", "legacy") == "legacy")
    return tuple(f"{package['name']}=={package['version']}" for package in indexed)


def tools(tree: Path, names: Iterable[str], table: dict[str, Any], setup: str) -> tuple[str, ...]:
    """Return the test and lint tools that the repository's files speak of, pytest where its tests need it."""
    listed = set(names)
    settings = text(tree, "pyproject.toml") + setup + text(tree, "tox.ini") + text(tree, "pytest.ini")
    wanted = {tool for tool in TOOLS if tool in table.get("tool", {}) or listed & TOOL_FILES.get(tool, set())}
    wanted |= {tool for tool in TOOLS if re.search(rf"^\[(tool:)?{tool}\]", settings, re.M)}
    tests = [name for name in listed if TEST_FILE.search(name)][:MOST_TEST_FILES]
    bodies = "\n".join((read(tree, name) or b"").decode(errors="replace") for name in tests)
    if FUNCTION_TEST.search(bodies):
        wanted.add("pytest")
    if "pytest" in wanted:
        wanted |= {plugin for plugin, sign in PLUGINS.items() if sign.search(settings + bodies)}
    return tuple(sorted(wanted))


def shadows_library(tree: Path) -> bool:
    """Whether the top folder has modules named like some of Python's own: it must not stand on the path then."""
    modules = {path.name.removesuffix(".py") for path in tree.iterdir()}
    return bool(modules & (sys.stdlib_module_names - {"test", "site"}))

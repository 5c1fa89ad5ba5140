"""Python: pytest, unittest or doctest, ruff, black, isort, flake8, autoflake, mypy, pyright."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project

TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|tests)\.py$")
_OWN_HOOKS = re.compile(r"(?m)^( *)- +repo: +local\b.*\n(?:(?:\1 +.*|\s*)\n)*")
"""Hooks that a repository makes itself: what they call is installed for pre-commit alone."""

EXAMPLE = re.compile(r"(?m)^\s*>>> ")
CONFIGS = ("pyproject.toml", "setup.cfg", "tox.ini")


def python_checks(project: Project) -> Iterator[Check]:
    """Yield the checks of a Python project; nothing where there is no Python."""
    if not any(path.endswith(".py") for path in project.paths):
        return
    yield from _formatting(project)
    yield from _linting(project)
    yield from _typing(project)
    yield from _testing(project)


def _evidence(project: Project, tool: str, *files: str, hook: str = "", said: str = "") -> str:
    """Return why a tool belongs to a project: its section, its own file, a pre-commit hook, a command in CI."""
    if tool in project.toml("pyproject.toml").get("tool", {}):
        return f"pyproject.toml: [tool.{tool}]"
    for path in ("setup.cfg", "tox.ini"):
        if project.section(path, tool):
            return f"{path}: [{tool}]"
    if own := project.has(*files):
        return own
    hooks = _OWN_HOOKS.sub("", project.text(".pre-commit-config.yaml"))
    if re.search(rf"(?m)^\s*-\s+id:\s*['\"]?{hook or tool}['\"]?\s*$", hooks):
        return f".pre-commit-config.yaml: {hook or tool}"
    if said and (command := project.mention(said)):
        return f"automation: {command}"
    return ""


def _formatting(project: Project) -> Iterator[Check]:
    ruff = project.toml("pyproject.toml").get("tool", {}).get("ruff", {})
    because = "pyproject.toml: [tool.ruff.format]" if "format" in ruff else ""
    because = because or _evidence(project, "ruff-format", hook="ruff-format", said=r"ruff format\b")
    if because:
        yield project.check("ruff format", "ruff format --check .", CheckKind.FORMAT, "black", because)
    if because := _evidence(project, "black", said=r"black (?:--check|--diff|\.)"):
        yield project.check("black", "black --check .", CheckKind.FORMAT, "black", because)
    if because := _evidence(project, "isort", ".isort.cfg", said=r"isort (?:--check|-c\b|\.)"):
        yield project.check("isort", "isort --check-only .", CheckKind.FORMAT, "isort", because)


def _linting(project: Project) -> Iterator[Check]:
    because = _evidence(project, "ruff", "ruff.toml", ".ruff.toml", said=r"ruff check\b")
    because = because or _evidence(project, "ruff-check", hook="ruff-check")
    if because:
        yield project.check("ruff", "ruff check --output-format=concise .", CheckKind.LINT, "ruff", because)
    if because := _evidence(project, "flake8", ".flake8", said=r"flake8\b"):
        yield project.check("flake8", "flake8 .", CheckKind.LINT, "ruff", because)
    # With several processes it loses lines of its output.
    if because := _evidence(project, "autoflake", said=r"autoflake\b"):
        yield project.check(
            "autoflake", "autoflake --check --recursive --jobs 1 .", CheckKind.LINT, "autoflake", because
        )


def _typing(project: Project) -> Iterator[Check]:
    if because := _evidence(project, "mypy", "mypy.ini", ".mypy.ini", said=r"mypy [\w./-]+"):
        command = f"mypy --no-pretty --show-column-numbers {_mypy_targets(project)}".rstrip()
        yield project.check("mypy", command, CheckKind.TYPES, "mypy", because)
    if because := _evidence(project, "pyright", "pyrightconfig.json", said=r"pyright\b"):
        yield project.check("pyright", "pyright", CheckKind.TYPES, "mypy", because)


def _mypy_targets(project: Project) -> str:
    """Return what mypy is pointed at: nothing if the configuration says it, else the packages."""
    settings = project.toml("pyproject.toml").get("tool", {}).get("mypy", {})
    inis = "\n".join(project.text(path) for path in ("mypy.ini", ".mypy.ini", "setup.cfg", "tox.ini"))
    if {"files", "packages", "modules"} & settings.keys() or re.search(r"(?m)^(?:files|packages)\s*=", inis):
        return ""
    if any(path.startswith("src/") and path.endswith(".py") for path in project.paths):
        return "src"
    tops = {p.split("/")[0] for p in project.paths if p.endswith("/__init__.py") and p.count("/") == 1}
    return " ".join(sorted(tops - {"tests", "test", "docs"})) or "."


def _testing(project: Project) -> Iterator[Check]:
    files = [path for path in project.paths if TEST_FILE.search(path)]
    if not files:
        yield from _examples(project)
        return
    if because := _pytest_evidence(project, files):
        command = "python -m pytest -q --junitxml={report} -o junit_family=xunit1"
        yield project.check("pytest", command, CheckKind.TEST, "pytest", because, report="pytest.xml")
        return
    command = f"python -m unittest discover -v{_unittest_start(project, files)}"
    yield project.check("unittest", command, CheckKind.TEST, "unittest", f"{files[0]}: import unittest")


def _examples(project: Project) -> Iterator[Check]:
    """Yield the checks of examples in documentation, where there are no other tests.

    doctest itself takes a file out of its package: one that imports its neighbours by dots cannot be read so.
    """
    found = [path for path, text in project.texts.items() if path.endswith(".py") and EXAMPLE.search(text)]
    if found and (because := _pytest_evidence(project, [])):
        command = "python -m pytest -q --doctest-modules --junitxml={report} -o junit_family=xunit1"
        yield project.check("pytest", command, CheckKind.TEST, "pytest", because, report="pytest.xml")
        return
    for path in found:
        if f"{path.rpartition('/')[0]}/__init__.py".lstrip("/") not in project.paths:
            command = f"python -m doctest {shlex.quote(path)}"
            yield project.check(f"doctest {path}", command, CheckKind.TEST, "doctest", f"{path}: >>>")


def _pytest_evidence(project: Project, files: list[str]) -> str:
    tool = project.toml("pyproject.toml").get("tool", {})
    if "pytest" in tool:
        return "pyproject.toml: [tool.pytest]"
    for path, section in (("setup.cfg", "tool:pytest"), ("tox.ini", "pytest"), ("pytest.ini", "pytest")):
        if project.section(path, section):
            return f"{path}: [{section}]"
    if own := project.has("pytest.ini", "conftest.py", "tests/conftest.py", "test/conftest.py"):
        return own
    if command := project.mention(r"pytest\b"):
        return f"automation: {command}"
    wanted = next((p for p, text in project.texts.items() if _requires(p) and re.search(r"\bpytest\b", text)), "")
    if wanted:
        return f"{wanted}: pytest"
    texts = {path: project.text(path) for path in files if project.text(path)}
    ours = [
        path for path, text in texts.items() if re.search(r"(?m)^(?:import|from) pytest\b|^(?:async )?def test", text)
    ]
    if ours:
        return ours[0]
    return "" if not files or any("unittest" in text for text in texts.values()) else files[0]


def _requires(path: str) -> bool:
    return path in CONFIGS or path in ("setup.py", "Pipfile") or path.endswith(".txt")


def _unittest_start(project: Project, files: list[str]) -> str:
    """Return the options of discovery: unittest only descends into packages, so other folders are named."""
    folders = {path.rpartition("/")[0] for path in files}
    pattern = "" if any("/test" in f"/{path}" for path in files) else " -p '*_test.py'"
    if "" in folders:
        return pattern
    top = min(folders, key=len)
    if top.split("/")[0] == "src":
        return f" -s src{pattern}"
    package = f"{top}/__init__.py" in project.paths
    return f" -s {top}{' -t .' if package else ''}{pattern}"

"""Node: the scripts of package.json; where there is none, the configured tools themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project

JSON_REPORT = {
    "jest": "--json --outputFile={report}",
    "vitest": "--reporter=default --reporter=json --outputFile.json={report}",
}
"""What makes a runner leave a report besides what it prints."""

PLACEHOLDER = re.compile(r"no test specified")
WATCHING = re.compile(r"--watch\b|\bwatch\b")
WRITING = re.compile(r"--fix\b|--write\b")
COMPOUND = re.compile(r"&&|\|\||[;|]|\bnpm run\b|\brun-[sp]\b|\bturbo\b|\bnx\b|\blerna\b|\bconcurrently\b")
TEST_FILES = re.compile(r"(?:^|/)(?:[^/]+\.(?:test|spec)\.[cm]?[jt]sx?|__tests__/[^/]+\.[cm]?[jt]sx?)$")


class Job(msgspec.Struct, frozen=True):
    """What one kind of check is called in scripts, and the tool to fall back on, with its settings file."""

    kind: CheckKind
    scripts: tuple[str, ...]
    tool: str = ""
    command: str = ""
    settings: str = ""


JOBS = (
    Job(
        CheckKind.FORMAT,
        ("format:check", "check:format", "prettier:check", "format-check", "fmt:check", "check-format"),
        "prettier",
        "prettier --check .",
        r"\.prettierrc[\w.]*|prettier\.config\.\w+",
    ),
    Job(
        CheckKind.LINT,
        ("lint", "lint:check", "eslint", "check:lint", "lint:js", "lint:ts"),
        "eslint",
        "eslint .",
        r"eslint\.config\.\w+|\.eslintrc[\w.]*",
    ),
    Job(
        CheckKind.TYPES,
        ("typecheck", "type-check", "check-types", "types", "tsc", "check:types", "types:check", "typescript"),
        "typescript",
        "tsc --noEmit",
        r"tsconfig\.json",
    ),
    Job(CheckKind.BUILD, ("build",)),
    Job(CheckKind.TEST, ("test", "tests", "test:unit", "unit", "test:ci")),
)


def node_checks(project: Project) -> Iterator[Check]:
    """Yield the checks of a Node project."""
    package = _package(project)
    if package is None:
        return
    scripts = {name: text for name, text in _part(package, "scripts").items() if isinstance(text, str)}
    tools = {**_part(package, "dependencies"), **_part(package, "devDependencies")}
    for job in JOBS:
        yield from _script(project, job, scripts) or _direct(project, job, tools)
    if not _usable(scripts, JOBS[-1]):
        yield from _tests_without_script(project, tools)


def _package(project: Project) -> dict[str, Any] | None:
    try:
        content = json.loads(project.text("package.json"))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _part(package: dict[str, Any], name: str) -> dict[str, Any]:
    part = package.get(name)
    return part if isinstance(part, dict) else {}


def _usable(scripts: dict[str, str], job: Job) -> str:
    """Return the script of a job that checks and ends: none that writes, waits for changes, or is a placeholder."""
    named = (name for name in job.scripts if name in scripts)
    good = (name for name in named if not any(bad.search(scripts[name]) for bad in (PLACEHOLDER, WATCHING, WRITING)))
    return next(good, "")


def _script(project: Project, job: Job, scripts: dict[str, str]) -> list[Check]:
    name = _usable(scripts, job)
    if not name:
        return []
    reader, report = _reader(scripts[name], job.kind), ""
    command = _runner(project, name)
    if reader in JSON_REPORT and not COMPOUND.search(scripts[name]):
        separator = " --" if _manager(project) == "npm" else ""
        command, report = f"{command}{separator} {JSON_REPORT[reader]}", f"{reader}.json"
    because = f"package.json: scripts.{name}: {scripts[name]}"
    return [project.check(name, command, job.kind, reader, because, report)]


def _direct(project: Project, job: Job, tools: dict[str, Any]) -> list[Check]:
    """Return the check by the tool itself, where the project has both the tool and its settings."""
    settings = next((path for path in project.paths if job.settings and re.fullmatch(job.settings, path)), "")
    if not settings or job.tool not in tools:
        return []
    reader = "tsc" if job.tool == "typescript" else job.tool
    command = f"npx --no-install {job.command}"
    return [project.check(job.tool, command, job.kind, reader, f"{settings}, package.json: {job.tool}")]


def _tests_without_script(project: Project, tools: dict[str, Any]) -> Iterator[Check]:
    found = next((path for path in project.paths if TEST_FILES.search(path)), "")
    if not found:
        return
    for tool, run in (("vitest", "vitest run"), ("jest", "jest")):
        if tool in tools:
            command = f"npx --no-install {run} {JSON_REPORT[tool]}"
            yield project.check(tool, command, CheckKind.TEST, tool, f"package.json: {tool}", f"{tool}.json")
            return
    if re.search(r"node:test", project.text(found)):
        yield project.check("node --test", "node --test", CheckKind.TEST, "node", f"{found}: node:test")


def _manager(project: Project) -> str:
    if project.has("pnpm-lock.yaml"):
        return "pnpm"
    return "yarn" if project.has("yarn.lock") else "npm"


def _runner(project: Project, script: str) -> str:
    manager = _manager(project)
    quiet = {"npm": "npm run --silent", "pnpm": "pnpm run --silent", "yarn": "yarn run --silent"}[manager]
    return f"{quiet} {script}"


READERS = (
    (r"\bvitest\b", "vitest"),
    (r"\bjest\b|react-scripts test", "jest"),
    (r"\bnode\b.*--test\b", "node"),
    (r"\beslint\b|next lint", "eslint"),
    (r"\bprettier\b", "prettier"),
    (r"\b(?:vue-)?tsc\b", "tsc"),
    (r"\btap\b|\btape\b", "tap"),
)


def _reader(script: str, kind: CheckKind) -> str:
    """Return the reader of a script. One that runs several tools is read by whatever it prints."""
    found = [reader for pattern, reader in READERS if re.search(pattern, script)]
    return found[0] if len(found) == 1 or (found and kind is CheckKind.TEST) else "plain"

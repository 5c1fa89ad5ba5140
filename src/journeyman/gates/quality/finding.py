"""Finds a repository's own checks from its files: no command is run and nothing is guessed without evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.contract import Tree
from journeyman.gates.quality.ecosystems.go import go_checks
from journeyman.gates.quality.ecosystems.make import make_checks
from journeyman.gates.quality.ecosystems.node import node_checks
from journeyman.gates.quality.ecosystems.pre_commit import pre_commit_checks
from journeyman.gates.quality.ecosystems.project import Project
from journeyman.gates.quality.ecosystems.python import TEST_FILE, python_checks
from journeyman.gates.quality.ecosystems.rust import rust_checks

Finder = Callable[[Project], Iterable[Check]]

FINDERS: tuple[tuple[str, Finder], ...] = (
    (r"pyproject\.toml|setup\.py|setup\.cfg|requirements\.txt", python_checks),
    (r"package\.json", node_checks),
    (r"go\.mod", go_checks),
    (r"Cargo\.toml", rust_checks),
    (r"\.pre-commit-config\.yaml", pre_commit_checks),
)
"""One finder per ecosystem, a pure function of a project, and the files that make a folder one."""

ORDER = (CheckKind.FORMAT, CheckKind.LINT, CheckKind.TYPES, CheckKind.BUILD, CheckKind.TEST)
"""Cheapest first."""

EVIDENCE = re.compile(
    r"(?:pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|pytest\.ini|\.flake8|\.isort\.cfg|\.?mypy\.ini|Pipfile"
    r"|\.?ruff\.toml|\.pre-commit-config\.yaml|(?:requirements|dev|test)[\w-]*\.txt|requirements/[\w-]+\.(?:txt|in)"
    r"|package\.json|tsconfig\.json|go\.mod|Cargo\.toml|(?:GNU)?[Mm]akefile)$"
)
AUTOMATION = re.compile(
    r"(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|(?:GNU)?[Mm]akefile|tox\.ini|noxfile\.py)$"
)
ASIDE = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third_party|\.venv|venv|dist|build|target|examples?|fixtures?|samples?"
    r"|testdata|templates?|tests?|docs?|site-packages)/"
)
NODE_TEST = re.compile(r"\.(?:test|spec)\.[cm]?[jt]sx?$")
TEST_FILES_READ = 20
EXAMPLE_FILES_READ = 40
"""Where there are no test files, so many sources are looked into for examples in their documentation."""


class RepositoryChecks:
    """Finds the checks of a tree."""

    async def find(self, tree: Tree, configured: Mapping[str, str] | None = None) -> tuple[Check, ...]:
        """Return the checks, cheapest first; `configured` ones, in their own order, replace what would be found."""
        if configured:
            return tuple(configured_check(name, command) for name, command in configured.items())
        known: dict[str, Project] = {}
        found: list[Check] = []
        for manifest, finder in FINDERS:
            for folder in _folders(tree.paths, manifest):
                known[folder] = known.get(folder) or await _project(tree, folder)
                found += finder(known[folder])
        root = known.get("") or await _project(tree, "")
        found += make_checks(root, {check.kind for check in found})
        return tuple(sorted(found, key=lambda check: ORDER.index(check.kind)))


def _folders(paths: Iterable[str], manifest: str) -> list[str]:
    """Return the folders of an ecosystem's projects: the root where it has a manifest, else the uppermost ones."""
    named = re.compile(rf"(?:^|/)(?:{manifest})$")
    found = {path.rpartition("/")[0] for path in paths if named.search(path) and not ASIDE.search(path)}
    if "" in found or not found:
        return [""]
    return sorted(f for f in found if not any(f != other and f.startswith(f"{other}/") for other in found))


async def _project(tree: Tree, folder: str) -> Project:
    prefix = f"{folder}/" if folder else ""
    paths = tuple(path.removeprefix(prefix) for path in tree.paths if path.startswith(prefix))
    tests = [path for path in paths if TEST_FILE.search(path)][:TEST_FILES_READ]
    wanted = [path for path in paths if EVIDENCE.fullmatch(path)]
    wanted += [path for path in paths if NODE_TEST.search(path)][:1]
    if not tests:
        wanted += [path for path in paths if path.endswith(".py") and not ASIDE.search(path)][:EXAMPLE_FILES_READ]
    texts = {path: await tree.read(prefix + path) or "" for path in (*wanted, *tests)}
    said = [await tree.read(path) or "" for path in tree.paths if AUTOMATION.fullmatch(path.removeprefix(prefix))]
    return Project(folder=folder, paths=paths, texts=texts, mentions="\n".join(said))


READER_WORDS = (
    (r"\bpre-commit run\b", "pre-commit", CheckKind.LINT),
    (r"-m doctest\b", "doctest", CheckKind.TEST),
    (r"\bpytest\b|\bpy\.test\b", "pytest", CheckKind.TEST),
    (r"\bunittest\b|manage\.py test\b", "unittest", CheckKind.TEST),
    (r"\bvitest\b", "vitest", CheckKind.TEST),
    (r"\bjest\b|react-scripts test", "jest", CheckKind.TEST),
    (r"\bnode\b.*--test\b", "node", CheckKind.TEST),
    (r"\bgo test\b|\bgotestsum\b", "go", CheckKind.TEST),
    (r"\bcargo (?:test|nextest)\b", "cargo", CheckKind.TEST),
    (r"\bprettier\b", "prettier", CheckKind.FORMAT),
    (r"\bautoflake\b", "autoflake", CheckKind.LINT),
    (r"\bruff format\b|\bblack\b", "black", CheckKind.FORMAT),
    (r"\bisort\b", "isort", CheckKind.FORMAT),
    (r"\bcargo fmt\b|\bgofmt\b", "plain", CheckKind.FORMAT),
    (r"\bruff\b|\bflake8\b|\bpycodestyle\b|\bpyflakes\b", "ruff", CheckKind.LINT),
    (r"\beslint\b", "eslint", CheckKind.LINT),
    (r"\bgo vet\b|\bgolangci-lint\b|\bstaticcheck\b", "go", CheckKind.LINT),
    (r"\bcargo clippy\b", "cargo", CheckKind.LINT),
    (r"\bmypy\b|\bpyright\b", "mypy", CheckKind.TYPES),
    (r"\btsc\b|\bvue-tsc\b", "tsc", CheckKind.TYPES),
    (r"\bgo build\b", "go", CheckKind.BUILD),
    (r"\bcargo (?:build|check)\b", "cargo", CheckKind.BUILD),
    (r"\bprove\b|\btap\b|\bbats\b", "tap", CheckKind.TEST),
    (r"\blint\b|\bpylint\b|\bclippy\b", "plain", CheckKind.LINT),
    (r"\bfmt\b|\bformat\b", "plain", CheckKind.FORMAT),
    (r"\btype-?check\b|\btypes\b", "plain", CheckKind.TYPES),
    (r"\bbuild\b|\bcompile\b", "plain", CheckKind.BUILD),
)
"""What a command's words tell about its reader and kind; the first that fits counts."""


def configured_check(name: str, command: str) -> Check:
    """Return the check of a command that a person wrote: run exactly as written, read by its words."""
    for pattern, reader, kind in READER_WORDS:
        if re.search(pattern, command):
            return Check(name=name, command=command, kind=kind, reader=reader, because="configured")
    return Check(name=name, command=command, kind=CheckKind.TEST, because="configured")

"""Judges what became of a seeded tree, by the project's own tools and by what the tree was; knows nothing of us."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from bench.children import run
from bench.seeded.projects import Ready, around
from bench.seeded.seeds import TESTS, Project, Seed, is_test

LOCKS = ("uv.lock", "package-lock.json")
LEFT_OUT = {".git", "node_modules", "__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".venv"}

SECONDS = 90
HANGS = "does not end: "

Tree = dict[str, str]


@dataclass(frozen=True)
class Stage:
    """The trees of one seed: all well, gone wrong, and as it should become."""

    base: Tree
    seeded: Tree
    wanted: Tree
    modes: Mapping[str, int]


def stage(project: Project, seed: Seed) -> Stage:
    """Put a seed on its project."""
    base = {**project.files, **seed.base}
    if seed.half_tests:
        base |= {path: halved(text) for path, text in project.tests().items() if path.endswith(".py")}
    seeded = {**base, **{path: text for path, text in seed.texts.items() if text is not None}}
    for path, text in seed.texts.items():
        if text is None:
            del seeded[path]
    return Stage(base, seeded, {**base, **seed.wanted}, seed.modes)


def halved(text: str) -> str:
    """Return a test file without about half of its test functions, the same ones each time."""
    lines = text.splitlines(keepends=True)
    for parent in sorted(ast.walk(ast.parse(text)), key=lambda node: -getattr(node, "lineno", 0)):
        if not isinstance(parent, ast.Module | ast.ClassDef):
            continue
        left = len(parent.body)
        for node in reversed(parent.body):
            tested = isinstance(node, ast.FunctionDef) and node.name.startswith("test")
            if tested and left > 1 and crc32(getattr(node, "name", "").encode()) % 2 == 0:
                assert isinstance(node, ast.FunctionDef)
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                lines[first - 1 : node.end_lineno] = [""] * ((node.end_lineno or first) - first + 1)
                left -= 1
    return "".join(lines)


def lay(folder: Path, files: Mapping[str, str], modes: Mapping[str, int]) -> None:
    """Make a folder hold these files and no others; its git directory stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        target.chmod(modes.get(path, 0o755 if path.startswith("tools/") else 0o644))


def committed(folder: Path, message: str) -> None:
    """Commit all of a folder."""
    if not (folder / ".git").exists():
        subprocess.run(("git", "init", "-q", "-b", "main"), cwd=folder, check=True)
    name = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    subprocess.run(("git", "add", "-A"), cwd=folder, check=True)
    subprocess.run(("git", *name, "commit", "-q", "--allow-empty", "-m", message), cwd=folder, check=True)


def read(folder: Path) -> tuple[Tree, dict[str, int]]:
    """Return the texts and modes of a folder; bytes that are no text are read as they can be."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and not LEFT_OUT & set(p.relative_to(folder).parts)]
    names = {str(path.relative_to(folder)): path for path in paths}
    texts = {name: path.read_bytes().decode("utf-8", "surrogateescape") for name, path in names.items()}
    return texts, {name: path.stat().st_mode & 0o777 for name, path in names.items()}


def passes(ready: Ready, folder: Path, files: Tree, modes: Mapping[str, int], commands: Iterable[str]) -> str:
    """Run commands on a tree with the project's tools. Returns "" if all pass, else the end of what one said."""
    lay(folder, files, modes)
    committed(folder, "judge")
    if ready.modules is not None:
        (folder / "node_modules").symlink_to(ready.modules)
    for command in commands:
        ended = run(("timeout", str(SECONDS), "bash", "-c", command), variables=around(ready.programs), folder=folder)
        if ended.code == 124:
            return f"{HANGS}{command}"
        if ended.code:
            return f"{command}: {ended.said[-300:]}"
    return ""


def commands(project: Project, seed: Seed) -> tuple[str, ...]:
    """Return the commands of CI that a seed is about."""
    return tuple(project.checks.get(check, check) for check in seed.checks)


def told(ready: Ready, folder: Path, seed: Seed, files: Tree, modes: dict[str, int]) -> str:
    """Return "" if a tree is what it should have become; else why it is not."""
    project = ready.project
    at = stage(project, seed)
    changed = {path for path in {*files, *at.seeded} if files.get(path) != at.seeded.get(path)}
    if seed.outcome in ("left alone", "told as flaky"):
        return f"changed: {', '.join(sorted(changed))}" if changed else ""
    for path in seed.modes:
        if modes.get(path) != (0o755 if path.startswith("tools/") else 0o644):
            return f"mode of {path}: {modes.get(path, 0):o}"
    if edited := [
        p for p in changed if is_test(p) and p not in seed.texts and not same(p, files.get(p), at.base.get(p))
    ]:
        return f"edited tests: {', '.join(edited)}"
    if seed.declares and not _declares(files, seed.declares):
        return f"{seed.declares} is not declared"
    differing = [p for p in {*files, *at.wanted} if p not in LOCKS and not same(p, files.get(p), at.wanted.get(p))]
    if not differing:
        return ""
    if seed.strict:
        return f"differs from what it was: {', '.join(sorted(differing))}"
    if foreign := changed - {*seed.texts, *seed.wanted, *seed.may_change}:
        return f"changed besides: {', '.join(sorted(foreign))}"
    if seed.declares:
        return ""
    hidden = {**files, **project.tests(), **{p: text for p, text in seed.base.items() if is_test(p)}}
    return passes(ready, folder, hidden, modes, [project.checks[TESTS]])


def _declares(files: Tree, distribution: str) -> bool:
    pattern = re.compile(r"(?<![\w-])" + re.sub(r"[-_.]", "[-_.]", distribution) + r"(?![\w-])", re.I)
    manifests = [p for p in files if re.fullmatch(r"pyproject\.toml|package\.json|setup\.\w+|requirements.*\.txt", p)]
    return any(pattern.search(files[path]) for path in manifests)


def same(path: str, one: str | None, other: str | None) -> bool:
    """Whether two texts of a file are the same program, or data, however they are laid out."""
    if one is None or other is None:
        return one == other
    if one == other:
        return True
    try:
        if path.endswith(".py"):
            return _program(one) == _program(other)
        if path.endswith(".json"):
            return bool(json.loads(one) == json.loads(other))
        if path.endswith(".toml"):
            return tomllib.loads(one) == tomllib.loads(other)
    except (SyntaxError, ValueError):
        return False
    if path.endswith(".js"):
        return re.sub(r"[\s'\"`]|,(?=\s*[)\]}])", "", one) == re.sub(r"[\s'\"`]|,(?=\s*[)\]}])", "", other)
    return one.split("\n") == other.split("\n")


def _program(text: str) -> list[str]:
    """Return what a module says, its imports at the top in an order of their own, its docstrings without blanks."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = re.sub(r"\s", "", node.value.value)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [ast.dump(node) for node in tree.body if node not in imports]
    said = [
        f"{getattr(node, 'level', 0)} {getattr(node, 'module', '')} {a.name} {a.asname}"
        for node in imports
        for a in node.names
    ]
    ignores = re.findall(r"#\s*type:\s*ignore", text)
    return [*sorted(said), *rest, *ignores]

"""The limits that the design sets on the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from tests.architecture.source import ROOT, SOURCE, files, functions, percentile

FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "managers",
    "manager",
    "services",
    "service",
    "common",
    "core",
    "base",
}
PATCHES = re.compile(r"\b(?:Mock|MagicMock|AsyncMock)\(|\bpatch(?:\.\w+)?\(|monkeypatch\.\w+\(")


def test_functions_are_short() -> None:
    lengths = [function.lines for function in functions()]
    assert percentile(lengths, 0.9) <= 25
    assert [f"{f.place} {f.lines}" for f in functions() if f.lines > 60] == []


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in files()}
    assert [f"{path} {length}" for path, length in lengths.items() if length > 600] == []
    assert percentile(list(lengths.values()), 0.9) <= 300


def test_every_function_is_annotated() -> None:
    bare = []
    for function in functions():
        arguments = [*function.node.args.args, *function.node.args.kwonlyargs, *function.node.args.posonlyargs]
        named = [argument for argument in arguments if argument.arg not in ("self", "cls")]
        if function.node.returns is None or any(argument.annotation is None for argument in named):
            bare.append(function.place)
    assert bare == []


def test_one_file_reads_the_environment() -> None:
    readers = {str(p.relative_to(SOURCE)) for p in files() if re.search(r"\bos\.(environ|getenv)\b", p.read_text())}
    assert readers <= {"config.py"}


def test_no_name_that_says_nothing() -> None:
    parts = {part.removesuffix(".py") for path in files() for part in path.relative_to(SOURCE).parts}
    assert parts & FORBIDDEN_NAMES == set()


def test_modules_and_public_names_have_docstrings() -> None:
    silent = []
    for path in files():
        tree = ast.parse(path.read_text())
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(str(path.relative_to(SOURCE)))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if public and not node.name.startswith("_") and ast.get_docstring(node) is None:
                silent.append(f"{path.relative_to(SOURCE)}:{node.name}")
    assert silent == []


def test_hardly_a_patch_in_the_tests() -> None:
    texts = [path.read_text() for path in sorted((ROOT / "tests").rglob("*.py")) if path.name != "test_limits.py"]
    lines = sum(len(text.splitlines()) for text in texts)
    assert sum(len(PATCHES.findall(text)) for text in texts) * 1000 < lines


def test_imports_obey_the_law() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout

"""Half of a package's tests are hidden from the mender: they tell afterwards whether a patch is right."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from bench.faults.source import FunctionNode, Source


def unit(test: str) -> str:
    """Return the test function of a test: its id without the parameters."""
    return test.partition("[")[0]


def hidden_half(units: Iterable[str], seed: int) -> set[str]:
    """Return half of some test functions, always the same ones for a seed."""
    return {each for each in units if sha256(f"{seed}:{each}".encode()).digest()[0] % 2}


def hide(root: Path, units: Iterable[str]) -> None:
    """Take test functions out of the files of a project. One that is not defined where it runs stays."""
    by_file: dict[str, set[str]] = {}
    for each in units:
        path, _, name = each.partition("::")
        by_file.setdefault(path, set()).add(name.replace("::", "."))
    for path, names in by_file.items():
        file = root / path
        file.write_bytes(without(file.read_bytes(), names))


def without(content: bytes, names: set[str]) -> bytes:
    """Return a file without some of its functions; `pass` stands where a block would be empty."""
    source = Source("", content)
    for name, function in sorted(source.functions(), key=lambda each: -each[1].lineno):
        if name in names:
            start, end = _with_decorators(source, function)
            block = source.parents[function]
            gone = isinstance(block, ast.ClassDef) and _all_gone(block, name.rpartition(".")[0], names)
            content = content[:start] + (b"pass" if gone else b"") + content[end:]
    return content


def _with_decorators(source: Source, function: FunctionNode) -> tuple[int, int]:
    start, end = source.span(function)
    for decorator in function.decorator_list:
        start = min(start, source.content.rfind(b"@", 0, source.span(decorator)[0]))
    return start, end


def _all_gone(block: ast.ClassDef, prefix: str, names: set[str]) -> bool:
    return all(isinstance(each, FunctionNode) and f"{prefix}.{each.name}" in names for each in block.body)


def functions_that_test(root: Path) -> set[str]:
    """Return the test functions of a project that nothing else calls, by the ids that pytest gives them."""
    found = set()
    for path in sorted(root.rglob("test*.py")):
        source = Source("", path.read_bytes())
        called = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(source.tree)}
        for name, _ in source.functions():
            own = name.rpartition(".")[2]
            if own.startswith("test") and own not in called:
                found.add(f"{path.relative_to(root)}::{name.replace('.', '::')}")
    return found

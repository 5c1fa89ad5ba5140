"""The source as the architecture tests look at it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "journeyman"


@dataclass(frozen=True)
class Function:
    """A function and its length in lines, the docstring not counted."""

    place: str
    lines: int
    node: ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def functions() -> list[Function]:
    found = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(Function(f"{path.relative_to(SOURCE)}:{node.name}", _length(node), node))
    return found


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    first = node.body[0]
    length = node.end_lineno - node.lineno + 1
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None
        length -= first.end_lineno - first.lineno + 1
    return length


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * len(values))]

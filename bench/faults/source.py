"""A source file to be hurt: its bytes, its tree, and where each node stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Fault:
    """One edit of a file: the bytes from `start` to `end` become `text`. `function` is the one it is in, dotted."""

    rule: str
    path: str
    start: int
    end: int
    text: str
    line: int
    function: str


class Source:
    """A file and its tree. Offsets are in bytes, as the tree's columns are."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.tree = ast.parse(content)
        lines = content.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node's own text starts and ends."""
        return (
            self._starts[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            self._starts[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def words(self, node: ast.AST) -> str:
        """Return a node's text."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def between(self, left: ast.AST, right: ast.AST) -> tuple[int, int, str]:
        """Return the text between two nodes, where the operator stands, and its place."""
        start, end = self.span(left)[1], self.span(right)[0]
        return start, end, self.content[start:end].decode()

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Return the parent of each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def functions(self) -> Iterator[tuple[str, FunctionNode]]:
        """Yield each outermost function or method with its dotted name; what is nested in it belongs to it."""
        waiting: list[tuple[str, ast.AST]] = [("", self.tree)]
        while waiting:
            prefix, node = waiting.pop(0)
            for child in ast.iter_child_nodes(node):
                if isinstance(child, FunctionNode):
                    yield prefix + child.name, child
                elif isinstance(child, ast.ClassDef):
                    waiting.append((f"{prefix}{child.name}.", child))
                else:
                    waiting.append((prefix, child))

    def alone(self, statement: ast.stmt) -> bool:
        """Tell whether a statement is the only one of its block."""
        parent = self.parents[statement]
        blocks = [getattr(parent, name, None) for name in ("body", "orelse", "finalbody")]
        return any(isinstance(block, list) and block == [statement] for block in blocks)


def hurt(content: bytes, faults: tuple[Fault, ...]) -> bytes:
    """Return a file's content with edits that do not overlap."""
    for fault in sorted(faults, key=lambda each: -each.start):
        content = content[: fault.start] + fault.text.encode() + content[fault.end :]
    return content

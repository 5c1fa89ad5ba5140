"""Which files are tests, and what may happen to them: layout may change, meaning may not."""

from __future__ import annotations

import ast
import re

from journeyman.repair.replaced import ALIASES, MOVED

_TEST_FOLDERS = frozenset(
    {"tests", "test", "testing", "__tests__", "__snapshots__", "spec", "e2e", "testdata", "fixtures"}
)
_TEST_NAME = re.compile(
    r"^(test_.*|.*_test\.(py|go|exs)|.*_spec\.rb|conftest\.py|.*\.(spec|test)\.[cm]?[jt]sx?|.*\.snap"
    r"|tests?\.(py|[cm]?[jt]sx?))$"
)

_SCRIPT_NAME = re.compile(r"\.[cm]?[jt]sx?$")
_LAYOUT_MARKS = re.compile(r"[\s;,]+")
_DECLARES = re.compile(r"\b(?:let|var)\b")


def is_test_file(path: str) -> bool:
    """Tell whether a path belongs to the tests, which judge and are never made to fit."""
    *folders, name = path.split("/")
    return any(folder in _TEST_FOLDERS for folder in folders) or bool(_TEST_NAME.match(name))


def same_meaning(path: str, before: str, after: str) -> bool:
    """Tell whether two texts differ only in layout: of Python also in the order of imports and in second names of the
    same thing, of JavaScript also in quotes, semicolons and the words that declare."""
    if _SCRIPT_NAME.search(path):
        return _letters(before) == _letters(after)
    try:
        return _meaning(before) == _meaning(after)
    except SyntaxError:
        return False


def _meaning(text: str) -> tuple[list[str], str]:
    """Return the imports, sorted, and everything else."""
    tree = ast.parse(text)
    imports: list[str] = []
    rest: list[ast.stmt] = []
    for statement in tree.body:
        match statement:
            case ast.Import(names=names):
                imports += [f"import {alias.name} as {alias.asname}" for alias in names]
            case ast.ImportFrom(module=module, names=names, level=level):
                imports += [f"{level} {_moved(f'{module}.{alias.name}')} as {alias.asname}" for alias in names]
            case _:
                rest.append(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = ALIASES.get(node.attr, node.attr)
    return sorted(imports), ast.dump(ast.Module(rest, []))


def _moved(name: str) -> str:
    """Return the one name of what had several; a name that changed its last part would change its uses too."""
    new = MOVED.get(name, name)
    return new if new.rpartition(".")[2] == name.rpartition(".")[2] else name


def _letters(text: str) -> str:
    """Return what is left of JavaScript without its layout."""
    return _LAYOUT_MARKS.sub("", _DECLARES.sub("const", text)).replace("'", '"')

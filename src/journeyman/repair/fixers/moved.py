"""A module of the repository that has another name or place now: all that import from it are led there at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from journeyman.repair.fixers.contract import Proposal
from journeyman.repair.fixers.rivals import Rival
from journeyman.repair.names import Names, package_of
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, spliced


async def led_there(missing: str, names: Names) -> list[Rival]:
    """Return ways to import from elsewhere what several files import from a module that is gone; likeliest first."""
    importers = {path: await _imports(path, missing, names) for path in names.modules.values()}
    importers = {path: found for path, found in importers.items() if found and not is_test_file(path)}
    wanted = {alias.name for found in importers.values() for node in found for alias in node.names}
    if len(importers) < 2 or "*" in wanted:
        return []
    homes = [set(await names.homes(name)) for name in sorted(wanted)]
    last = missing.rpartition(".")[2]
    same = {full for full in names.modules if full.rpartition(".")[2] == last}
    rivals = []
    for target in sorted(set.intersection(*homes) - {missing}):
        texts = {}
        for path, found in importers.items():
            source = await names.source(path)
            assert source is not None
            texts[path] = spliced(source.text, [_led(source, path, node, target) for node in found])
        cost = 0.25 if target in same else 0.3
        rivals.append(Rival(Proposal(f"import from {target} in {', '.join(texts)}", texts), cost))
    return sorted(rivals, key=lambda rival: rival.cost)


async def _imports(path: str, missing: str, names: Names) -> list[ast.ImportFrom]:
    if missing.rpartition(".")[2] not in (await names.text(path) or ""):
        return []
    source = await names.source(path)
    return list(_from_there(source.tree, path, missing)) if source else []


def _from_there(tree: ast.Module, path: str, missing: str) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            package = package_of(path).split(".")
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            if f"{above}.{node.module}".lstrip(".") == missing:
                yield node


def _led(source: Source, path: str, node: ast.ImportFrom, target: str) -> Splice:
    """Return the splice that names another module: relative where the statement was and the package is the same."""
    near = node.level == 1 and target.rpartition(".")[0] == package_of(path)
    module = f".{target.rpartition('.')[2]}" if near else target
    start, end = source.span(node)
    words = re.sub(r"^from\s+[\w.]+(?:\s+(?=import))?", f"from {module} ", source.text[start:end], count=1)
    return Splice(start, end, words)

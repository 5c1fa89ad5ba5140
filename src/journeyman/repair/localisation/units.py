"""What a fault can lie in: functions, and the statements that run when a module or a class is made.

The latter run once, before any test. They count as run by every test that runs a line which uses what they bind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from journeyman.repair.localisation.spectrum import Place
from journeyman.repair.names import module_name
from journeyman.repair.spans import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_IN_PASSING = (ast.If, ast.Try, ast.With)


class Unit(msgspec.Struct, frozen=True):
    """An outermost function, `Class.name`, or a name that a module or class binds. `first` and `last` are lines,
    `defaults` those of the parameters' default values."""

    path: str
    name: str
    first: int
    last: int
    binds: bool = False
    defaults: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """The unit as people write it."""
        return f"{self.path}:{self.first} {self.name}"


class Module:
    """A source file with its functions and bindings."""

    def __init__(self, path: str, source: Source) -> None:
        self.path = path
        self.source = source
        self.functions: list[tuple[Unit, Function]] = []
        self.bindings: list[tuple[Unit, ast.stmt]] = []
        for prefix, node in _statements(source.tree.body, ""):
            if isinstance(node, Function):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                last, lines = node.end_lineno or first, tuple(sorted({each.lineno for each in _defaults(node)}))
                self.functions.append((Unit(path, prefix + node.name, first, last, defaults=lines), node))
            else:
                self.bindings += [(unit, node) for unit in _bound(path, prefix, node)]

    @cached_property
    def imported(self) -> Mapping[str, tuple[str, str]]:
        """By the name it has here: the module that an import names, and what of it, "" for itself."""
        own = module_name(self.path).split(".")
        package = own if self.path.endswith("__init__.py") else own[:-1]
        found: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Import):
                found |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
                name = ".".join(filter(None, base)) if node.level else node.module or ""
                found |= {alias.asname or alias.name: (name, alias.name) for alias in node.names}
        return found

    @cached_property
    def weights(self) -> Mapping[int, int]:
        """How much there is on each line that could be wrong: operators, calls, names and constants."""
        counted = (
            ast.operator,
            ast.cmpop,
            ast.boolop,
            ast.unaryop,
            ast.Call,
            ast.Subscript,
            ast.Constant,
            ast.Return,
        )
        found: dict[int, int] = {}
        for node in ast.walk(self.source.tree):
            line = getattr(node, "lineno", 0)
            for each in (node, *ast.iter_child_nodes(node)) if line else ():
                found[line] = found.get(line, 0) + isinstance(each, counted)
        return found

    def unit_at(self, line: int) -> Unit | None:
        """Return the function whose body a line is in."""
        for unit, node in self.functions:
            if node.body[0].lineno <= line <= unit.last:
                return unit
        return None


def _defaults(node: Function) -> list[ast.expr]:
    return [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]


def _statements(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    """Yield outermost functions and other statements of a module and its classes, each with the class before it."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _statements(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, _IN_PASSING):
            for inner in ast.iter_child_nodes(node):
                if isinstance(inner, ast.ExceptHandler):
                    yield from _statements(inner.body, prefix)
                elif isinstance(inner, ast.stmt):
                    yield from _statements([inner], prefix)
        else:
            yield prefix, node


def _bound(path: str, prefix: str, node: ast.stmt) -> Iterator[Unit]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        targets = [node.target]
    for target in targets:
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and inner.id not in ("__all__", "__slots__"):
                yield Unit(path, prefix + inner.id, node.lineno, node.end_lineno or node.lineno, binds=True)


class Uses:
    """Which tests use what modules and classes bind: the union of those that run a line which names it."""

    def __init__(self, modules: Mapping[str, Module], hits: Mapping[Place, int]) -> None:
        self._modules = modules
        self._by_name = {module_name(path): path for path in modules}
        self._names: dict[tuple[str, str], int] = {}
        self._attributes: dict[str, int] = {}
        for module in modules.values():
            lines = {line: mask for (path, line), mask in hits.items() if path == module.path}
            for _, node in module.functions:
                self._collect(module, node, lines)

    def _collect(self, module: Module, node: ast.AST, lines: Mapping[int, int]) -> None:
        for each in ast.walk(node):
            mask = lines.get(getattr(each, "lineno", 0), 0)
            if mask and isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                self._note(self._home(module, each.id), mask)
            elif mask and isinstance(each, ast.Attribute):
                self._attributes[each.attr] = self._attributes.get(each.attr, 0) | mask
                if isinstance(each.value, ast.Name):
                    name, what = module.imported.get(each.value.id, ("", ""))
                    whole = ".".join(filter(None, (name, what)))
                    self._note((self._by_name.get(whole, ""), each.attr), mask)

    def _home(self, module: Module, name: str) -> tuple[str, str]:
        origin, what = module.imported.get(name, ("", ""))
        return (self._by_name.get(origin, ""), what) if origin else (module.path, name)

    def _note(self, key: tuple[str, str], mask: int) -> None:
        self._names[key] = self._names.get(key, 0) | mask

    def of(self, unit: Unit) -> int:
        """Return the tests that use a binding, as bits; a class's by the name of the attribute."""
        owner, _, name = unit.name.rpartition(".")
        return self._attributes.get(name, 0) if owner else self._names.get((unit.path, name), 0)

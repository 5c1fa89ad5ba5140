"""Names a repository and the standard library offer, and which of them a misspelt one may have meant."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, parsed
from journeyman.repair.tree import SourceTree

_CLOSE = 0.74
_SWAPPED = 0.8
_ASKING_SECONDS = 20.0
_OFFERS = (
    "import importlib, sys; m = importlib.import_module(sys.argv[1]); "
    "print(*[n for n in getattr(m, '__all__', dir(m)) if not n.startswith('_')])"
)
_INSTALLED = (
    "import pkgutil, sys; places = [p for p in sys.path if p.endswith('-packages')]; "
    "print(*{m.name for m in pkgutil.iter_modules(places) if not m.name.startswith('_')})"
)
_OFFERED = (
    "abc", "argparse", "asyncio", "base64", "bisect", "collections", "collections.abc", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "glob", "hashlib", "heapq", "html",
    "inspect", "io", "itertools", "json", "logging", "math", "operator", "os", "os.path", "pathlib", "pprint",
    "queue", "random", "re", "shutil", "statistics", "string", "subprocess", "sys", "tempfile", "textwrap",
    "threading", "time", "traceback", "types", "typing", "unicodedata", "urllib.parse", "uuid", "warnings",
)  # fmt: skip
"""Modules whose names are offered; importing them has no effect worth naming."""


def close_to(name: str, offered: Iterable[str], limit: int = 3) -> list[str]:
    """Return the offered names most like a misspelt one, likest first; another case alone counts as the likest."""
    pool = {other for other in offered if other != name}
    same = [other for other in sorted(pool) if other.lower().replace("_", "") == name.lower().replace("_", "")]
    swapped = [other for other in sorted(pool - set(same)) if _swapped(name, other)]
    near = difflib.get_close_matches(name, sorted(pool - {*same, *swapped}), limit, _CLOSE)
    return [*same, *swapped, *near][:limit]


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, 1 being the same but for case and underscores."""
    plain, same = one.lower().replace("_", ""), other.lower().replace("_", "")
    if len(one) < 2 or abs(len(plain) - len(same)) > 3:
        return 0.0
    if plain == same:
        return 1.0
    ratio = difflib.SequenceMatcher(None, plain, same).ratio() * 0.98
    return max(ratio, _SWAPPED) if _swapped(plain, same) else ratio


def _swapped(one: str, other: str) -> bool:
    """Tell whether two letters that stand side by side changed places: in short words a ratio makes much of it."""
    differing = [at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]]
    if len(one) != len(other) or len(one) < 3 or len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    return one[differing[0]] == other[differing[1]] and one[differing[1]] == other[differing[0]]


def standard_modules() -> frozenset[str]:
    """Return the top-level modules of the standard library, and the inner ones that are offered."""
    return frozenset({*(name for name in sys.stdlib_module_names if not name.startswith("_")), *_OFFERED})


def standard_names(module: str) -> tuple[str, ...]:
    """Return the public names of a module of the standard library; nothing for one that is not offered."""
    if module not in _OFFERED:
        return ()
    loaded = importlib.import_module(module)
    return tuple(getattr(loaded, "__all__", None) or (name for name in dir(loaded) if not name.startswith("_")))


def standard_home(name: str) -> tuple[str, ...]:
    """Return the modules of the standard library that offer a name, likeliest first."""
    likely = ("typing", "collections", "pathlib", "dataclasses", "datetime", "functools", "itertools", "decimal")
    order = [*likely, *(module for module in _OFFERED if module not in likely)]
    return tuple(module for module in order if name in standard_names(module))


def module_name(path: str) -> str:
    """Return the dotted name of a module's file, seen from its source root."""
    parts = path.removesuffix(".py").split("/")
    if parts[0] in ("src", "lib") and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: str) -> str:
    """Return the package that a file's relative imports begin in; "" at the top."""
    full = module_name(path)
    return full if path.endswith("__init__.py") else full.rpartition(".")[0]


def bound_names(tree: ast.AST) -> set[str]:
    """Return every name that a tree binds anywhere: definitions, imports, parameters, assignments."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.split(".")[0])
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return found


def top_names(tree: ast.Module) -> set[str]:
    """Return the names a module offers."""
    body: list[ast.stmt] = []
    for statement in tree.body:
        match statement:
            case ast.If(body=inner, orelse=other):
                body += [*inner, *other]
            case ast.Try(body=inner, handlers=handlers):
                body += [*inner, *(stmt for handler in handlers for stmt in handler.body)]
            case _:
                body.append(statement)
    found: set[str] = set()
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {alias.asname or alias.name.split(".")[0] for alias in names}
            case _:
                found |= {
                    n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
    return found


def builtin_names() -> frozenset[str]:
    """Return the names that need no import."""
    return frozenset(name for name in dir(builtins) if not name.startswith("_"))


class Names:
    """The repository's own modules and what they offer. Files are read when they are asked for."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self.modules = {module_name(path): path for path in _sources(tree)}

    async def source(self, path: str) -> Source | None:
        """Return a file's source; None if absent or broken."""
        return parsed(await self._tree.text(path))

    async def installed(self) -> frozenset[str]:
        """Return the top-level modules of the packages installed in the sandbox."""
        return await self._answer(_INSTALLED, "")

    async def _answer(self, program: str, argument: str) -> frozenset[str]:
        """Return the words that a small program prints inside the sandbox; none if it fails."""
        python = '"$(command -v python || command -v python3)"'
        command = f"{python} -c {shlex.quote(program)} {shlex.quote(argument)} 2>/dev/null </dev/null"
        code, output = await self._tree.shell.run(command, _ASKING_SECONDS)
        return frozenset() if code else frozenset(output.split("\n")[-1 - output.endswith("\n")].split())

    async def text(self, path: str) -> str | None:
        """Return a file's text; None if absent."""
        return await self._tree.text(path)

    async def offered_by(self, module: str) -> frozenset[str]:
        """Return what can be imported from a module, of the repository or of the standard library."""
        path = self.modules.get(module)
        if path is None:
            return frozenset(standard_names(module)) or await self._answer(_OFFERS, module)
        source = await self.source(path)
        inner = {name.rpartition(".")[2] for name in self.modules if name.rpartition(".")[0] == module}
        return frozenset(inner | (top_names(source.tree) if source else set()))

    async def imports_of(self, name: str, path: str) -> list[str]:
        """Return the import lines by which other files bind a name, the most used first."""
        found: Counter[str] = Counter()
        for other in self._tree.paths:
            text = await self._tree.text(other) if other.endswith(".py") and other != path else None
            source = parsed(text) if text and name in text else None
            for node in source.tree.body if source else ():
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found.update(_lines_binding(node, name))
        return [line for line, _ in found.most_common(3)]

    async def homes(self, name: str) -> list[str]:
        """Return the repository's modules that define a name themselves."""
        found = []
        for module, path in self.modules.items():
            text = await self._tree.text(path) or ""
            source = parsed(text) if name in text else None
            if source and any(_defines(statement, name) for statement in source.tree.body):
                found.append(module)
        return found


def _lines_binding(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[str]:
    for alias in node.names:
        if (alias.asname or alias.name) == name and not getattr(node, "level", 0):
            words = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            yield f"from {node.module} import {words}" if isinstance(node, ast.ImportFrom) else f"import {words}"


def _sources(tree: SourceTree) -> list[str]:
    return [path for path in tree.paths if path.endswith(".py") and not is_test_file(path)]


def _defines(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) | ast.ClassDef(name=own):
            return own == name
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Name) and target.id == name for target in targets)
        case ast.AnnAssign(target=ast.Name(id=own)):
            return own == name
    return False

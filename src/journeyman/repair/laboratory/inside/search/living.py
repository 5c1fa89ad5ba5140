"""Functions as they live in memory: another code is put in, and the first one back."""

from __future__ import annotations

import functools
import gc
import os
import re
import sys
from collections.abc import Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .scene import Unit
from .source import Edit, edited

FUTURE_FLAGS = 0x1FE0000
WATCHED_LENGTH = 300

_SUPER = re.compile(r"\bsuper\(\)")
_Cached = type(functools.lru_cache(lambda: None))


class Census:
    """All functions in memory, and the caches around some of them."""

    def __init__(self) -> None:
        things = gc.get_objects()
        self.functions = [thing for thing in things if isinstance(thing, FunctionType)]
        self.caches = [thing for thing in things if isinstance(thing, _Cached)]


class Living:
    """A unit in memory, and the text it was made from."""

    def __init__(self, unit: Unit, text: str, functions: list[FunctionType], census: Census) -> None:
        self.unit = unit
        self.text = text
        self.functions = functions
        self.caches = census.caches
        inside = set(_inside(functions[0].__code__)) if functions else set()
        self._inner = [function for function in census.functions if inside and function.__code__ in inside]
        self._changed: list[tuple[FunctionType, CodeType, Any, Any]] = []

    def install(self, edits: Sequence[Edit]) -> None:
        """Swap in the code with some edits. SyntaxError or ValueError if it does not fit."""
        unit = self.unit
        moved = [edit._replace(start=edit.start - unit.start, end=edit.end - unit.start) for edit in edits]
        text = edited(self.text[unit.start : unit.end], moved)
        column = unit.start - (self.text.rfind("\n", 0, unit.start) + 1)
        heads = [f"{' ' * depth}class {name}:\n" for depth, name in enumerate(unit.classes)]
        if column and not heads:
            heads = ["if 1:\n"]
        old, head = self.functions[0].__code__, "".join(heads) + " " * column
        whole = self._compiled(head + text)
        code = inner(whole, [*unit.classes, unit.name])
        if code.co_freevars == ("__class__",) and not old.co_freevars:
            # the function lives without the cell that `super()` looks into, and any name `super` asks for it
            parent = f"__import__('builtins').super({'.'.join(unit.classes)}, {code.co_varnames[0]})"
            whole = self._compiled(head + _SUPER.sub(parent, text))
            code = inner(whole, [*unit.classes, unit.name])
        fresh = self._made(whole) if any(edit.start < unit.body for edit in edits) else None
        self._swap(old, code)
        if fresh is not None:
            for function in self.functions:
                function.__defaults__, function.__kwdefaults__ = fresh.__defaults__, fresh.__kwdefaults__
        self.clear()

    def _compiled(self, snippet: str) -> CodeType:
        old = self.functions[0].__code__
        code: CodeType = compile(snippet, old.co_filename, "exec", old.co_flags & FUTURE_FLAGS, True)
        return code

    def _swap(self, old: CodeType, code: CodeType) -> None:
        """Give all functions the new code; those that an earlier call made inside get their part of it."""
        for function in self.functions:
            self._changed.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))
            function.__code__ = code
        parts = dict(_parts(old, code)) if self._inner else {}
        for function in self._inner:
            fresh = parts.get(function.__code__)
            if fresh is not None and fresh.co_freevars == function.__code__.co_freevars:
                self._changed.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))
                function.__code__ = fresh

    def _made(self, whole: CodeType) -> FunctionType:
        """Return the function as its definition makes it, for the sake of its defaults."""
        names = dict(self.functions[0].__globals__)
        exec(whole, names)
        found: Any = names[(self.unit.classes or (self.unit.name,))[0]]
        for name in [*self.unit.classes[1:], self.unit.name] if self.unit.classes else []:
            found = found.__dict__[name]
        return getattr(found, "__func__", found)  # type: ignore[no-any-return]

    def remove(self) -> None:
        """Put the first code back."""
        while self._changed:
            function, code, defaults, keywords = self._changed.pop()
            function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, keywords
        self.clear()

    def clear(self) -> None:
        """Forget the results that caches hold."""
        for cache in self.caches:
            cache.cache_clear()


def _parts(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]]:
    """Return the codes of functions inside a function beside those that replace them."""
    mine = [const for const in old.co_consts if isinstance(const, CodeType) and const.co_name[0] != "<"]
    fresh = [const for const in new.co_consts if isinstance(const, CodeType) and const.co_name[0] != "<"]
    if [code.co_name for code in mine] != [code.co_name for code in fresh]:
        return []
    return [pair for each in zip(mine, fresh) for pair in (each, *_parts(*each))]


def _inside(code: CodeType) -> list[CodeType]:
    """Return the codes of all functions inside a function."""
    own = [const for const in code.co_consts if isinstance(const, CodeType)]
    return own + [deeper for const in own for deeper in _inside(const)]


def inner(code: CodeType, names: Sequence[str]) -> CodeType:
    """Return the code object of a nested definition. ValueError if it is gone."""
    for name in names:
        found = [const for const in code.co_consts if isinstance(const, CodeType) and const.co_name == name]
        if not found:
            raise ValueError(name)
        code = found[-1]
    return code


def living(units: Sequence[Unit], texts: dict[str, str]) -> list[Living | None]:
    """Find the functions of units in memory, wherever they are bound; None where there is none."""
    census = Census()
    functions: dict[tuple[str, int, str], list[FunctionType]] = {}
    real: dict[str, str] = {}
    for thing in census.functions:
        code = thing.__code__
        name = real.get(code.co_filename) or real.setdefault(code.co_filename, os.path.realpath(code.co_filename))
        functions.setdefault((name, code.co_firstlineno, code.co_name), []).append(thing)
    found: list[Living | None] = []
    for unit in units:
        alive = functions.get((os.path.realpath(unit.path), unit.first_line, unit.name))
        if unit.function:
            found.append(Living(unit, texts[unit.path], alive, census) if alive else None)
        else:
            found.append(Living(unit, texts[unit.path], [], census) if module_of(unit.path) else None)
    return found


def module_of(path: str) -> ModuleType | None:
    """Return the module that was imported from a file."""
    wanted, ending = os.path.realpath(path), os.path.basename(path)
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and name.endswith(ending) and os.path.realpath(name) == wanted:
            return module
    return None


def reload(path: str, text: str) -> None:
    """Run a module's changed text in its own name space, and let other modules see what it defines now.

    There is no way back: for a process of its own.
    """
    module = module_of(path)
    if module is None:
        raise ValueError(path)
    before = dict(module.__dict__)
    exec(compile(text, str(module.__file__), "exec"), module.__dict__)
    replaced = {
        id(old): (name, module.__dict__[name])
        for name, old in before.items()
        if not name.startswith("__") and name in module.__dict__ and module.__dict__[name] is not old
    }
    for other in list(sys.modules.values()):
        names = getattr(other, "__dict__", {})
        for name, value in list(names.items()) if other is not module else ():
            if id(value) in replaced and (isinstance(value, (FunctionType, type)) or replaced[id(value)][0] == name):
                names[name] = replaced[id(value)][1]


_KNOWN = ("_pytest", "pytest", "logging", "re", "typing", "pathlib", "decimal", "datetime", "functools", "unittest",
          "collections", "enum", "fractions", "importlib", "types")  # fmt: skip
"""Modules whose objects tests do not change, or of which the changes can be seen."""


class Belongings:
    """What some modules hold, as it was. `lasting`: objects among it may change without being seen to."""

    def __init__(self, spaces: Sequence[dict[str, Any]]) -> None:
        held = [thing for space in spaces for name, thing in space.items() if not name.startswith("__")]
        inside = [each for thing in held if isinstance(thing, type) for each in vars(thing).values()]
        watched = [t for t in [*held, *inside] if isinstance(t, (dict, list, set)) and len(t) <= WATCHED_LENGTH]
        self._kept = [(thing, thing.copy()) for thing in watched]
        self.lasting = any(_may_change(thing) for thing in [*held, *(each for t in watched for each in _within(t))])

    def changed(self) -> bool:
        """Tell whether a candidate left its traces, so that the next one needs a fresh process."""
        try:
            return any(len(thing) != len(copy) or thing != copy for thing, copy in self._kept)
        except Exception:
            return False


def _within(container: Any) -> list[Any]:
    return list(container.values()) if isinstance(container, dict) else list(container)


def _may_change(thing: object) -> bool:
    kind = type(thing)
    if kind.__module__ == "builtins":
        return isinstance(thing, (dict, list, set)) and len(thing) > WATCHED_LENGTH
    return not isinstance(thing, type) and kind.__module__.partition(".")[0] not in _KNOWN

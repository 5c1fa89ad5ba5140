"""Which distribution a missing module or package is of, and whether its name may be trusted.

Names that nobody knows are where typosquatters sit. So a name is proposed only if it is in the tables of `known/`, or
if the repository names it itself, or if the index has had it for long; and a name that is one edit from a known one,
or a known one with an ornament, is never proposed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SEPARATORS = re.compile(r"[-_.]+")
_LOOK_ALIKE = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "$": "s"})
_ORNAMENTS = re.compile(
    r"^(?:python\d?-?|py-?|node-?|lib-?|the-?)|(?:-?(?:python\d?|py|js|node|lib|dev|api|sdk|\d))$"
)
_SHORTEST = 4
"""Letters of a name from which on one edit is telling; shorter unknown names are all too close to something."""


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return _SEPARATORS.sub("-", name).lower()


@cache
def _lines(name: str) -> tuple[tuple[str, ...], ...]:
    text = files(__package__).joinpath("known", name).read_text()
    return tuple(tuple(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def python_table() -> dict[str, str]:
    """Return known modules, dotted ones too, and the distributions that provide them."""
    return {words[0]: words[-1] for words in _lines("python.txt")}


@cache
def python_names() -> frozenset[str]:
    """Return the normal names of all known distributions."""
    return frozenset(normal(name) for name in python_table().values())


@cache
def npm_names() -> frozenset[str]:
    """Return the known packages of npm."""
    return frozenset(word for words in _lines("npm.txt") for word in words)


def provider(module: str) -> str | None:
    """Return the known distribution of a module, by the longest part of its dotted name; None if none is known."""
    parts = module.split(".")
    table = python_table()
    return next((table[name] for n in range(len(parts), 0, -1) if (name := ".".join(parts[:n])) in table), None)


def suspicious(name: str, known: frozenset[str]) -> str | None:
    """Return the known name that an unknown one could be taken for; None if it is like none."""
    bare = normal(name).translate(_LOOK_ALIKE)
    if normal(name) in known:
        return None
    joined = bare.replace("-", "")
    for other in sorted(known):
        plain = normal(other)
        close = plain.translate(_LOOK_ALIKE).replace("-", "")
        if joined == close or _ORNAMENTS.sub("", bare) in (plain, close) or one_edit(joined, close):
            return other
    return "shorter names" if len(joined) < _SHORTEST else None


def one_edit(one: str, other: str) -> bool:
    """Tell whether two words differ by at most one letter more, less, changed, or two neighbours exchanged."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return True
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])

"""How a check calls its test runner, so that the oracle can call it the same way."""

from __future__ import annotations

import re
import shlex

import msgspec

_PYTHON = r"(?:[\w./-]*/)?python[\d.]*"
_PYTEST = re.compile(
    rf"^(?P<before>.*?)(?P<python>{_PYTHON} -m )?(?:[\w./-]*/)?(?:pytest|py\.test)(?P<args>(?:\s.*)?)$"
)
_DOCTEST = re.compile(rf"^(?P<before>.*?)(?P<python>{_PYTHON}) -m doctest(?P<args>(?:\s.*)?)$")
_MOVED = re.compile(r"^cd (?:'(?P<quoted>[^'/.][^']*?)'|(?P<plain>\w[\w./-]*?))/? && (?P<then>.*)$")
"""How a check of a project in a folder begins."""
_UNITTEST = re.compile(rf"^(?P<before>.*?)(?P<python>{_PYTHON}) -m unittest(?P<args>(?:\s.*)?)$")


class Runner(msgspec.Struct, frozen=True):
    """A test runner: `python` is the shell text that starts the interpreter it runs under.

    `from_here`: the folder it runs in is on the import path, as with `python -m`. `folder` is that of the tree, ""
    for the root.
    """

    kind: str
    python: str
    args: tuple[str, ...]
    from_here: bool
    folder: str = ""


def runner_of(command: str) -> Runner | None:
    """Return how a command runs the tests; None for a command that cannot be looked into."""
    moved = _MOVED.match(command)
    folder, command = (moved["quoted"] or moved["plain"], moved["then"]) if moved else ("", command)
    if re.search(r"[|;&<>`$]", command):
        return None
    for kind, pattern in (("pytest", _PYTEST), ("unittest", _UNITTEST), ("doctest", _DOCTEST)):
        found = pattern.match(command.strip())
        if found:
            python = (found["python"] or "python").removesuffix(" -m ")
            args = tuple(word for word in shlex.split(found["args"]) if not word.startswith(("--junit", "--cov")))
            return Runner(kind, f"{found['before']}{python}", args, kind != "pytest" or bool(found["python"]), folder)
    return None

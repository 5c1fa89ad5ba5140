"""Small programs, each with one wrong edit, and the tests that tell. Written for this suite, from no benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Seeded(NamedTuple):
    """A program, the words in it that become wrong, and statements that the right program satisfies."""

    name: str
    right: str
    fault: str
    becomes: str
    tests: str


def read_seeded() -> list[Seeded]:
    """Return the programs of `seeded.txt`."""
    found = []
    for entry in Path(__file__).with_name("seeded.txt").read_text().split("=== ")[1:]:
        name, _, rest = entry.partition("\n")
        right, rest = rest.split("--- fault\n")
        fault, rest = rest.split("--- becomes\n")
        becomes, tests = rest.split("--- tests\n")
        found.append(Seeded(name, right, fault.rstrip("\n"), becomes.rstrip("\n"), tests.strip()))
    return found


def project(seeded: Seeded) -> dict[str, str]:
    """Return a project with the fault in it. Each `assert` is a test, unless other statements stand beside them."""
    source = seeded.right.replace(seeded.fault, seeded.becomes)
    assert source != seeded.right, seeded.name
    lines = seeded.tests.split("\n")
    bodies = [[line] for line in lines] if all(line.startswith("assert") for line in lines) else [lines]
    tests = [f"def test_{n}():\n" + "".join(f"    {line}\n" for line in body) for n, body in enumerate(bodies)]
    return {"program.py": source, "tests/test_program.py": "from program import *\n\n\n" + "\n\n".join(tests)}

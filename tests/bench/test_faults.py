"""Faults are injected by rule: each rule makes what it says, and what does not matter is not taken for a fault."""

from __future__ import annotations

import pytest

from bench.faults.rules import RULES, faults, sound
from bench.faults.source import Source, hurt

MADE = {
    "arithmetic": ("return a + b", "return a - b"),
    "relation": ("return a < b", "return a <= b"),
    "connective": ("return a and b", "return a or b"),
    "clause": ("return a and b", "return a"),
    "negation": ("return 1 if a else 2", "return 1 if not (a) else 2"),
    "constant": ("return 3", "return 4"),
    "wrong_name": ("return a", "return b"),
    "wrong_attribute": ("self.x = self.y", "self.x = self.x"),
    "sibling": ("return min(a, b)", "return max(a, b)"),
    "arguments": ("return f(a, b)", "return f(b, a)"),
    "operands": ("return a - b", "return b - a"),
    "missing_call": ("return a.strip()", "return a"),
    "off_by_one": ("return range(a)", "return range(a + 1)"),
    "slicing": ("return a[1:b]", "return a[:b]"),
    "result": ("return a + 1", "return None"),
    "deletion": ("a = 1\n    return a", "return a"),
    "guard": ("if a:\n        b = 1\n    return b", "return b"),
    "assignment": ("a += b\n    return a", "a -= b\n    return a"),
    "exceptions": ("raise KeyError(a)", "raise ValueError(a)"),
    "loop": ("for c in a:\n        break", "for c in a:\n        continue"),
    "default": ("return a", "return a"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_makes_its_fault(rule: str) -> None:
    before, after = (f"def made(self, a, b, c=True):\n    {body}\n" for body in MADE[rule])
    if rule == "default":
        after = after.replace("c=True", "c=False")
    source = Source("made.py", before.encode())
    made = {hurt(source.content, (fault,)).decode() for fault in faults(source) if fault.rule == rule}
    assert after in made


def test_what_says_the_same_or_nothing_is_no_fault() -> None:
    source = Source("made.py", b'def f(a):\n    """Text."""\n    if a: return a\n    return (a) + 1\n')
    kept = [fault for fault in faults(source) if sound(source, fault)]
    assert kept
    assert all('"""Text."""' in hurt(source.content, (fault,)).decode() for fault in kept)
    assert len({hurt(source.content, (fault,)) for fault in kept}) > 5


def test_the_places_are_bytes() -> None:
    source = Source("made.py", 'def f(a, b):\n    return g("ä€", a < b)\n'.encode())
    assert 'def f(a, b):\n    return g("ä€", a >= b)\n' in {
        hurt(source.content, (f,)).decode() for f in faults(source)
    }

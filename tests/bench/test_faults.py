"""Faults are injected by rule: each rule makes what it says, and what does not matter is not taken for a fault."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.faults.hiding import functions_that_test, hidden_half, hide
from bench.faults.injecting import Case, cases
from bench.faults.measuring import Result, known, sample
from bench.faults.packages import packages
from bench.faults.reasons import (
    CHOICES,
    NO_SEARCH,
    NO_TEMPLATE,
    NOT_LOCALISED,
    NOT_REACHED,
    ORACLE,
    REFUSED,
    UNDONE,
    why,
)
from bench.faults.rules import RULES, faults, sound
from bench.faults.source import Fault, Source, hurt

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


def test_hidden_tests_are_taken_out_and_the_rest_stays_whole(tmp_path: Path) -> None:
    text = (
        "import pytest\n\n\n@pytest.mark.parametrize('x', [1])\ndef test_a(x):\n    assert x\n\n\n"
        "class TestB:\n    def test_c(self):\n        test_d()\n\n\ndef test_d():\n    pass\n"
    )
    (tmp_path / "test_x.py").write_text(text)
    functions = functions_that_test(tmp_path)
    assert functions == {"test_x.py::test_a", "test_x.py::TestB::test_c"}  # test_d is called by another one
    hide(tmp_path, functions)
    left = (tmp_path / "test_x.py").read_text()
    assert "test_a" not in left
    assert "parametrize" not in left
    assert "class TestB:\n    pass" in left
    assert "def test_d" in left
    compile(left, "test_x.py", "exec")


def test_half_of_many_tests_are_hidden_and_always_the_same() -> None:
    units = [f"test_x.py::test_{number}" for number in range(400)]
    hidden = hidden_half(units, 1)
    assert 150 < len(hidden) < 250
    assert hidden == hidden_half(reversed(units), 1) != hidden_half(units, 2)


def test_a_sample_has_every_rule_before_it_has_one_twice() -> None:
    edits = [Fault(rule, "a.py", at, at + 1, "", 1, "f") for rule in RULES for at in range(5)]
    all_cases = [Case(f"{edit.rule}{edit.start}", "a", (edit,), 1, ()) for edit in edits]
    taken = sample(all_cases, len(RULES))
    assert {case.rule for case in taken} == set(RULES)
    assert {case.name for case in taken} == {case.name for case in sample(all_cases[::-1], len(RULES))}
    assert sorted(case.name for case in sample(all_cases, None)) == sorted(case.name for case in all_cases)


def test_a_run_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    left = Result("a", "p", "r", 1, 2, True, True, True, 0, False, 1.0, 1.0, 3, 3.0, "")
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in (left, replace(left, case="b"))))
    assert known(file, {"a", "c"}) == [left]
    assert known(None, {"a"}) == known(tmp_path / "none", {"a"}) == []


def test_the_set_is_as_large_and_as_mixed_as_it_says() -> None:
    found = cases()
    assert len(found) >= 200
    assert len({case.name for case in found}) == len(found)
    assert {case.package for case in found} == {package.name for package in packages()}
    assert {edit.rule for case in found for edit in case.edits} == set(RULES)
    assert {len(case.edits) for case in found} == {1, 2}
    assert all(case.failing > 0 for case in found)


def test_why_a_fault_was_not_mended_is_told(tmp_path: Path) -> None:
    whole, hurt_file = tmp_path / "whole.py", tmp_path / "hurt.py"
    whole.write_text("def f(a, b):\n    return a - b\n\n\ndef g(a):\n    return h(a, 17, deep=13)\n")
    hurt_file.write_text("def f(a, b):\n    return a + b\n\n\ndef g(a):\n    return 0\n")
    near, far = (
        Case("c", "p", (Fault("rule", "m.py", 0, 0, "", line, name),), 1, ()) for line, name in ((2, "f"), (6, "g"))
    )
    units = ["m.py:f", "m.py:g"]

    def reason(case: Case, answer: dict[str, object] | None, choices: int = 0) -> str:
        return why(case, answer, choices, 30.0, hurt_file, whole)

    assert reason(near, None) == NO_SEARCH
    assert reason(near, {"error": "no test was collected"}) == ORACLE
    assert reason(near, {"units": units[1:]}) == NOT_LOCALISED
    assert reason(near, {"units": units}, choices=2) == CHOICES
    assert reason(near, {"units": units, "patches": [{}]}) == UNDONE
    assert reason(far, {"units": units, "seconds": 20.0}) == NO_TEMPLATE
    assert reason(near, {"units": units, "seconds": 20.0}) == NOT_REACHED
    assert reason(near, {"units": units, "seconds": 2.0}) == REFUSED

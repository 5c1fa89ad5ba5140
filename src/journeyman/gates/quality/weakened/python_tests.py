"""Python tests before and after: deleted, skipped, said less, said something else, kept from failing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_test
from journeyman.gates.quality.weakened.claims import Claim
from journeyman.gates.quality.weakened.python_units import TestFile, Unit, parsed, read_test_file
from journeyman.gates.quality.weakened.verdicts import blocks, warns


class Pair(msgspec.Struct, frozen=True):
    """A unit that exists before and after the change."""

    path: str
    before: Unit
    after: Unit
    file: TestFile
    """The file after the change."""


async def python_weakenings(comparison: Comparison) -> Iterable[Finding]:
    """Return what the change did to Python tests, helpers and fixtures."""
    edits = [edit for edit in comparison.edits if edit.path.endswith(".py") and is_test(edit.path)]
    files = [(edit, read_test_file(edit.before), read_test_file(edit.after)) for edit in edits]
    fresh = [unit for _, old, new in files if new for unit in _fresh(old, new)]
    removed = _gone_from_source(comparison)
    found: list[Finding] = []
    for edit, old, new in files:
        if new and edit.after is not None:
            found += _collection(edit, old if edit.before is not None else None, new)
        if edit.before is None or old is None:
            continue
        found += _deleted(edit, old, new, fresh, removed)
        if new:
            found += _file_skips(edit, old, new)
            pairs = [Pair(edit.path, old.units[name], new.units[name], new) for name in old.units.keys() & new.units]
            found += [finding for pair in pairs for rule in PAIR_RULES for finding in rule(pair)]
    return found


def _fresh(old: TestFile | None, new: TestFile) -> list[Unit]:
    """Return the tests that are new or changed."""
    known = old.units if old else {}
    return [unit for name, unit in new.units.items() if unit.is_test and known.get(name) != unit]


def _deleted(
    edit: Edit, old: TestFile, new: TestFile | None, fresh: list[Unit], removed: set[str]
) -> Iterator[Finding]:
    """A test is gone unless it moved, got another name, or became part of another."""
    kept = new.units if new and edit.after is not None else {}
    for name, unit in old.units.items():
        if not unit.is_test or (name in kept and kept[name].is_test):
            continue
        if any(_carries_on(other, unit) for other in fresh):
            continue
        said = f"the test {name.replace('::', '.')} is gone"
        if removed & unit.names:
            yield warns("deleted", f"{said}, with what it tested", edit.path)
        else:
            yield blocks("deleted", said, edit.path, unit.line if edit.after is not None else 0)


def _carries_on(other: Unit, unit: Unit) -> bool:
    """Whether a new or changed test claims all that a test claimed which is no longer there."""
    if other.skips > unit.skips or (unit.claims and all(claim.form == "trivial" for claim in other.claims)):
        return False
    if {claim.text for claim in unit.claims} <= {claim.text for claim in other.claims}:
        same_name = other.name.rpartition("::")[2] == unit.name.rpartition("::")[2]
        return bool(unit.claims) or same_name or other.literals == unit.literals
    strong = max((claim.strength for claim in other.claims), default=0) >= max(
        (claim.strength for claim in unit.claims), default=0
    )
    called = {name for claim in unit.claims for name in claim.names} - unit.locals
    wanted = Counter(literal for claim in unit.claims for literal in claim.literals)
    return strong and called <= other.names and set(wanted) <= set(other.literals) and bool(wanted)


def _gone_from_source(comparison: Comparison) -> set[str]:
    """Return functions and classes that the change took out of the source altogether."""
    before = {name for edit in comparison.edits for name in _defined(edit, edit.before)}
    return before - {name for edit in comparison.edits for name in _defined(edit, edit.after)}


def _defined(edit: Edit, text: str | None) -> set[str]:
    if is_test(edit.path) or not edit.path.endswith(".py") or text is None:
        return set()
    module = parsed(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(module) if isinstance(node, kinds)} if module else set()


def _file_skips(edit: Edit, old: TestFile, new: TestFile) -> Iterator[Finding]:
    if new.skips > old.skips:
        yield blocks("skip", "the whole file is skipped now", edit.path)


def _collection(edit: Edit, old: TestFile | None, new: TestFile) -> Iterator[Finding]:
    """What decides which tests run: hooks and lists of ignored files, mostly in conftest.py."""
    known = old.hooks if old else {}
    for name, text in new.hooks.items():
        if known.get(name) != text:
            yield blocks("collection", f"{name} decides which tests run or how they end", edit.path, evidence=text)
    for path in sorted(set(new.ignored) - set(old.ignored if old else ())):
        yield blocks("collection", f"{path} is not collected any more", edit.path)


def _skipped(pair: Pair) -> Iterator[Finding]:
    if pair.after.skips > pair.before.skips:
        yield blocks("skip", f"{_called(pair)} is skipped now", pair.path, pair.after.line)


def _swallowed(pair: Pair) -> Iterator[Finding]:
    if pair.after.swallowed > pair.before.swallowed:
        yield blocks("swallowed", f"{_called(pair)} cannot fail: errors are swallowed", pair.path, pair.after.line)


def _unreachable(pair: Pair) -> Iterator[Finding]:
    if pair.after.unreachable > pair.before.unreachable:
        yield blocks("unreachable", f"{_called(pair)} never reaches its assertions", pair.path, pair.after.line)


def _conditional(pair: Pair) -> Iterator[Finding]:
    if pair.after.conditional > pair.before.conditional and len(pair.after.claims) <= len(pair.before.claims):
        yield blocks("conditional", f"{_called(pair)} asserts only sometimes now", pair.path, pair.after.line)


def _cases(pair: Pair) -> Iterator[Finding]:
    """Rows that are gone, unless another row has all their values."""
    lost = Counter(pair.before.cases) - Counter(pair.after.cases)
    new = list((Counter(pair.after.cases) - Counter(pair.before.cases)).elements())
    for row in lost.elements():
        heir = next((other for other in new if not Counter(row) - Counter(other)), None)
        if heir is not None:
            new.remove(heir)
        elif new and len(pair.after.cases) >= len(pair.before.cases):
            said = f"a case of {_called(pair)} has other values now"
            yield blocks("expectation", said, pair.path, pair.after.line, ", ".join(row))
        elif not set(row) <= set(pair.after.literals):
            yield blocks("cases", f"a case of {_called(pair)} is gone", pair.path, pair.after.line, ", ".join(row))


def _claims(pair: Pair) -> Iterator[Finding]:
    """Compare what is claimed: each claim that is gone must have an heir that says as much."""
    known = Counter(claim.text for claim in pair.after.claims)
    lost: list[Claim] = []
    for claim in pair.before.claims:
        if known[claim.text]:
            known[claim.text] -= 1
        else:
            lost.append(claim)
    old = Counter(claim.text for claim in pair.before.claims)
    new = [claim for claim in pair.after.claims if not _taken(old, claim.text)]
    for claim in lost:
        heir = max(new, key=lambda other: _likeness(claim, other), default=None)
        if heir is None or _likeness(claim, heir) == 0:
            if not _covered(claim, new, pair.after):
                yield blocks(
                    "assertion", f"{_called(pair)} no longer checks this", pair.path, pair.after.line, claim.text
                )
            continue
        new.remove(heir)
        yield from _judged(pair, claim, heir)


def _taken(counts: Counter[str], text: str) -> bool:
    taken = counts[text] > 0
    counts[text] -= taken
    return taken


def _likeness(claim: Claim, other: Claim) -> int:
    same_names = len(set(claim.names) & set(other.names))
    same_sides = 6 * (claim.left == other.left) + 2 * (claim.right == other.right)
    same_kind = claim.form == other.form or (claim.form.startswith("raises") and other.form.startswith("raises"))
    return same_sides + 2 * same_names + same_kind + (other.form == "trivial")


def _covered(claim: Claim, new: list[Claim], after: Unit) -> bool:
    """Whether what a claim said is part of others, such as two comparisons made into one of tuples."""
    if not claim.literals:
        return any(
            set(claim.names) <= set(other.names) and other.strength >= claim.strength for other in after.claims
        )
    said = {
        literal for other in (*new, *after.claims) if other.strength >= claim.strength for literal in other.literals
    }
    rows = {literal for row in after.cases for literal in row}
    return set(claim.literals) <= said | rows and set(claim.names) - {*after.locals} <= after.names


def _judged(pair: Pair, claim: Claim, heir: Claim) -> Iterator[Finding]:
    evidence = f"before: {claim.text}; now: {heir.text}"
    if heir.form == "trivial":
        if claim.form != "trivial":
            yield blocks(
                "trivial", f"an assertion of {_called(pair)} is always true now", pair.path, heir.line, evidence
            )
    elif heir.strength < claim.strength:
        yield blocks("loosened", f"{_called(pair)} asserts less than before", pair.path, heir.line, evidence)
    elif heir.form == claim.form and heir.tolerance > claim.tolerance:
        yield blocks("loosened", f"{_called(pair)} tolerates more than before", pair.path, heir.line, evidence)
    elif _says_else(pair, claim, heir):
        yield blocks("expectation", f"{_called(pair)} expects something else", pair.path, heir.line, evidence)


def _says_else(pair: Pair, claim: Claim, heir: Claim) -> bool:
    """Whether two claims of the same weight differ in more than the names of things that were renamed."""
    if heir.strength > claim.strength and (claim.left == heir.left or set(claim.literals) <= set(heir.literals)):
        return False
    rows = {literal for row in pair.after.cases for literal in row}
    if claim.literals != heir.literals:
        return not set(claim.literals) - set(heir.literals) <= rows
    gone = set(claim.names) - set(heir.names) - pair.before.locals
    return bool(gone & pair.file.names) or (claim.form != heir.form and claim.strength == heir.strength)


def _inputs(pair: Pair) -> Iterator[Finding]:
    """The claims are the same, yet a value in the body is another."""
    same = Counter(c.text for c in pair.before.claims) == Counter(c.text for c in pair.after.claims)
    lost = pair.before.literals - pair.after.literals
    if pair.before.is_test and same and pair.before.cases == pair.after.cases and lost and pair.before.claims:
        yield warns(
            "inputs", f"{_called(pair)} works on other values now", pair.path, pair.after.line, ", ".join(lost)
        )


def _called(pair: Pair) -> str:
    kind = "the test" if pair.after.is_test else "the helper"
    return f"{kind} {pair.after.name.replace('::', '.')}"


PAIR_RULES: tuple[Callable[[Pair], Iterable[Finding]], ...] = (
    _skipped,
    _swallowed,
    _unreachable,
    _conditional,
    _cases,
    _claims,
    _inputs,
)
"""The rules on one unit before and after."""

"""Finds the readings of a broken text: the cheapest edits after which it compiles, fault by fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from journeyman.repair.fixers.syntax import blocks, brackets, python2, quotes, wording
from journeyman.repair.fixers.syntax.compiling import Compiler, Fault
from journeyman.repair.fixers.syntax.edit import Edit, Editor
from journeyman.repair.fixers.syntax.plausibility import meaning_of, names_in, oddity
from journeyman.repair.fixers.syntax.tokens import Page

EDITORS: tuple[Editor, ...] = (
    python2.leftovers, brackets.colons, brackets.closers, brackets.mismatched, brackets.commas, brackets.positions,
    blocks.indentation, quotes.single, quotes.triple, quotes.formatted, wording.keywords,
    wording.missing_keywords, wording.operators, wording.characters, wording.numbers,
)  # fmt: skip
"""Every kind of edit but the last resort, `wording.anything`."""

_WIDTH = 5
"""Texts with further faults that are carried on."""

_DEEPEST = 8
"""Faults mended in one window."""

_BATCH = 600
_SOLUTIONS = 8

_BEGINS = re.compile(
    r"(?:def|class|async|@|if|for|while|try|with|import|from|[^\W\d][\w.]*(?:\[[^\]]*\])?\s*(?::[^=\n]+)?=|[^\W\d][\w.]*\()"
)
"""A line on which a statement of the outermost level begins, if it begins one."""


class Reading(msgspec.Struct, frozen=True):
    """A text that compiles, what was done for it, and how unlikely it is to be what was meant."""

    text: str
    what: tuple[str, ...]
    cost: float


class _State(msgspec.Struct, frozen=True):
    text: str
    fault: Fault
    what: tuple[str, ...] = ()
    cost: float = 0.0


async def readings(text: str, compiler: Compiler) -> list[Reading]:
    """Return the likeliest texts that compile, likeliest first; [] if none was found.

    The text is taken apart at the outermost level, so faults far from each other are mended one by one.
    """
    pieces = list(_pieces(text))
    faults = await compiler.texts(pieces)
    if faults is None:
        return []
    groups = await _groups(pieces, [fault is not None for fault in faults], compiler)
    found = [Reading("", (), 0.0)]
    for group, broken in groups:
        if broken:
            inner = await _mended(group, names_in(text.replace(group, "")), compiler)
            if not inner:
                return await _mended(text, frozenset(), compiler) if len(groups) > 1 else []
            found = _product(found, inner)
        else:
            found = [Reading(r.text + group, r.what, r.cost) for r in found]
    judged = await compiler.texts([reading.text for reading in found])
    whole = [reading for reading, fault in zip(found, judged or [], strict=False) if fault is None]
    return whole or (await _mended(text, frozenset(), compiler) if len(groups) > 1 else [])


def _product(left: list[Reading], right: list[Reading]) -> list[Reading]:
    pairs = [Reading(a.text + b.text, (*a.what, *b.what), a.cost + b.cost) for a in left for b in right]
    return sorted(pairs, key=lambda reading: reading.cost)[:_SOLUTIONS]


def _pieces(text: str) -> Iterator[str]:
    """Yield the statements of the outermost level, as far as the first columns tell; together they are the text."""
    start, decorated = 0, False
    for line in re.finditer(r"[^\n]*\n|[^\n]+", text):
        if _BEGINS.match(line.group()):
            if not decorated and line.start() > start:
                yield text[start : line.start()]
                start = line.start()
            decorated = line.group().startswith("@")
    if start < len(text):
        yield text[start:]


async def _groups(pieces: list[str], broken: list[bool], compiler: Compiler) -> list[tuple[str, bool]]:
    """Join neighbours that are broken, and tell which of the joined texts still are."""
    joined: list[tuple[str, bool]] = []
    for piece, bad in zip(pieces, broken, strict=True):
        if joined and joined[-1][1] == bad:
            joined[-1] = joined[-1][0] + piece, bad
        else:
            joined.append((piece, bad))
    faults = await compiler.texts([piece for piece, bad in joined if bad]) or []
    verdicts = iter(faults)
    return [(piece, bad and next(verdicts, None) is not None) for piece, bad in joined]


async def _mended(text: str, known: frozenset[str], compiler: Compiler) -> list[Reading]:
    first = await compiler.texts([text])
    if not first or first[0] is None:
        return []
    states, found = [_State(text, first[0])], list[Reading]()
    for _ in range(_DEEPEST):
        ahead: list[_State] = []
        for state in states:
            solved, further = await _step(state, EDITORS, compiler)
            if not solved and not further:
                solved, further = await _step(state, (*EDITORS, wording.anything), compiler)
            found += solved
            ahead += further
        if found or not ahead:
            break
        states = _best(ahead)
    return _ranked(found, known)


async def _step(state: _State, editors: Sequence[Editor], compiler: Compiler) -> tuple[list[Reading], list[_State]]:
    """Try all edits at one fault: return texts that compile, and those that fail further on."""
    edits = _edits(state, editors)
    faults = await compiler.edits(state.text, [edit.splices for edit in edits])
    solved, further = [], []
    for edit, fault in zip(edits, faults or [], strict=False):
        after, what = edit.made(state.text), (*state.what, edit.what)
        if fault is None:
            solved.append(Reading(after, what, state.cost + edit.cost))
        elif _ahead(state, edit, fault):
            further.append(_State(after, fault, what, state.cost + edit.cost))
    return solved, further


def _edits(state: _State, editors: Sequence[Editor]) -> list[Edit]:
    page, found = Page(state.text), dict[str, Edit]()
    for editor in editors:
        for edit in editor(page, state.fault):
            after = edit.made(state.text)
            if after != state.text and (after not in found or edit.cost < found[after].cost):
                found[after] = edit
    return sorted(found.values(), key=lambda edit: edit.cost)[:_BATCH]


def _ahead(state: _State, edit: Edit, fault: Fault) -> bool:
    """Tell whether a fault lies behind the one that was mended, or is another of its kind."""
    if edit.cost > 1.0:
        return fault.line > state.fault.line + 1
    closed = "never closed" in state.fault.message and "never closed" in fault.message
    return fault.line > state.fault.line or (closed and fault != state.fault) or _later(state.fault, fault)


def _later(old: Fault, new: Fault) -> bool:
    return new.line == old.line and new.column > old.column + 1 and new.message != old.message


def _best(states: list[_State]) -> list[_State]:
    """Return the states to carry on: cheap ones, and those that come far."""
    far = max(state.fault.line for state in states)
    unique = {state.text: state for state in sorted(states, key=lambda s: -s.cost)}
    return sorted(unique.values(), key=lambda s: s.cost + 0.02 * (far - s.fault.line))[:_WIDTH]


def _ranked(found: list[Reading], known: frozenset[str]) -> list[Reading]:
    """Return the readings that mean different things, likeliest first, their oddity counted."""
    cheapest = sorted(found, key=lambda reading: reading.cost)[: 12 * _SOLUTIONS]
    odd = [oddity(reading.text, known) for reading in cheapest]
    least = min(odd, default=0.0)
    weighed = [Reading(r.text, r.what, r.cost + more - least) for r, more in zip(cheapest, odd, strict=True)]
    unique: dict[str, Reading] = {}
    for reading in sorted(weighed, key=lambda r: r.cost):
        unique.setdefault(meaning_of(reading.text) or reading.text, reading)
    return list(unique.values())[:_SOLUTIONS]

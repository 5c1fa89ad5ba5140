"""Tells what a change leaves unfinished: marks in the code, callers not adapted, tests and documentation missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from journeyman.codebase import Code, Kind, Symbol, is_aside, is_test
from journeyman.domain.failing import Failing

NEAR = 5
"""Lines between a change and a mark that still belongs to it."""

SURE = 0.5
MOST_CALLERS = 10
MOST_FAILING, MOST_TESTS, MOST_NAMESAKES, MOST_UNTESTED = 20, 3000, 8, 4
LONGEST_SIGNATURE = 4000
HOPS = 3
"""Calls between a test and what it still exercises."""

DOCUMENTED = 0.6
"""Share of a file's functions with documentation from which on it is the habit there."""

_TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b.*")
_MARK = re.compile(_TODO.pattern + r"|\bNotImplementedError\b|\bunimplemented!\(|\btodo!\(")
_NAME = r"(?<![.\w]){}\s*(?:<[^<>(]*>|\[[^][(]*\])?\s*\("
_DEFINED = r"\b(?:def|func|function|fn|fun)\s+(?:\([^()]*\)\s*)?" + _NAME
_OWNER = r"\b(?:class|struct|interface|trait|impl|object)\b[^\n]*\b{}\b"

_MAY_BE_LEFT_OUT = r"=|^\*|\.\.\.|\?:|\?$|^/$"
_ASIDE_TESTS = ("rust",)
"""Languages whose tests stand in the same files."""

_FUNCTIONS = (Kind.FUNCTION, Kind.METHOD)


class Touched(msgspec.Struct, frozen=True):
    """A file that a change touches: its lines that are new, counted from 1, and its text before, "" if it is new."""

    path: str
    lines: frozenset[int]
    before: str


class Suggestion(msgspec.Struct, frozen=True):
    """A next step: what is to be done where, and why. `confidence` is from 0 to 1."""

    kind: str
    path: str
    line: int
    what: str
    confidence: float


def suggest_next_steps(code: Code, change: Sequence[Touched], failing: Sequence[Failing] = ()) -> list[Suggestion]:
    """Return what a change leaves unfinished, the surest first. `failing` is what is known to fail."""
    found = [*_failing(code, failing)]
    untested: list[Symbol] = []
    for touched in change:
        found += _marks(code, touched)
        if is_test(touched.path) or is_aside(touched.path):
            continue
        symbols = [each for each in code.symbols(touched.path) if each.kind in _FUNCTIONS]
        mine = [each for each in symbols if touched.lines & set(range(each.line, each.end_line + 1))]
        for symbol in mine:
            found += _callers(code, symbol, touched, change)
        if _is_tested(code, touched.path):
            outer = [each for each in mine if is_public(each) and not _is_within(each, symbols)]
            untested += [each for each in outer if not _is_exercised(code, each)]
        found += _undocumented(mine, symbols)
    found += _untested(code, untested)
    return sorted(found, key=lambda each: (-each.confidence, each.path, each.line, each.kind))


def _failing(code: Code, failing: Sequence[Failing]) -> Iterator[Suggestion]:
    paths = code.paths()
    for each in failing[:MOST_FAILING]:
        path = each.path if each.path in paths else each.name.partition("::")[0]
        if path not in paths and "::" in each.name:
            continue  # the test is gone
        line = each.line
        if path in paths and not line:
            name = re.split(r"::|\.", each.name.partition("[")[0])[-1]
            line = next((symbol.line for symbol in code.symbols(path) if symbol.name == name), 0)
        said = f": {' '.join(each.said.split())[:120]}" if each.said else ""
        changed = ", maybe before the last edit" if each.old else ""
        what = f"{each.name} failed {each.where}{changed}{said}"
        yield Suggestion("failing", path if path in paths else "", line, what, 0.6 if each.old else 0.95)


def _marks(code: Code, touched: Touched) -> Iterator[Suggestion]:
    for number, line in enumerate(code.text(touched.path).split("\n"), 1):
        mark = _MARK.search(line)
        added = number in touched.lines
        if mark and not added and not _TODO.search(line):
            continue  # what others left out is no business of this change
        if mark and any(near in touched.lines for near in range(number - NEAR, number + NEAR + 1)):
            words = f"{'the change leaves' if added else 'next to the change stands'}: {mark[0].strip()[:100]}"
            yield Suggestion("todo", touched.path, number, words, 0.9 if added else 0.5)


def _callers(code: Code, symbol: Symbol, touched: Touched, change: Sequence[Touched]) -> Iterator[Suggestion]:
    """Yield the callers of a function whose parameters are not as before, where the change does not touch them."""
    now = _parameters(symbol.signature, re.search(_NAME.format(re.escape(symbol.name)), symbol.signature))
    before = _parameters(touched.before, _defined(touched.before, symbol))
    if before is None or now is None or takes_what_it_took(before, now, symbol.language):
        return
    # JavaScript minds no missing argument: it may be meant.
    lax = symbol.language == "javascript" and len(now) > len(before)
    lines = {each.path: each.lines for each in change}
    for edge in code.callers(symbol)[:MOST_CALLERS]:
        caller = edge.source
        if (
            edge.confidence < SURE
            or (lax and is_test(caller.path))
            or lines.get(caller.path, frozenset()) & set(range(caller.line, caller.end_line + 1))
        ):
            continue
        called = _line_of(code.text(caller.path), caller, symbol.name)
        who = caller.qualified or caller.path
        what = f"{who} calls {symbol.qualified}, which takes ({', '.join(now)}) now, not ({', '.join(before)})"
        yield Suggestion("caller", caller.path, called, what[:300], round((0.6 if lax else 0.9) * edge.confidence, 2))


def _line_of(text: str, caller: Symbol, name: str) -> int:
    """Return the line where a caller first calls a name; its own first one if that is not seen."""
    call = re.compile(rf"\b{re.escape(name)}\s*\(")
    lines = text.split("\n")[caller.line - 1 : caller.end_line]
    return next((number for number, line in enumerate(lines, caller.line) if call.search(line)), caller.line)


def _defined(text: str, symbol: Symbol) -> re.Match[str] | None:
    """Return where a text defines a function, its opening parenthesis included; None if that cannot be told."""
    owner = symbol.qualified.rpartition(".")[0].rpartition(".")[2]
    inside = re.search(_OWNER.format(re.escape(owner)), text) if owner else None
    name = re.search(_NAME.format(re.escape(symbol.name)), symbol.signature)
    if name is None:
        return None
    as_now = r"\s+".join(map(re.escape, symbol.signature[: name.end()].split()))
    for pattern in (as_now, _DEFINED.format(re.escape(symbol.name))):
        found = list(re.compile(pattern).finditer(text, inside.start() if inside else 0))
        if len(found) == 1 or (found and inside):
            return found[0]
    return None


def _parameters(text: str, opened: re.Match[str] | None) -> tuple[str, ...] | None:
    """Return what stands between the parentheses that a match ends with; None if they do not close."""
    if opened is None:
        return None
    depth, start = 0, opened.end()
    parts: list[str] = []
    for at in range(start, min(len(text), start + LONGEST_SIGNATURE)):
        if text[at] in "([{<" and text[at - 1 : at + 1] != "-<":
            depth += 1
        elif text[at] in ")]}" or (text[at] == ">" and text[at - 1] not in "-="):
            if depth == 0:
                return tuple(each for each in (" ".join(part.split()) for part in [*parts, text[start:at]]) if each)
            depth -= 1
        elif text[at] == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return None


def takes_what_it_took(before: Sequence[str], now: Sequence[str], language: str) -> bool:
    """Tell whether a call that fitted still does: what callers see of each parameter is the same, and those that came
    at the end may be left out."""
    kept = zip(before, now, strict=False)
    if len(now) < len(before) or not all(_takes(old, new, language) for old, new in kept):
        return False
    return all(re.search(_MAY_BE_LEFT_OUT, each) for each in now[len(before) :])


def _takes(old: str, new: str, language: str) -> bool:
    """Tell whether a parameter takes what it took; it may have come to be one that can be left out."""
    return _seen(new, language) == _seen(old, language) and not ("=" in old and "=" not in new)


def _seen(parameter: str, language: str) -> str:
    """Return what a caller sees of a parameter: its name or its type, by the language."""
    bare = re.sub(r"\s*=.*", "", parameter)
    if language == "python":
        return bare.partition(":")[0].strip()
    if language == "javascript":
        return ""
    if language in ("typescript", "tsx", "rust"):
        return re.sub(r"\s", "", bare.partition(":")[2])
    if language == "go":
        return re.sub(r"^\w+\s+(?=\S)", "", bare)
    if language in ("c", "cpp", "java", "csharp"):
        return re.sub(r"\s", "", re.sub(r"(?<=[\s*&])\w+$", "", bare))
    return re.sub(r"\s", "", parameter)


def is_public(symbol: Symbol) -> bool:
    """Tell whether others may call a function, as far as its name or its signature says so."""
    if symbol.name.startswith(("_", "#")):
        return False
    if symbol.language == "go":
        return symbol.name[:1].isupper()
    if symbol.language == "rust":
        return "pub" in symbol.signature.split("fn ")[0] or symbol.kind is Kind.METHOD
    hidden = r"^\s*(?:private|static)\b" if symbol.language in ("c", "cpp") else r"\bprivate\b"
    return not re.search(hidden, symbol.signature.partition("(")[0])


def _is_tested(code: Code, path: str) -> bool:
    """Tell whether there are tests in the language of a file: how those in another one call it is not seen."""
    paths = code.paths()
    language = paths.get(path, "")
    return language in _ASIDE_TESTS or any(paths[each] == language and is_test(each) for each in paths)


def _is_within(symbol: Symbol, others: Sequence[Symbol]) -> bool:
    """Tell whether a function is defined in another one."""
    return any(symbol.qualified.startswith(f"{each.qualified}.") for each in others)


def _is_exercised(code: Code, symbol: Symbol) -> bool:
    """Tell whether a test is known to reach a function, itself or by what calls it."""
    seen, level = {symbol.id}, [symbol]
    for _ in range(HOPS):
        if any(code.tests(each) for each in level):
            return True
        callers = [edge.source for each in level for edge in code.callers(each)[:MOST_CALLERS]]
        level = [each for each in callers if each.id not in seen and each.kind in _FUNCTIONS][:MOST_CALLERS]
        seen |= {each.id for each in level}
    return False


def _untested(code: Code, symbols: Sequence[Symbol]) -> Iterator[Suggestion]:
    """Yield functions that no test reaches. Where a test mentions its name and its class's, it may be called in a way
    that cannot be followed."""
    doubts = {each.id: 1.0 for each in symbols}
    tests = (path for path in code.paths() if symbols and is_test(path))
    for text in map(code.text, islice(tests, MOST_TESTS)):
        for each in symbols:
            owner = each.qualified.rpartition(".")[0].rpartition(".")[2]
            if re.search(rf"\b{re.escape(owner or each.name)}\b", text):
                named = each.name in text and len(code.named(each.name)) <= MOST_NAMESAKES
                doubts[each.id] = min(doubts[each.id], 0.0 if named else 0.5)
    by_file: dict[str, list[tuple[float, Symbol]]] = {}
    for symbol in symbols:
        sure = (0.6 if symbol.complexity > 1 else 0.4) * doubts[symbol.id]
        if sure:
            by_file.setdefault(symbol.path, []).append((round(sure, 2), symbol))
    for path, found in by_file.items():
        found.sort(key=lambda each: (-each[0], each[1].line))
        for sure, symbol in found[: MOST_UNTESTED - (len(found) > MOST_UNTESTED)]:
            what = f"no test is known that exercises {symbol.qualified}"
            yield Suggestion("test", path, symbol.line, what, sure)
        if len(found) > MOST_UNTESTED:
            sure, first = found[MOST_UNTESTED - 1]
            more = f"nor {len(found) - MOST_UNTESTED + 1} further functions here, {first.qualified} and others"
            yield Suggestion("test", path, first.line, more, sure)


def _undocumented(mine: Sequence[Symbol], symbols: Sequence[Symbol]) -> Iterator[Suggestion]:
    others = [each for each in symbols if each not in mine and not each.name.startswith("_")]
    if len(others) < 2 or sum(bool(each.doc) for each in others) < DOCUMENTED * len(others):
        return
    for symbol in mine:
        if not symbol.doc and not symbol.name.startswith("_"):
            what = f"{symbol.qualified} has no documentation; the others here have"
            yield Suggestion("docs", symbol.path, symbol.line, what, 0.5)

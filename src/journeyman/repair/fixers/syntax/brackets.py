"""Brackets and commas: missing, extra and mismatched ones, and colons behind headers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.edit import Edit, insertion, replacement
from journeyman.repair.fixers.syntax.tokens import CLOSING, OPENING, Page, Word

HEADER = re.compile(
    r"^\s*(?:async\s+)?(?:if|elif|else|for|while|def|class|with|try|except|finally|match|case)\b(?!\s*[=.,)])"
)
_FURTHEST = 40
"""Lines below an opening bracket at which it may have been meant to close."""

_OPERATORS = frozenset("+-*/%<>.[(=:") | {"==", "!=", "<=", ">=", "and", "or", "not", "in", "is", "if", "else", "for"}


def colons(page: Page, fault: Fault) -> Iterator[Edit]:
    """Put a colon behind a header, or where the compiler expected one."""
    expected = fault.message.startswith("expected ':'") or "':' expected" in fault.message
    last = _word_before(page, page.offset(fault.line, fault.column))
    if expected and last:
        yield insertion(0.3, last.end, ":", "add the missing `:`")
    for line in {fault.line, page.code_before(fault.line)}:
        found = page.of_lines(line, line)
        if found and HEADER.match(page.line(line)) and found[-1].text != ":":
            yield insertion(0.5, found[-1].end, ":", "add the missing `:`")
            if found[-1].text in ";,.=-":
                yield replacement(0.5, found[-1].start, found[-1].end, ":", "end the header with `:`")


def closers(page: Page, fault: Fault) -> Iterator[Edit]:
    """Close a bracket that was never closed: where its statement seems to end, or else between two words."""
    told = bool(re.match(r"'[(\[{]' was never closed", fault.message))
    opening = page.offset(fault.line, fault.column) if told else _last_open(page, fault)
    if not 0 <= opening < len(page.text) or page.text[opening] not in OPENING:
        return
    close = OPENING[page.text[opening]]
    what = f"close the `{page.text[opening]}`"
    doubled = page.text[opening] in (page.text[opening + 1 : opening + 2], page.text[opening - 1 : opening])
    yield replacement(0.4 if doubled else 1.0, opening, opening + 1, "", f"take out the extra `{page.text[opening]}`")
    first = page.line_of(opening)
    likely = _end_of_statement(page, first)
    for line in range(first, min(first + _FURTHEST, len(page.lines)) + 1):
        yield from _closed_in(page, line, opening, close, what, (line != likely) * 0.5 + (not told) * 0.2)
        if line > likely + 3:
            return


def _closed_in(page: Page, line: int, opening: int, close: str, what: str, more: float) -> Iterator[Edit]:
    found = [word for word in page.of_lines(line, line) if word.start >= opening]
    if not found:
        return
    header = HEADER.match(page.line(page.line_of(opening))) and found[-1].text == ":" and len(found) > 1
    last = found[-2] if header else found[-1]
    own_line = page.line_of(opening) < line and page.text[opening + 1 : opening + 2] == "\n"
    if own_line:
        indent = page.indent(page.line_of(opening))
        yield insertion(0.3 + more, page.offset(line) + len(page.line(line)), f"\n{indent}{close}", what)
    yield insertion(0.3 + more + 0.2 * own_line, last.end, close, what)
    for word, after in itertools.pairwise(found):
        if word is not last and word.start != opening:
            yield insertion(0.6 + more if after.text in _OPERATORS else 1.0 + more, word.end, close, what)


def _end_of_statement(page: Page, first: int) -> int:
    """Return the line with which a statement seems to end: the next ones are not deeper than its first."""
    depth, last = len(page.indent(first).expandtabs()), first
    for line in range(first + 1, min(first + _FURTHEST, len(page.lines)) + 1):
        if not page.of_lines(line, line):
            continue
        words = page.line(line).strip()
        deeper = len(page.indent(line).expandtabs()) > depth
        if not deeper and words[:1] not in CLOSING:
            return last
        if HEADER.match(words) or re.match(r"(?:return|raise|import|from|pass|break|continue)\b", words):
            return last
        last = line
    return last


def _last_open(page: Page, fault: Fault) -> int:
    """Return where the innermost bracket was opened that is open at a fault; -1 if none is."""
    stack: list[int] = []
    at = len(page.text) if "EOF" in fault.message else page.offset(fault.line, fault.column)
    for word in page.words:
        if word.start >= at:
            break
        if word.kind == "op" and word.text in OPENING:
            stack.append(word.start)
        elif word.kind == "op" and word.text in CLOSING and stack:
            stack.pop()
    return stack[-1] if stack else -1


def mismatched(page: Page, fault: Fault) -> Iterator[Edit]:
    """Take out, exchange or open a closing bracket that fits no opening one."""
    at = page.offset(fault.line, fault.column)
    close = page.text[at : at + 1]
    if close not in CLOSING or not re.match(r"unmatched|closing parenthesis", fault.message):
        return
    yield replacement(0.5, at, at + 1, "", f"take out the extra `{close}`")
    other = re.search(r"opening parenthesis '(.)'(?: on line (\d+))?", fault.message)
    if other:
        right = OPENING[other[1]]
        yield replacement(0.6, at, at + 1, right, f"close with `{right}`")
        yield from _inserted_closers(page, int(other[2] or fault.line), at, right)
        for word in page.of_lines(int(other[2] or fault.line), fault.line):
            if word.text == other[1] and word.start < at:
                yield replacement(0.6, word.start, word.end, CLOSING[close], f"open with `{CLOSING[close]}`")
                yield replacement(0.8, word.start, word.end, "", f"take out the extra `{other[1]}`")
    for word in page.of_lines(fault.line, fault.line):
        if word.text == close and word.start != at:
            yield replacement(0.8, word.start, word.end, "", f"take out the extra `{close}`")
    yield from _inserted_openers(page, at, CLOSING[close])


def _inserted_closers(page: Page, first: int, before: int, right: str) -> Iterator[Edit]:
    found = [word for word in page.of_lines(first, page.line_of(before)) if word.start < before]
    for word, after in itertools.pairwise(found):
        ends_line = page.line_of(word.start) < page.line_of(after.start)
        yield insertion(0.6 if ends_line else 0.9, word.end, right, f"add the missing `{right}`")
    if found:
        yield insertion(0.4, found[-1].end, right, f"add the missing `{right}`")


def _inserted_openers(page: Page, before: int, opening: str) -> Iterator[Edit]:
    what = f"add the missing `{opening}`"
    first = page.line_of(before)
    start = max(1, _opened_above(page, first))
    found = [word for word in page.of_lines(start, first) if word.start <= before]
    for word, after in itertools.pairwise(found):
        gap = page.text[word.end : after.start]
        if word.kind == "name" and gap == " ":
            yield replacement(0.6, word.end, after.start, opening, what)
        elif page.line_of(word.start) == first or after.kind == "newline":
            yield insertion(0.7 if word.kind in ("name", "op") else 1.0, word.end, opening, what)
        else:
            yield insertion(1.0, word.end, opening, what)
    if found and found[0].start < before:
        yield insertion(0.9, found[0].start, opening, what)


def _opened_above(page: Page, line: int) -> int:
    """Return the line above with less indentation: a bracket that closes on a line of its own was opened there."""
    if page.line(line).strip()[:1] not in CLOSING:
        return line
    depth = len(page.indent(line))
    above = (n for n in range(line - 1, max(line - _FURTHEST, 0), -1) if page.line(n).strip())
    return next((n for n in above if len(page.indent(n)) <= depth), line)


def commas(page: Page, fault: Fault) -> Iterator[Edit]:
    """Put a comma between two operands, above all where the compiler suggests one."""
    if not re.search(r"comma|invalid syntax|expected|cannot assign|was never closed|unmatched", fault.message):
        return
    suggested = "comma" in fault.message
    first, last = page.code_before(fault.line) or fault.line, max(fault.line, fault.end_line)
    found = page.of_lines(first, min(last, fault.line + 5))
    for word, after in itertools.pairwise(found):
        if _ends_operand(word) and _begins_operand(after):
            apart = page.line_of(word.start) < page.line_of(after.start)
            away = 0.0 if suggested and word.start >= page.offset(fault.line, fault.column) - 1 else 0.2
            cost = 0.4 + away + (0.2 if after.text in "([{" and not apart else 0.0)
            yield insertion(cost, word.end, ",", "add the missing `,`")
            yield insertion(cost + 0.05, word.end, ":", "add the missing `:`")


def positions(page: Page, fault: Fault) -> Iterator[Edit]:
    """Move positional arguments in front of those with a keyword."""
    if not fault.message.startswith("positional argument follows"):
        return
    found = page.of_lines(fault.line, max(fault.line, fault.end_line))
    for number, word in enumerate(found):
        if word.text != "(":
            continue
        close, arguments = _arguments(page, found[number:])
        plain = [text for text in arguments if not re.match(r"\w+\s*=(?!=)|\*\*", text)]
        if close and 0 < len(plain) < len(arguments):
            named = [text for text in arguments if text not in plain]
            yield replacement(0.5, word.end, close, ", ".join([*plain, *named]), "put positional arguments first")


def _arguments(page: Page, found: list[Word]) -> tuple[int, list[str]]:
    """Return where the bracket closes with which the words begin, and the texts between its commas."""
    depth, start, texts = 0, found[0].end, list[str]()
    for word in found:
        depth += (word.kind == "op") * ((word.text in OPENING) - (word.text in CLOSING))
        if (word.text == "," and depth == 1) or depth == 0:
            texts.append(page.text[start : word.start].strip())
            start = word.end
        if depth == 0:
            return word.start, [text for text in texts if text]
    return 0, []


def _ends_operand(word: Word) -> bool:
    return word.kind in ("string", "number", "name") or word.text in CLOSING or word.text == "..."


def _begins_operand(word: Word) -> bool:
    return word.kind in ("string", "number", "name") or word.text in (*OPENING, "*", "**", "-", "...", "~")


def _word_before(page: Page, offset: int) -> Word | None:
    return next((word for word in reversed(page.words) if word.code and word.end <= offset), None)

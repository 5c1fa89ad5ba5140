"""Brackets of texts that are no Python: which stay open, where the layout says they close, and what it calls odd."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {opener: closer for closer, opener in _PAIRS.items()}
_TOKEN = re.compile(
    r"""(?P<skipped>//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    r"|(?P<word>[\w$]+)|(?P<bracket>[()\[\]{}])|(?P<slash>/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)|(?P<other>\S)",
    re.S,
)
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};~+*%<>^-]|\breturn|\btypeof|\bcase)\s*$")
_ODD = 0.3
_LOOKED_BACK = 40


class Bracket(msgspec.Struct, frozen=True):
    """A bracket: where it stands, how far its line is indented, and whether it is the first or last on it."""

    mark: str
    at: int
    indent: int
    first: bool
    last: bool


def brackets(text: str) -> Iterator[Bracket]:
    """Yield the brackets outside of strings and comments; patterns of JavaScript are passed over too."""
    at = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found["slash"] and not _BEFORE_REGEX.search(text[max(0, found.start() - _LOOKED_BACK) : found.start()]):
            at = found.start() + 1
        elif found["bracket"]:
            begin = text.rfind("\n", 0, found.start()) + 1
            indent = re.compile(r"[ \t]*").match(text, begin)
            assert indent
            first, last = indent.end() == found.start(), text[found.end() : found.end() + 1] == "\n"
            yield Bracket(found[0], found.start(), indent.end() - begin, first, last)


def left_open(text: str) -> list[Bracket]:
    """Return the opening brackets that nothing closes, and those that something else closes, outermost first."""
    stack: list[Bracket] = []
    lost: list[Bracket] = []
    for each in brackets(text):
        if each.mark not in _PAIRS:
            stack.append(each)
        elif any(one.mark == _PAIRS[each.mark] for one in stack):
            level = each.first and any(_closes(each, one) and one.indent == each.indent for one in stack)
            while not _closes(each, stack[-1]) or (level and stack[-1].indent > each.indent):
                lost.append(stack.pop())
            stack.pop()
    return sorted([*lost, *stack], key=lambda each: each.at)


def _closes(closer: Bracket, opener: Bracket) -> bool:
    return _PAIRS[closer.mark] == opener.mark


def closings(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, closing text) where the layout says that an open bracket closes.

    A line that was left empty at the indentation of the opening one is where its bracket stood; else it is where the
    indentation falls back to it.
    """
    for opener in left_open(text):
        closer, start = _CLOSERS[opener.mark], text.find("\n", opener.at)
        last = opener.at
        for line in re.finditer(r"^([ \t]*)([^\n]*)", text[start + 1 :] if start >= 0 else "", re.M):
            begin, indent = start + 1 + line.start(), len(line[1])
            if indent == opener.indent and (not line[2].strip() or line[2][0] in ",;)"):
                yield begin + indent, closer
            if line[2].strip() and indent <= opener.indent:
                yield last, f"\n{text[text.rfind(chr(10), 0, opener.at) + 1 :][: opener.indent]}{closer}"
                break
            last = start + 1 + line.end() if line[2].strip() else last
        else:
            yield last, f"\n{text[text.rfind(chr(10), 0, opener.at) + 1 :][: opener.indent]}{closer}"


def oddity(text: str) -> float:
    """Return how far the indentation of lines contradicts their brackets."""
    odd, stack = 0, list[Bracket]()
    for each in brackets(text):
        if each.mark not in _PAIRS:
            odd += bool(stack and each.first and each.indent <= stack[-1].indent)
            stack.append(each)
        elif stack:
            opener = stack.pop()
            odd += each.first and each.indent != opener.indent
            odd += (not each.first) and (each.indent < opener.indent or opener.last)
        else:
            odd += 1
    return _ODD * (odd + len(stack))

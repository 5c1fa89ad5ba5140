"""A text with its blanks, ends of lines and marks set right, one kind of fault at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Set
from enum import Enum

from journeyman.repair.fixers.layout import Wishes

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_INDENT = re.compile(r"[ \t]*")
_OWN_TABS = re.compile(r"(?:^|/)(?:GNUm|[Mm])akefile$|\.(?:mk|go|tsv)$")
"""Where a tab is part of the language."""

MARK = "\ufeff"


class Fault(Enum):
    """What can be wrong with the blanks of a text, in words for people."""

    MARK = "byte-order mark"
    LINE_ENDS = "line ends"
    TRAILING = "trailing blanks"
    TABS = "tabs and blanks in indents"
    NO_END = "end of the last line"
    BLANK_END = "blank lines at the end"


Lines = list[tuple[str, str]]
"""The lines of a text: words and end."""


def mended_text(text: str, path: str, faults: Mapping[Fault, Set[int]], wishes: Wishes, *, careful: bool) -> str:
    """Return the text without these faults, in the named lines or, where none is named, in all of them.

    If `careful`, the two blanks that break a line in Markdown stay.
    """
    if Fault.MARK in faults:
        text = text.replace(MARK, "")
    lines: Lines = [(found[1], found[2]) for found in _LINE.finditer(text) if found[0]]
    end = wishes.end or _usual_end(lines)
    keep_breaks = careful and path.endswith((".md", ".markdown", ".mdx"))
    for fault in Fault:
        if fault in faults:
            lines = _without(fault, lines, faults[fault], path, wishes, end, keep_breaks=keep_breaks)
    return "".join(words + ending for words, ending in lines)


def _without(
    fault: Fault, lines: Lines, named: Set[int], path: str, wishes: Wishes, end: str, *, keep_breaks: bool
) -> Lines:
    if fault is Fault.LINE_ENDS:
        return [(words, end if ending else "") for words, ending in lines]
    if fault is Fault.NO_END:
        return lines if not lines or lines[-1][1] else [*lines[:-1], (lines[-1][0], end)]
    if fault is Fault.BLANK_END:
        while len(lines) > 1 and not lines[-1][0].strip():
            lines = lines[:-1]
        return lines
    changed = lines
    if fault is Fault.TRAILING:
        changed = [(_stripped(words, keep_breaks=keep_breaks and not named), ending) for words, ending in lines]
    elif fault is Fault.TABS and not _OWN_TABS.search(path):
        changed = [(_indented(words, wishes), ending) for words, ending in lines]
    return [new if not named or number in named else old for number, (old, new) in _numbered(lines, changed)]


def _numbered(old: Lines, new: Lines) -> enumerate[tuple[tuple[str, str], tuple[str, str]]]:
    return enumerate(zip(old, new, strict=True), 1)


def _usual_end(lines: Lines) -> str:
    """Return the end that most lines have; where all have the same, which is complained of, LF."""
    ends = [ending for _, ending in lines if ending]
    kinds = sorted(set(ends), key=ends.count)
    return kinds[-1] if len(kinds) > 1 and ends.count(kinds[-1]) > ends.count(kinds[-2]) else "\n"


def _stripped(words: str, *, keep_breaks: bool) -> str:
    bare = words.rstrip(" \t\f\v")
    return f"{bare}  " if keep_breaks and bare and words.endswith("  ") else bare


def _indented(words: str, wishes: Wishes) -> str:
    indent = _INDENT.match(words)
    assert indent
    wide = len(indent[0].expandtabs(wishes.width))
    tabs, blanks = divmod(wide, wishes.width) if wishes.tabs else (0, wide)
    return "\t" * tabs + " " * blanks + words[indent.end() :]


def same_code(before: str, after: str) -> bool:
    """Tell whether two Python texts differ in layout, or in blanks at the ends of a docstring's lines, alone."""
    try:
        return _dumped(before) == _dumped(after)
    except (SyntaxError, ValueError):
        return False


def _dumped(text: str) -> str:
    tree = ast.parse(text.removeprefix(MARK))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body[:1]:
                case [ast.Expr(value=ast.Constant(value=str(words)) as constant)]:
                    constant.value = "\n".join(line.strip() for line in words.split("\n")).strip()
    return ast.dump(tree)

"""Places in Python source, and edits there that leave the rest of the text as it is."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections.abc import Callable, Iterator
from random import Random

from bench.seeded.seeds import Project

Found = tuple[str, str, ast.AST]
"""A file's path, its text, a node of it."""


def nodes(project: Project, chance: Random, wanted: Callable[[ast.AST], bool]) -> Iterator[Found]:
    """Yield the nodes of the project's source that are wanted, in an order of chance."""
    found = [
        (path, text, node)
        for path, text in project.sources().items()
        if path.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if wanted(node)
    ]
    chance.shuffle(found)
    yield from found


def offset(text: str, line: int, column: int) -> int:
    """Return where a place is, counted in characters; `column` is in bytes, as the parser counts."""
    lines = text.splitlines(keepends=True)
    here = lines[line - 1].encode()[:column].decode() if line <= len(lines) else ""
    return sum(map(len, lines[: line - 1])) + len(here)


def span(text: str, node: ast.AST) -> tuple[int, int]:
    """Return where a node begins and ends."""
    assert isinstance(node, ast.expr | ast.stmt | ast.alias | ast.keyword | ast.arg)
    return (
        offset(text, node.lineno, node.col_offset),
        offset(text, node.end_lineno or node.lineno, node.end_col_offset or 0),
    )


def replaced(text: str, node: ast.AST, new: str) -> str:
    """Return the text with a node written anew."""
    begin, end = span(text, node)
    return text[:begin] + new + text[end:]


def source(text: str, node: ast.AST) -> str:
    """Return a node's own text."""
    begin, end = span(text, node)
    return text[begin:end]


def without_lines(text: str, first: int, last: int) -> str:
    """Return the text without some lines."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: first - 1] + lines[last:])


def with_lines(text: str, before: int, *new: str) -> str:
    """Return the text with lines put in before a line."""
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: before - 1], *(f"{line}\n" for line in new), *lines[before - 1 :]])


def tokens(text: str) -> list[tokenize.TokenInfo]:
    """Return a source's tokens."""
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def at_token(text: str, token: tokenize.TokenInfo, new: str) -> str:
    """Return the text with a token written anew."""
    lines = text.splitlines(keepends=True)
    begin = sum(map(len, lines[: token.start[0] - 1])) + token.start[1]
    end = sum(map(len, lines[: token.end[0] - 1])) + token.end[1]
    return text[:begin] + new + text[end:]


def typo(word: str, chance: Random) -> str:
    """Return a word as fast fingers write it: two letters swapped, one left out, doubled or beside the right key."""
    inner = [at for at in range(1, len(word)) if word[at].isalpha()]
    at = chance.choice(inner or [0])
    beside = {"e": "r", "r": "t", "t": "y", "a": "s", "s": "d", "o": "p", "i": "o", "n": "m", "l": "k", "u": "i"}
    forms = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at else word * 2,
        word[:at] + beside.get(word[at], "x") + word[at + 1 :],
    ]
    good = [form for form in forms if form != word and form.isidentifier() and not keyword.iskeyword(form)]
    return chance.choice(good or [word + "x"])


def all_words(project: Project) -> set[str]:
    """Return every name that the project's Python files have, so that a typo does not hit another name."""
    return {token.string for text in project.files.values() for token in _names(text)}


def _names(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from (token for token in tokens(text) if token.type == tokenize.NAME)
    except (tokenize.TokenError, SyntaxError):
        return


def new_typo(word: str, chance: Random, taken: set[str]) -> str | None:
    """Return a typo of a word that is no other name of the project; None if there is none."""
    return next((found for _ in range(20) if (found := typo(word, chance)) not in taken), None)


def last_import(text: str) -> int:
    """Return the line of the last import at the top of a module; that of its docstring, or 0, if there is none."""
    last = 0
    for statement in ast.parse(text).body:
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, ast.Import | ast.ImportFrom) or (docstring and not last):
            last = statement.end_lineno or 0
        elif last:
            break
    return last

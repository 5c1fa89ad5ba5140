"""The languages that are parsed. A new one is a line here and a file in `queries/`."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tree_sitter import Parser, QueryCursor

QUERIES = Path(__file__).with_name("queries")


class Language(msgspec.Struct, frozen=True):
    """A language: its name, the endings or names of its files, the module and function of its grammar."""

    name: str
    endings: tuple[str, ...]
    grammar: str
    function: str = "language"
    query: str = ""
    """The name of the file in `queries/`, where it is not the language's."""


LANGUAGES = (Language("python", (".py", ".pyi", ".pyw", ".bzl", "sconstruct", "wscript"), "tree_sitter_python"),)

_BY_ENDING = {ending: language.name for language in LANGUAGES for ending in language.endings}
_BY_NAME = {language.name: language for language in LANGUAGES}


def language_of(path: str) -> str:
    """Return the name of the language that a file is in, by its name; empty if it is read as text."""
    name = path.rpartition("/")[2].lower()
    stem, dot, ending = name.rpartition(".")
    return _BY_ENDING.get(dot + ending if stem else name) or _BY_ENDING.get(name, "")


class Grammar(msgspec.Struct, frozen=True):
    """What parses a language and what finds definitions and uses in the tree."""

    parser: Parser
    cursor: QueryCursor


@cache
def grammar_of(name: str) -> Grammar:
    """Return a language's grammar. The packages load shared libraries: each is imported when it is first needed."""
    from tree_sitter import Language as Loaded
    from tree_sitter import Parser, Query, QueryCursor

    language = _BY_NAME[name]
    loaded = Loaded(getattr(importlib.import_module(language.grammar), language.function)())
    query = (QUERIES / f"{language.query or name}.scm").read_text(encoding="utf-8")
    return Grammar(Parser(loaded), QueryCursor(Query(loaded, query)))

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
    queries: tuple[str, ...] = ()
    """The names of the files in `queries/`, where there is more than the language's."""
    family: str = ""
    """What the languages have in common whose files import each other; most stand alone."""


_TYPED = ("ecmascript", "typescript")

LANGUAGES = (
    Language("python", (".py", ".pyi", ".pyw", ".bzl", "sconstruct", "wscript"), "tree_sitter_python"),
    Language(
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs"),
        "tree_sitter_javascript",
        "language",
        ("ecmascript", "javascript"),
        "ecmascript",
    ),
    Language(
        "typescript", (".ts", ".mts", ".cts"), "tree_sitter_typescript", "language_typescript", _TYPED, "ecmascript"
    ),
    Language("tsx", (".tsx",), "tree_sitter_typescript", "language_tsx", _TYPED, "ecmascript"),
    Language("go", (".go",), "tree_sitter_go"),
    Language("rust", (".rs",), "tree_sitter_rust"),
    Language("java", (".java",), "tree_sitter_java", family="jvm"),
    Language("c", (".c", ".h"), "tree_sitter_c"),
    Language("cpp", (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ipp", ".cu"), "tree_sitter_cpp", family="c"),
    Language("csharp", (".cs",), "tree_sitter_c_sharp"),
    Language("ruby", (".rb", ".rake", ".gemspec", "rakefile", "gemfile"), "tree_sitter_ruby"),
    Language("php", (".php", ".phtml"), "tree_sitter_php", "language_php"),
    Language("kotlin", (".kt", ".kts"), "tree_sitter_kotlin", family="jvm"),
    Language("swift", (".swift",), "tree_sitter_swift"),
    Language("bash", (".sh", ".bash", ".bats", ".zsh", ".ksh", ".bashrc", ".profile"), "tree_sitter_bash"),
    Language("sql", (".sql", ".ddl"), "tree_sitter_sql"),
    Language("html", (".html", ".htm", ".xhtml"), "tree_sitter_html"),
    Language("css", (".css",), "tree_sitter_css"),
    Language("yaml", (".yaml", ".yml"), "tree_sitter_yaml"),
    Language("toml", (".toml", "cargo.lock", "poetry.lock", "uv.lock"), "tree_sitter_toml"),
    Language("json", (".json", ".jsonc", ".webmanifest", ".ipynb"), "tree_sitter_json"),
    Language("markdown", (".md", ".markdown", ".mdx"), "tree_sitter_markdown"),
)

_BY_ENDING = {ending: language.name for language in LANGUAGES for ending in language.endings}
_BY_NAME = {language.name: language for language in LANGUAGES}


def language_of(path: str) -> str:
    """Return the name of the language that a file is in, by its name; empty if it is read as text."""
    name = path.rpartition("/")[2].lower()
    stem, dot, ending = name.rpartition(".")
    return _BY_ENDING.get(dot + ending if stem else name) or _BY_ENDING.get(name, "")


@cache
def family_of(name: str) -> str:
    """Return the family of a language; most are one by themselves."""
    language = _BY_NAME.get(name)
    return language.family or name if language else ""


@cache
def owning_languages() -> frozenset[str]:
    """Return the names of the languages whose methods may be written outside of their types."""
    return frozenset(each.name for each in LANGUAGES if "@owner" in _query(each))


def _query(language: Language) -> str:
    files = (QUERIES / f"{name}.scm" for name in language.queries or (language.name,))
    return "".join(file.read_text(encoding="utf-8") for file in files)


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
    return Grammar(Parser(loaded), QueryCursor(Query(loaded, _query(language))))

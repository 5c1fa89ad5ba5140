"""From the text of a file to its symbols, calls, imports and bases. Pure; knows languages by their queries only.

A query's captures: the definition, named as its kind (`@class`, `@function` …), with `@name` and, where there are,
`@doc`, `@bases` and `@owner` (the type that a method is written outside of); `@call`; `@module` with `@imported` and
`@alias`; `@branch`, whatever adds a way through a function.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from journeyman.codebase.contract import Kind
from journeyman.codebase.languages import Grammar, grammar_of

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_SYMBOLS = 4095
"""Symbols of one file: their numbers take twelve bits."""

LONGEST_SIGNATURE = 200
LONGEST_DOC = 300
LONGEST_BASES = 2000
NEAR = 200
"""Bytes before a definition in which what cannot be a comment is looked for."""

KINDS = tuple(Kind)
FUNCTIONS = frozenset({Kind.FUNCTION, Kind.METHOD, Kind.TEST})
CHUNKED = FUNCTIONS | {Kind.CLASS, Kind.INTERFACE, Kind.TYPE, Kind.SUITE, Kind.NAMESPACE, Kind.SECTION}
"""Kinds whose text is a chunk of its own; the others' belongs to what they lie in."""
HOLDING = CHUNKED | {Kind.KEY}
CLASSES = frozenset({Kind.CLASS, Kind.INTERFACE, Kind.TYPE})

_BEFORE_A_MEMBER = b".:>"
_KIND_NAMES = frozenset(kind.value for kind in Kind)
_APART = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte == 95 else 32 for byte in range(256))
_NAMES = re.compile(r"[^\W\d][\w.]*")
_NOT_BASES = frozenset({"extends", "implements", "public", "private", "protected", "virtual", "class", "use"})
_GIVEN = re.compile(r"<[^<>]*>|\[[^][]*\]|\b\w*(?:::|\\)|\b\w+\s*=(?!=)|\"[^\"]*\"|'[^']*'")
"""What stands by a base and is none: what it is given, the space that its name is of."""
_MARKS = re.compile(r"^[\s\"'`/*#!;<>-]+|[\s\"'`*/>-]+$")
_LINE_MARKS = re.compile(r"\n\s*(?:\*|//[/!]?|#|--|;)?\s*")
_TEST_NAME = re.compile(r"test_|test[A-Z]|Test[A-Z_]")
_WRAPPERS = frozenset({"decorated_definition", "export_statement", "template_declaration"})
_GROUPS = frozenset({"type_declaration"})
"""What may hold several definitions, and is the definition where it holds one."""

_VALUES = {Kind.CONSTANT: 1, Kind.FIELD: 2}
"""Kinds that give way, in this order, where other patterns find the same."""


class Found(msgspec.Struct):
    """A symbol as it is found. `start` and `end` count bytes, `parent` is the number of what it lies in."""

    kind: Kind
    name: str
    start: int
    end: int
    line: int
    end_line: int
    signature: str = ""
    doc: str = ""
    full_doc: str = ""
    owner: str = ""
    bases: tuple[str, ...] = ()
    parent: int = 0
    chunk: int = 0
    complexity: int = 1


SEPARATORS = re.compile(r"[./\\:]+")
"""What stands between the words of a module's name."""


class Import(msgspec.Struct, frozen=True, array_like=True):
    """A module that is named, what of it, and the name it has here; the last two may be empty."""

    module: str
    imported: str = ""
    alias: str = ""


class Parsed(msgspec.Struct):
    """What a file holds. The first symbol is the module. `calls` are names, with what stands before the dot."""

    symbols: list[Found]
    borders: list[int]
    holders: list[int]
    calls: dict[int, list[str]]
    imports: list[Import]
    broken: bool = False
    cut: bool = False

    def chunks(self, content: bytes) -> dict[int, bytes]:
        """Return the text of each symbol that has a chunk, without that of the chunks in it."""
        pieces: dict[int, list[bytes]] = defaultdict(list)
        ends = [*self.borders[1:], len(content)]
        for start, end, holder in zip(self.borders, ends, self.holders, strict=True):
            pieces[self.symbols[holder].chunk].append(content[start:end])
        return {number: b"\n".join(texts) for number, texts in pieces.items()}


def plain(content: bytes, lines: int) -> Parsed:
    """Return a file that is only read as text."""
    module = Found(Kind.MODULE, "", 0, len(content), 1, lines)
    return Parsed([module], [0], [0], {}, [])


def parse(content: bytes, language: str, lines: int) -> Parsed:
    """Return what a file in a language holds. Broken syntax is parsed around."""
    grammar = grammar_of(language)
    tree = grammar.parser.parse(content)
    found, calls, imports, branches = _sorted_out(grammar, tree.root_node, content)
    parsed = plain(content, lines)
    parsed.broken = tree.root_node.has_error
    parsed.imports = imports
    _take_in(parsed, found)
    parsed.borders, parsed.holders = _borders(parsed.symbols)
    _count_branches(parsed, branches)
    parsed.calls = _calls(parsed, calls, content)
    return parsed


_SortedOut = tuple[list[Found], "list[Node]", list[Import], list[int]]


def _sorted_out(grammar: Grammar, root: Node, content: bytes) -> _SortedOut:
    found: list[Found] = []
    calls: list[Node] = []
    imports: list[Import] = []
    branches: list[int] = []
    for _, match in grammar.cursor.matches(root):
        if "call" in match:
            calls += match["call"]
        elif "branch" in match:
            branches.append(match["branch"][0].start_byte)
        elif "module" in match and "doc" not in match:
            imports.append(_import(match, content))
        else:
            definition = _definition(match, content)
            if definition is not None:
                found.append(definition)
    return found, calls, imports, branches


def _text(node: Node, content: bytes) -> str:
    return content[node.start_byte : node.end_byte].decode(errors="replace")


def _import(match: dict[str, list[Node]], content: bytes) -> Import:
    words = (_text(match[name][0], content) if name in match else "" for name in ("module", "imported", "alias"))
    return Import(*(word.strip("\"'`<>") for word in words))


def _definition(match: dict[str, list[Node]], content: bytes) -> Found | None:
    kind = next((name for name in match if name in _KIND_NAMES), "")
    if not kind or ("name" not in match and kind != Kind.MODULE):
        return None
    node = match[kind][0]
    whole = node if kind == Kind.MODULE else _whole(node)
    doc = _documented(match, whole, content)
    return Found(
        kind=Kind(kind),
        name=_name(match["name"][0], content) if "name" in match else "",
        start=whole.start_byte,
        end=whole.end_byte,
        line=whole.start_point.row + 1,
        end_line=whole.end_point.row + 1,
        signature=_signature(whole if whole.type in _GROUPS else node, content),
        doc=_first_paragraph(doc),
        full_doc=doc,
        owner=_text(match["owner"][0], content) if "owner" in match else "",
        bases=_bases(match, content),
    )


def _name(node: Node, content: bytes) -> str:
    name = _text(node, content).strip("\"'`\r\n")
    if node.type == "word":
        return name.rstrip("=")
    return name.lstrip(":") if node.type == "simple_symbol" else name


def _whole(node: Node) -> Node:
    """Return a definition with what is wrapped around it."""
    outer = node.parent
    while outer is not None and (outer.type in _WRAPPERS or (outer.type in _GROUPS and outer.named_child_count == 1)):
        node, outer = outer, outer.parent
    return node


def _bases(match: dict[str, list[Node]], content: bytes) -> tuple[str, ...]:
    names = (
        name
        for node in match.get("bases", ())
        for name in _NAMES.findall(_bare_bases(_text(node, content)[:LONGEST_BASES]))
    )
    return tuple(dict.fromkeys(name for name in names if name not in _NOT_BASES))


def _bare_bases(text: str) -> str:
    """Return a list of bases without what they are given; brackets may lie in each other."""
    while (less := _GIVEN.sub("", text)) != text:
        text = less
    return text


def _signature(node: Node, content: bytes) -> str:
    body = node.child_by_field_name("body")
    if body is not None:
        text = content[node.start_byte : body.start_byte]
    else:
        text = content[node.start_byte : node.end_byte].partition(b"\n")[0]
    return " ".join(text[: 2 * LONGEST_SIGNATURE].decode(errors="replace").split())[:LONGEST_SIGNATURE].rstrip(" {:=")


def _documented(match: dict[str, list[Node]], whole: Node, content: bytes) -> str:
    """Return what documents a definition: its docstring, or the comments right above it."""
    if "doc" in match:
        return _bare(_text(match["doc"][0], content))
    if content[max(0, whole.start_byte - NEAR) : whole.start_byte].rstrip()[-1:] in (b":", b"{", b"}", b")"):
        return ""
    comments: list[str] = []
    above, row = whole.prev_sibling, whole.start_point.row
    while above is not None and above.type.endswith("comment") and above.end_point.row >= row - 1:
        comments.append(_text(above, content))
        row, above = above.start_point.row, above.prev_sibling
    return _bare("\n".join(reversed(comments)))


def _bare(text: str) -> str:
    return _LINE_MARKS.sub("\n", _MARKS.sub("", text)) if text else ""


def _first_paragraph(doc: str) -> str:
    return " ".join(doc.strip().partition("\n\n")[0].split())[:LONGEST_DOC]


def _take_in(parsed: Parsed, found: list[Found]) -> None:
    """Put the definitions in order, each below what it lies in."""
    symbols = parsed.symbols
    found.sort(key=lambda each: (each.start, -each.end, _VALUES.get(each.kind, 0)))
    open_ones = [0]
    values: set[tuple[int, str]] = set()
    for each in found:
        if each.kind is Kind.MODULE:
            symbols[0].doc, symbols[0].full_doc = each.doc, each.full_doc
            continue
        while len(open_ones) > 1 and symbols[open_ones[-1]].end <= each.start:
            open_ones.pop()
        if _same(symbols[-1], each) or (each.kind in _VALUES and (each.start, each.name) in values):
            continue
        values.add((each.start, each.name))
        if len(symbols) > MOST_SYMBOLS:
            parsed.cut = True
            return
        _settle(symbols, open_ones, each)


def _settle(symbols: list[Found], open_ones: list[int], each: Found) -> None:
    holder = symbols[open_ones[-1]]
    inside_function = holder.kind in FUNCTIONS or symbols[holder.chunk].kind in FUNCTIONS
    if inside_function and each.kind in (Kind.CONSTANT, Kind.FIELD):
        return
    each.parent = open_ones[-1]
    if each.kind is Kind.FUNCTION and (holder.kind in CLASSES or each.owner):
        each.kind = Kind.METHOD
    if each.kind in FUNCTIONS and _TEST_NAME.match(each.name):
        each.kind = Kind.TEST
    number = len(symbols)
    each.chunk = number if each.kind in CHUNKED and not inside_function else holder.chunk
    symbols.append(each)
    if each.kind in HOLDING:
        open_ones.append(number)


def _same(last: Found, each: Found) -> bool:
    """Tell whether a definition was found before, by another pattern; what is known of it is put together."""
    both_chunks = last.kind in CHUNKED and each.kind in CHUNKED
    if (last.start, last.end) != (each.start, each.end) or not (both_chunks or last.name == each.name):
        return False
    if each.kind is Kind.TEST:
        last.kind, last.name = Kind.TEST, each.name
    last.bases = tuple(dict.fromkeys((*last.bases, *each.bases)))
    return True


def _borders(symbols: list[Found]) -> tuple[list[int], list[int]]:
    """Return where in the text the innermost symbol changes, and which one it is from there on."""
    borders, holders = [0], [0]
    open_ones = [0]

    def note(at: int, holder: int) -> None:
        if borders[-1] == at:
            holders[-1] = holder
        else:
            borders.append(at)
            holders.append(holder)

    for number, each in enumerate(symbols):
        if number == 0 or each.kind not in CHUNKED:
            continue
        while len(open_ones) > 1 and symbols[open_ones[-1]].end <= each.start:
            ended = symbols[open_ones.pop()]
            note(ended.end, open_ones[-1])
        note(each.start, number)
        open_ones.append(number)
    while len(open_ones) > 1:
        ended = symbols[open_ones.pop()]
        note(ended.end, open_ones[-1])
    return borders, holders


def _count_branches(parsed: Parsed, branches: list[int]) -> None:
    for start in branches:
        parsed.symbols[parsed.holders[bisect_right(parsed.borders, start) - 1]].complexity += 1


def _calls(parsed: Parsed, calls: list[Node], content: bytes) -> dict[int, list[str]]:
    """Return what each symbol calls: `name`, or `qualifier.name`, each once."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    borders, holders = parsed.borders, parsed.holders
    for node in calls:
        start = node.start_byte
        name = content[start : node.end_byte].decode(errors="replace")
        if start and content[start - 1] in _BEFORE_A_MEMBER:
            before = content[max(0, start - 48) : start].rstrip(b".:>-? \n").translate(_APART).rpartition(b" ")[2]
            name = f"{before.decode()}.{name}"
        found[holders[bisect_right(borders, start) - 1]][name] = None
    return {holder: list(names) for holder, names in found.items()}

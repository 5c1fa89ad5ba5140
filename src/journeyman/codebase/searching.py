"""Searches an index for symbols, words, texts and patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from heapq import nlargest
from math import log
from pathlib import Path

from journeyman.codebase.contract import Filter, Hit, Kind
from journeyman.codebase.digesting import NAME, SYMBOL_BITS, decoded
from journeyman.codebase.languages import LANGUAGES
from journeyman.codebase.parsing import KINDS
from journeyman.codebase.paths import is_test
from journeyman.codebase.trees import Tree, Unreadable
from journeyman.codebase.viewing import Row, View
from journeyman.codebase.weighing import Fields, Weights
from journeyman.codebase.words import Terms
from journeyman.domain.errors import BadRequest

_FRESH = 4
"""Of how many times the wanted number of hits the filters may take their share."""

_WEIGHTS = Weights(Fields())
_TERMS = Terms()
_MOST_ENTRIES = 40_000
LONGEST_LINE = 300


def find_symbols(view: View, name: str, filter: Filter, limit: int) -> list[Hit]:
    """Return the definitions of a name: the exact one, then longer ones, then those with its parts in their names."""
    last = re.split(r"[.:#]+", name.strip())[-1]
    wanted = limit * _FRESH
    rows: dict[int, tuple[float, Row]] = {}
    for row in view.named(last):
        rows[row[0]] = (3.0 + (row[1] == last), row)
    if len(rows) < wanted:
        for row in view.beginning(last, wanted):
            rows.setdefault(row[0], (2.0, row))
    if len(rows) < wanted:
        for row in _with_parts(view, last, wanted):
            rows.setdefault(row[0], (1.0, row))
    hits = [_symbol_hit(view, row, score, name) for score, row in rows.values() if row[1]]
    ranked = sorted(hits, key=lambda hit: (-hit.score, len(hit.symbol), hit.path, hit.line))
    return _kept(view, ranked, filter, limit)


def _symbol_hit(view: View, row: Row, score: float, asked: str) -> Hit:
    symbol = view.symbol(row)
    if symbol.qualified.lower().endswith(asked.strip().lower()):
        score += 1
    if is_test(symbol.path):
        score -= 0.5
    return Hit(symbol.path, symbol.line, symbol.signature or symbol.name, score, symbol.qualified, symbol.kind.value)


def _with_parts(view: View, name: str, most: int) -> list[Row]:
    sets = []
    for term in _TERMS.in_text(name):
        found = view.postings(term)
        entries = zip(*found, strict=True) if found else ()
        sets.append({id for id, payload in entries if payload & NAME})
    common = set.intersection(*sets) if sets else set()
    return list(view.rows(sorted(common)[:most]).values())


def find_words(view: View, words: str, filter: Filter, limit: int) -> list[Hit]:
    """Return the chunks that words tell most of, by BM25; a symbol of that very name comes first."""
    scores = score_words(view, _TERMS.in_text(words))
    best = nlargest(limit * _FRESH, scores.items(), key=lambda each: (each[1], -each[0]))
    rows = view.rows([id for id, _ in best])
    hits = []
    if words.strip().isidentifier():
        hits = [hit for hit in find_symbols(view, words, filter, limit) if hit.score >= 3]
    found = []
    for id, score in best:
        symbol = view.symbol(rows[id])
        text = symbol.signature or symbol.doc
        found.append(Hit(symbol.path, symbol.line, text, round(score, 3), symbol.qualified, symbol.kind.value))
    hits += sorted(found, key=lambda hit: (-hit.score, hit.path, hit.line))
    once = {(hit.path, hit.line, hit.symbol): hit for hit in reversed(hits)}
    ordered = [hit for hit in dict.fromkeys(hits) if once[hit.path, hit.line, hit.symbol] is hit]
    return _kept(view, ordered, filter, limit)


def score_words(view: View, terms: list[str]) -> dict[int, float]:
    """Return the score of each chunk that has a term."""
    scores: dict[int, float] = {}
    for term in dict.fromkeys(terms):
        found = view.postings(term)
        if found is None:
            continue
        ids, payloads = found
        rarity = log(1 + view.chunks / len(ids))
        weights = map(_WEIGHTS.__getitem__, payloads)
        if not scores:
            scores = dict(zip(ids, (rarity * weight for weight in weights), strict=True))
            continue
        get = scores.get
        for id, weight in zip(ids, weights, strict=True):
            scores[id] = get(id, 0.0) + rarity * weight
    return scores


def find_pattern(view: View, root: Path, pattern: str, literal: bool, filter: Filter, limit: int) -> list[Hit]:
    """Return the lines that a regular expression, or a text as it stands, matches. BadRequest if it is none."""
    try:
        wanted = re.compile(re.escape(pattern) if literal else pattern, re.MULTILINE)
    except (re.error, OverflowError) as error:
        raise BadRequest("QUERY", f"not a regular expression ({error})", "use --text for a plain text") from None
    hits: list[Hit] = []
    with Tree(root) as tree:
        for path in sorted(_candidates(view, pattern, literal)):
            if not _fits(view, path, filter):
                continue
            hits += _matches(view, tree, path, wanted, filter.kind)
            if len(hits) >= limit:
                break
    return hits[:limit]


def _candidates(view: View, pattern: str, literal: bool) -> set[str]:
    """Return the paths that may match: those with the whole words of a plain text, else all."""
    paths = set(view.contents)
    if not literal:
        return paths
    for word in re.findall(r"(?<=\W)[^\W\d]\w+(?=\W)", pattern):
        for term in _TERMS[word][:1]:
            found = view.postings(term)
            holding = {id >> SYMBOL_BITS for id in found[0]} if found else set()
            paths &= {path for content in holding for path in view.paths[content]}
    return paths


def _matches(view: View, tree: Tree, path: str, wanted: re.Pattern[str], kind: str) -> Iterator[Hit]:
    try:
        text = decoded(tree.read(os.fsencode(path)))[0]
    except (Unreadable, OSError):
        return
    rows: list[Row] | None = None
    last = 0
    for match in wanted.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if line == last:
            continue
        last = line
        rows = view.rows_of(view.contents[path]) if rows is None else rows
        holder = _holder(rows, line)
        if kind and KINDS[holder[2]] != kind:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        shown = text[start : start + LONGEST_LINE].partition("\n")[0].rstrip()
        yield Hit(path, line, shown, 1.0, view.qualified(holder), KINDS[holder[2]].value)


def _holder(rows: list[Row], line: int) -> Row:
    """Return the innermost symbol of a line; the module if there is none."""
    around = [row for row in rows if row[4] <= line <= row[5]]
    return max(around, key=lambda row: (row[4], row[0]), default=rows[0])


def _kept(view: View, hits: list[Hit], filter: Filter, limit: int) -> list[Hit]:
    kept = (hit for hit in hits if _fits(view, hit.path, filter) and (not filter.kind or hit.kind == filter.kind))
    return [hit for hit, _ in zip(kept, range(limit), strict=False)]


def _fits(view: View, path: str, filter: Filter) -> bool:
    if filter.changed is not None and path not in filter.changed:
        return False
    if filter.language and view.languages.get(view.contents[path], "") != filter.language:
        return False
    return not filter.path or fnmatch(path, filter.path) or path.startswith(filter.path.rstrip("/") + "/")


def checked(filter: Filter) -> Filter:
    """Return a filter. BadRequest if there is no such kind or language."""
    kinds, languages = [*Kind], [language.name for language in LANGUAGES]
    for option, word, known in (("--kind", filter.kind, kinds), ("--language", filter.language, languages)):
        if word and word not in known:
            raise BadRequest(option, f"there is no {word}", f"one of {', '.join(known)}")
    return filter

"""Searches an index for symbols, words, texts and patterns."""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from heapq import nlargest
from itertools import compress, islice
from math import log
from operator import neg
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
LONGEST_LINE = 300
ENTRIES = 20_000
"""So many entries of postings are looked at for words, at least some of the rarest one."""

REFINED = 1_000
"""So many of the best chunks are looked up in the postings beyond those."""


def find_symbols(view: View, name: str, filter: Filter, limit: int) -> list[Hit]:
    """Return the definitions of a name: the exact one, then longer ones, then those with its parts in their names."""
    last = _last_part(name)
    wanted = limit * _FRESH
    rows = _named(view, last)
    if len(rows) < wanted:
        for row in view.beginning(last, wanted):
            rows.setdefault(row[0], (2.0, row))
    if len(rows) < wanted:
        for row in _with_parts(view, last, wanted):
            rows.setdefault(row[0], (1.0, row))
    return _ranked(view, rows, name, filter, limit)


def _last_part(name: str) -> str:
    return re.split(r"[.:#]+", name.strip())[-1]


def _named(view: View, name: str) -> dict[int, tuple[float, Row]]:
    return {row[0]: (3.0 + (row[1] == name), row) for row in view.named(name)}


def _ranked(view: View, rows: dict[int, tuple[float, Row]], asked: str, filter: Filter, limit: int) -> list[Hit]:
    """Return the best symbols that fit, with no look at the names around those that are not among them."""
    asked = asked.strip().lower()
    tiers: dict[float, list[Row]] = {}
    for score, row in rows.values():
        path = view.paths[row[0] >> SYMBOL_BITS][0]
        if not row[1] or not _fits(view, path, row, filter):
            continue
        ending = view.qualified(row) if "." in asked else row[1]
        score += ending.lower().endswith(asked) - 0.5 * is_test(path)
        tiers.setdefault(score, []).append(row)
    hits: list[Hit] = []
    for score in sorted(tiers, reverse=True):
        tier = sorted(tiers[score], key=lambda row: (len(view.qualified(row)), _place(view, row)))
        for row in tier[: limit - len(hits)]:
            symbol = view.symbol(row)
            text = symbol.signature or symbol.name
            hits.append(Hit(symbol.path, symbol.line, text, score, symbol.qualified, symbol.kind.value))
        if len(hits) >= limit:
            break
    return hits


def _place(view: View, row: Row) -> tuple[str, int]:
    return view.paths[row[0] >> SYMBOL_BITS][0], row[4]


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
    hits = _ranked(view, _named(view, words.strip()), words, filter, limit) if words.strip().isidentifier() else []
    if len(hits) >= limit:
        return hits
    scores = score_words(view, _TERMS.in_text(words))
    best = nlargest(limit * _FRESH, zip(scores.values(), map(neg, scores), strict=True))
    rows = view.rows([-id for _, id in best])
    ordered = sorted((-round(score, 3), _place(view, rows[-id]), -id) for score, id in best)
    known = {(hit.path, hit.line, hit.symbol) for hit in hits}
    for score, (path, line), id in ordered:
        row = rows[id]
        if not _fits(view, path, row, filter) or (path, line, view.qualified(row)) in known:
            continue
        symbol = view.symbol(row)
        text = symbol.signature or symbol.doc or symbol.kind.value
        hits.append(Hit(path, line, text, -score, symbol.qualified, symbol.kind.value))
        if len(hits) == limit:
            break
    return hits


def score_words(view: View, terms: list[str]) -> dict[int, float]:
    """Return the score of each chunk that has a term; of those that have common ones only, where they tell most.

    The rarest terms come first. When enough entries were looked at, the others count for the best chunks alone.
    """
    found = {term: posting for term in terms if (posting := view.postings(term))}
    scores: dict[int, float] = {}
    looked = 0
    for ids, payloads in sorted(found.values(), key=lambda posting: len(posting[0])):
        rarity = log(1 + view.chunks / len(ids))
        if scores and looked + len(ids) > ENTRIES:
            _refine(scores, ids, payloads, rarity)
            continue
        looked += len(ids)
        entries = zip(ids, payloads, strict=True) if len(ids) <= ENTRIES else _heaviest(ids, payloads)
        get = scores.get
        for id, payload in entries:
            scores[id] = get(id, 0.0) + rarity * _WEIGHTS[payload]
    return scores


def _refine(scores: dict[int, float], ids: array[int], payloads: array[int], rarity: float) -> None:
    """Add what a term tells of the best chunks so far."""
    for id in nlargest(REFINED, scores, key=scores.__getitem__):
        place = bisect_left(ids, id)
        if place < len(ids) and ids[place] == id:
            scores[id] += rarity * _WEIGHTS[payloads[place]]


def _heaviest(ids: array[int], payloads: array[int]) -> Iterator[tuple[int, int]]:
    """Return the entries of a posting that tell most, about as many as are looked at."""
    chosen, count = set(), 0
    for payload, times in sorted(Counter(payloads).items(), key=lambda each: -_WEIGHTS[each[0]]):
        chosen.add(payload)
        count += times
        if count >= REFINED:
            break
    return islice(compress(zip(ids, payloads, strict=True), map(chosen.__contains__, payloads)), ENTRIES)


def find_pattern(view: View, root: Path, pattern: str, literal: bool, filter: Filter, limit: int) -> list[Hit]:
    """Return the lines that a regular expression, or a text as it stands, matches. BadRequest if it is none."""
    try:
        wanted = re.compile(re.escape(pattern) if literal else pattern, re.MULTILINE)
    except (re.error, OverflowError) as error:
        raise BadRequest("QUERY", f"not a regular expression ({error})", "use --text for a plain text") from None
    hits: list[Hit] = []
    with Tree(root) as tree:
        for path in sorted(_candidates(view, pattern, literal)):
            if not _lies(view, path, filter):
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
        holder = holding(rows, line)
        if kind and KINDS[holder[2]] != kind:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        shown = text[start : start + LONGEST_LINE].partition("\n")[0].rstrip()
        yield Hit(path, line, shown, 1.0, view.qualified(holder), KINDS[holder[2]].value)


def holding(rows: list[Row], line: int) -> Row:
    """Return the innermost symbol of a line; the module if there is none."""
    around = [row for row in rows if row[4] <= line <= row[5]]
    return max(around, key=lambda row: (row[4], row[0]), default=rows[0])


def _fits(view: View, path: str, row: Row, filter: Filter) -> bool:
    return (not filter.kind or KINDS[row[2]] == filter.kind) and _lies(view, path, filter)


def _lies(view: View, path: str, filter: Filter) -> bool:
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

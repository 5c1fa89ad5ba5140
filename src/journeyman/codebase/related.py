"""Finds code that is like other code: by its structure, whatever its names are, and by its words."""

from __future__ import annotations

import os
from array import array
from collections import Counter
from heapq import nlargest
from math import log
from pathlib import Path

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS, decoded
from journeyman.codebase.parsing import CLASSES, FUNCTIONS
from journeyman.codebase.paths import is_test
from journeyman.codebase.searching import score_words
from journeyman.codebase.shapes import LEAST, Shapes, fingerprints
from journeyman.codebase.trees import Tree, Unreadable
from journeyman.codebase.understanding import Like
from journeyman.codebase.viewing import Row, View, kinds_of
from journeyman.codebase.words import Terms

STRUCTURE, WORDS = 0.6, 0.4
"""What either counts."""

ACROSS = 0.5
"""What counts of the likeness of a program to a test: a test shares the words of what it tests."""

LEAST_SCORE = 0.1
TELLING_TERMS = 40
LONGEST = 1_000_000
KEPT_AT_ONCE = 500

_SHAPED = kinds_of(FUNCTIONS | CLASSES)
_FUNCTIONS = kinds_of(FUNCTIONS)
_CLASSES = kinds_of(CLASSES)


def related(view: View, root: Path, shapes: Shapes, symbol: Symbol, limit: int) -> list[Like]:
    """Return what is like a symbol, best first: functions to a function, classes to a class, files to a file."""
    with Tree(root) as tree:
        _bring_up(view, tree, shapes)
        text = _text(tree, symbol.path)
    chosen = "\n".join(text.splitlines()[symbol.line - 1 : symbol.end_line])
    structure = _by_structure(view, shapes, symbol, fingerprints(chosen, symbol.language))
    words = _by_words(view, symbol, chosen)
    found = []
    for id in structure.keys() | words.keys():
        score = STRUCTURE * structure.get(id, 0.0) + WORDS * words.get(id, 0.0)
        if is_test(view.paths[id >> SYMBOL_BITS][0]) != is_test(symbol.path):
            score *= ACROSS
        if id != symbol.id and score >= LEAST_SCORE:
            found.append((round(score, 3), id))
    best = nlargest(limit, found)
    rows = view.rows([id for _, id in best])
    symbols = [(score, view.symbol(rows[id])) for score, id in best]
    return [
        Like(each.place, each.line, score, round(structure.get(each.id, 0.0), 3), round(words.get(each.id, 0.0), 3))
        for score, each in symbols
    ]


def _bring_up(view: View, tree: Tree, shapes: Shapes) -> None:
    """Take the fingerprints of contents that have none yet."""
    known = shapes.known()
    found: dict[str, dict[int, array[int]]] = {}
    for content, paths in view.paths.items():
        blob, language = view.blobs[paths[0]], view.languages.get(content, "")
        if not language or blob in known:
            continue
        found[blob] = _shapes_of(view.rows_of(content), _text(tree, paths[0]), language)
        known.add(blob)
        if len(found) >= KEPT_AT_ONCE:
            shapes.keep(found)
            found = {}
    if found:
        shapes.keep(found)


def _shapes_of(rows: list[Row], text: str, language: str) -> dict[int, array[int]]:
    lines = text.splitlines()
    found: dict[int, array[int]] = {0: array("I")}
    for row in rows[1:]:
        if row[2] in _SHAPED:
            prints = fingerprints("\n".join(lines[row[4] - 1 : row[5]]), language)
            if len(prints) >= LEAST:
                found[row[0] & (1 << SYMBOL_BITS) - 1] = prints
    return found


def _text(tree: Tree, path: str) -> str:
    try:
        return decoded(tree.read(os.fsencode(path))[:LONGEST])[0]
    except (Unreadable, OSError):
        return ""


def _by_structure(view: View, shapes: Shapes, symbol: Symbol, wanted: array[int]) -> dict[int, float]:
    """Return how much of their fingerprints symbols of the same kind share, rare ones counting most."""
    if len(wanted) < LEAST:
        return {}
    ids = {blob: content for path, content in view.contents.items() if (blob := view.blobs.get(path))}
    known = shapes.all(set(ids))
    rows = view.rows([ids[blob] << SYMBOL_BITS | number for blob, number in known])
    candidates = {
        ids[blob] << SYMBOL_BITS | number: prints
        for (blob, number), prints in known.items()
        if _comparable(rows.get(ids[blob] << SYMBOL_BITS | number), symbol)
    }
    if symbol.kind is Kind.MODULE:
        candidates = _of_files(candidates)
    counts = Counter(each for prints in candidates.values() for each in prints)
    rarity = {each: log(1 + (1 + len(candidates)) / (1 + count)) for each, count in counts.items()}
    most = log(2 + len(candidates))
    own = set(wanted)
    total = sum(rarity.get(each, most) for each in own)
    found = {}
    for id, prints in candidates.items():
        shared = sum(rarity[each] for each in prints if each in own)
        if shared:
            found[id] = shared / (total + sum(rarity[each] for each in prints) - shared)
    return found


def _comparable(row: Row | None, symbol: Symbol) -> bool:
    if row is None:
        return False
    if symbol.kind in CLASSES:
        return row[2] in _CLASSES
    return row[2] in _FUNCTIONS


def _alike(row: Row, symbol: Symbol) -> bool:
    return row[0] & (1 << SYMBOL_BITS) - 1 == 0 if symbol.kind is Kind.MODULE else _comparable(row, symbol)


def _of_files(candidates: dict[int, array[int]]) -> dict[int, array[int]]:
    """Return the fingerprints of whole files by their modules."""
    found: dict[int, set[int]] = {}
    for id, prints in candidates.items():
        found.setdefault(id >> SYMBOL_BITS << SYMBOL_BITS, set()).update(prints)
    return {id: array("I", prints) for id, prints in found.items()}


def _by_words(view: View, symbol: Symbol, text: str) -> dict[int, float]:
    """Return how like the words of chunks are, 1 being those of the symbol itself."""
    terms = Counter(Terms().in_text(text))
    weighed = {
        term: min(count, 4) * log(1 + view.chunks / len(found[0]))
        for term, count in terms.items()
        if (found := view.postings(term))
    }
    scores = score_words(view, nlargest(TELLING_TERMS, weighed, key=weighed.__getitem__))
    if symbol.kind is Kind.MODULE:
        whole: dict[int, float] = {}
        for id, score in scores.items():
            module = id >> SYMBOL_BITS << SYMBOL_BITS
            whole[module] = max(score, whole.get(module, 0.0))
        scores = whole
    best = dict(nlargest(400, scores.items(), key=lambda each: each[1]))
    rows = view.rows(list(best))
    most = max(scores.get(symbol.id, 0.0), max(scores.values(), default=0.0)) or 1.0
    return {id: score / most for id, score in best.items() if _alike(rows[id], symbol)}

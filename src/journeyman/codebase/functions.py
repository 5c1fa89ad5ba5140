"""Ranks the functions of the files that an issue is likely about."""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest

import msgspec

from journeyman.codebase.contract import Located
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph
from journeyman.codebase.issues import PARTS
from journeyman.codebase.parsing import FUNCTIONS
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import Row, View, kinds_of

_FUNCTIONS = kinds_of(FUNCTIONS)

SURE_PLACES = 3
"""Among so many first ones is what an issue points at."""

MOST_FUNCTIONS = 60
FILES_LOOKED_INTO = 20
LEADING_CHUNKS = 40
"""Chunks whose calls are followed."""

Scores = dict[int, float]


def _scores() -> Scores:
    return defaultdict(float)


class ChunkScores(msgspec.Struct):
    """What an issue's words say of each chunk, by its symbol's id.

    `words` is of the whole issue, `parts` of each part, `names` of the words in names alone; `defines` tells how much
    the issue names the symbol itself.
    """

    words: Scores = msgspec.field(default_factory=_scores)
    parts: dict[str, Scores] = msgspec.field(default_factory=lambda: {part: _scores() for part in PARTS})
    names: Scores = msgspec.field(default_factory=_scores)
    defines: Scores = msgspec.field(default_factory=_scores)


class FunctionJudgement(msgspec.Struct, frozen=True):
    """What speaks for a function: its words, its name, who names and calls it, its file, the class it lies in."""

    words: float = 1.0
    name: float = 0.2
    defines: float = 0.05
    called: float = 0.15
    file: float = 0.75
    around: float = 0.25


_JUDGEMENT = FunctionJudgement()

Standing = tuple[int, float, float]
"""A content, its score, and what it is worth that may be a test."""


def rank_functions(view: View, chunks: ChunkScores, files: list[Standing], ended_in: int) -> list[Located]:
    """Return functions of the files, which come best first; the one a traceback ended in is among the first."""
    rows = [
        (row, score, standing)
        for content, score, standing in files[:FILES_LOOKED_INTO]
        for row in view.rows_of(content)
        if row[2] in _FUNCTIONS
    ]
    signs = {
        "words": chunks.words,
        "name": chunks.names,
        "defines": chunks.defines,
        "called": _called(view, chunks),
        "file": {row[0]: score for row, score, _ in rows},
        "around": {row[0]: chunks.words.get(_around(row), 0.0) for row, _, _ in rows if row[3]},
    }
    worth = _worth(signs, [row[0] for row, _, _ in rows if not is_test(_path(view, row[0]))])
    scored = [
        (sum(worth[name] * scores.get(row[0], 0.0) for name, scores in signs.items()) * standing, row)
        for row, _, standing in rows
        if row[0] in signs["words"] or row[0] in signs["defines"] or row[0] in signs["called"]
    ]
    return [
        Located(f"{_path(view, row[0])}:{view.qualified(row)}", round(score, 4), row[4], row[5])
        for score, row in _with_the_end(scored, ended_in)
    ]


def _worth(signs: dict[str, Scores], ids: list[int]) -> dict[str, float]:
    """Return what a point of each sign counts, so that the best of these symbols has the whole of it."""
    best = {name: max((scores.get(id, 0.0) for id in ids), default=0.0) for name, scores in signs.items()}
    return {name: getattr(_JUDGEMENT, name) / (best[name] or 1.0) for name in signs}


def _called(view: View, chunks: ChunkScores) -> Scores:
    """Return what the leading chunks call, by how much they lead and how sure the call is: one hop of the graph."""
    best = max(chunks.words.values(), default=0.0) or 1.0
    leading = ((score / best + 0.3 * chunks.defines.get(id, 0.0), id) for id, score in chunks.words.items())
    graph = Graph(view)
    found = _scores()
    for score, id in nlargest(LEADING_CHUNKS, leading):
        if not is_test(_path(view, id)):
            for target, sure in graph.called_from(id):
                found[target] += score * sure
    return found


def _with_the_end(scored: list[tuple[float, Row]], ended_in: int) -> list[tuple[float, Row]]:
    best = nlargest(MOST_FUNCTIONS, scored, key=lambda each: (each[0], -each[1][0]))
    ended = [pair for pair in scored if pair[1][0] == ended_in]
    if ended and ended[0] not in best[:SURE_PLACES]:
        best = [pair for pair in best if pair != ended[0]]
        best[SURE_PLACES - 1 : SURE_PLACES - 1] = ended
    return best


def _around(row: Row) -> int:
    return row[0] >> SYMBOL_BITS << SYMBOL_BITS | row[3]


def _path(view: View, id: int) -> str:
    return view.paths[id >> SYMBOL_BITS][0]

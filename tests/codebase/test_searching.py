"""Searching for words: what it costs is bounded."""

from __future__ import annotations

from array import array
from typing import cast

from journeyman.codebase.digesting import NAME
from journeyman.codebase.postings import Posting
from journeyman.codebase.searching import ENTRIES, REFINED, score_words
from journeyman.codebase.viewing import View

EVERYWHERE = 10 * ENTRIES
RARE = (40, 5_000, EVERYWHERE - 1)
NAMED = range(0, EVERYWHERE, 150)


class Postings:
    """A view of made postings: one term stands in every chunk, in the names of some, another in three chunks."""

    chunks = EVERYWHERE

    def postings(self, term: str) -> Posting | None:
        if term == "order":
            payloads = array("H", [5 << 8 | 1]) * EVERYWHERE
            for id in NAMED:
                payloads[id] |= NAME
            return array("I", range(EVERYWHERE)), payloads
        return (array("I", RARE), array("H", [5 << 8 | 1] * 3)) if term == "rare" else None


VIEW = cast(View, Postings())


def test_of_a_word_that_stands_everywhere_few_chunks_are_looked_at_and_those_it_names_come_first() -> None:
    scores = score_words(VIEW, ["order", "absent"])
    assert REFINED <= len(scores) <= ENTRIES
    best = sorted(scores, key=lambda id: (-scores[id], id))
    assert best[: len(NAMED)] == list(NAMED)


def test_a_common_word_tells_among_the_chunks_that_have_a_rare_one() -> None:
    alone, both = score_words(VIEW, ["rare"]), score_words(VIEW, ["order", "rare"])
    assert set(both) == set(RARE)
    assert all(both[id] > alone[id] for id in RARE)


def test_what_has_few_entries_is_added_up_in_full() -> None:
    class Few(Postings):
        def postings(self, term: str) -> Posting | None:
            ids = {"one": range(0, 900, 2), "two": range(0, 900, 3)}[term]
            return array("I", ids), array("H", [5 << 8 | 1] * len(ids))

    view = cast(View, Few())
    one, two, both = (score_words(view, terms) for terms in (["one"], ["two"], ["one", "two"]))
    assert both == {id: two.get(id, 0.0) + one.get(id, 0.0) for id in {*one, *two}}

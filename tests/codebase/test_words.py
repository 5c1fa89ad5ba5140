"""How text is taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from journeyman.codebase.issues import read_issue
from journeyman.codebase.postings import decode, encode_apart, joined
from journeyman.codebase.words import Terms, stem, terms_of


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("makeQuerySet", ("makequeryset", "make", "query", "set")),
        ("get_query_sets", ("get_query_sets", "query", "set")),
        ("HTTPServer", ("httpserver", "http", "server")),
        ("sha256", ("sha256", "sha")),
        ("orders", ("order",)),
        ("the", ()),
        ("x" * 100, ()),
    ],
)
def test_words_become_terms(word: str, terms: tuple[str, ...]) -> None:
    assert set(terms_of(word)) == set(terms)


@pytest.mark.parametrize("forms", ["order orders ordering ordered", "stop stops stopped stopping", "entry entries"])
def test_forms_of_a_word_meet(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@given(any_of.text(max_size=300))
def test_any_text_has_terms_and_is_an_issue(text: str) -> None:
    assert all(term == term.lower() or not term.isascii() for term in Terms().in_text(text))
    read_issue(text, Terms())


@given(any_of.dictionaries(any_of.integers(1, 2**32 - 1), any_of.integers(0, 2**14 - 1), min_size=1, max_size=90))
def test_postings_come_back_as_they_were_stored(entries: dict[int, int]) -> None:
    from array import array

    ids = array("I", sorted(entries))
    payloads = array("H", [entries[id] for id in ids])
    assert decode(encode_apart(ids, payloads)) == (ids, payloads)
    parts = [encode_apart(ids[at : at + 7], payloads[at : at + 7]) for at in range(0, len(ids), 7)]
    assert decode(joined(reversed(parts))) == (ids, payloads)

"""How text is taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from journeyman.codebase.issues import read_issue
from journeyman.codebase.words import MOST_WORDS, Terms, apart, stem, terms_of


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


def test_what_is_in_no_word_stands_apart_and_takes_no_less_room() -> None:
    text = "größe=total(line.amount)+3 # naïve“quoted”"
    words = apart(text.encode()).decode().split()
    assert len(apart(text.encode())) == len(text.encode())
    terms = Terms()
    assert {term for word in words for term in terms[word]} == set(terms.in_text(text))
    assert {"größe", "total", "amount", "naïve", "quot"} <= set(terms.in_text(text))


def test_the_terms_of_so_many_words_are_remembered_and_no_more() -> None:
    terms = Terms()
    for number in range(MOST_WORDS + 10):
        terms[str(number)]
    assert len(terms) <= MOST_WORDS
    assert terms["orders"] == ("order",)

"""How postings are packed: what goes in comes out, a damaged block is noticed."""

from __future__ import annotations

import zlib
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.codebase.database import DAMAGE
from journeyman.codebase.postings import BLOCK_BYTES, ID_SHIFT, Posting, blocks, gathered, joined, opened, posting

ENTRIES = st.dictionaries(st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), min_size=1, max_size=6)
TERMS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), ENTRIES, min_size=1
)


def entries(of: dict[int, int]) -> bytes:
    return array("Q", (id << ID_SHIFT | of[id] for id in sorted(of))).tobytes()


def posting_of(of: dict[int, int]) -> Posting:
    return array("I", sorted(of)), array("H", (of[id] for id in sorted(of)))


@settings(max_examples=60, deadline=None)
@given(TERMS)
def test_what_is_packed_is_found_again(terms: dict[str, dict[int, int]]) -> None:
    stored = {term: entries(terms[term]) for term in sorted(terms)}
    ((first, block),) = blocks(stored.items())
    assert first == min(terms)
    assert opened(block) == stored
    assert {term: posting(block, term) for term in terms} == {term: posting_of(own) for term, own in terms.items()}
    assert posting(block, "not there") is None


def test_blocks_are_full_in_order_and_joined_across_segments() -> None:
    terms = {f"term{number:04}": {number: 3, number + 70_000: 9} for number in range(2_000)}
    found = list(blocks((term, entries(terms[term])) for term in sorted(terms)))
    assert 2_000 * 24 / BLOCK_BYTES - 1 < len(found) < 2_000 * 24 / BLOCK_BYTES + 2
    for term, own in terms.items():
        (_, block) = max(each for each in found if each[0] <= term)
        assert posting(block, term) == posting_of(own)
    later, sooner = {300: 1}, {7: 2, 299: 4}
    both = later | sooner
    assert joined([posting_of(later), posting_of(sooner)]) == posting_of(both)
    assert gathered([entries(later), entries(sooner)]) == entries(both)


@pytest.mark.parametrize("harm", ["cut", "counts"])
def test_a_damaged_block_is_noticed(harm: str) -> None:
    ((_, block),) = blocks([("a", entries({1: 1})), ("b", entries({2: 2, 5: 1}))])
    whole = zlib.decompress(block)
    one = array("I", [1]).tobytes()
    damaged = block[:-9] if harm == "cut" else zlib.compress(whole.replace(one, array("I", [9]).tobytes(), 1))
    with pytest.raises(DAMAGE):
        posting(damaged, "b")

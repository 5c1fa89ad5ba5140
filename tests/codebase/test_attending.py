"""What somebody works on makes some code likelier, and nothing certain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman.codebase import Located
from journeyman.codebase.attending import attended
from journeyman.domain.attention import CodeContext, Spot

FOUND = [
    Located("a.py", 3.0),
    Located("a.py:one", 2.0, 1, 9),
    Located("b.py", 2.8),
    Located("b.py:two", 1.9, 1, 9),
    Located("c.py", 1.0),
    Located("b.py:three", 1.8, 10, 19),
]


def order(context: CodeContext) -> list[str]:
    return [each.place for each in attended(FOUND, context)]


def test_what_is_worked_on_comes_before_what_is_about_as_likely() -> None:
    nothing = CodeContext("/", "me")
    assert attended(FOUND, nothing) == FOUND
    assert order(CodeContext("/", "me", "b.py"))[:2] == ["b.py", "b.py:two"]
    assert order(CodeContext("/", "me", "b.py", 12))[:2] == ["b.py", "b.py:three"]
    assert order(CodeContext("/", "me", open_files=("b.py",)))[0] == "b.py"
    assert order(CodeContext("/", "me", recent_edits=(Spot("b.py", 15),)))[:2] == ["b.py", "b.py:three"]


def test_what_is_far_likelier_stays_first() -> None:
    all_of_c = CodeContext("/", "me", "c.py", 1, 1, ("c.py",), (Spot("c.py"),))
    assert order(all_of_c)[0] == "a.py"


def test_the_last_edit_counts_most() -> None:
    edits = (Spot("b.py"), Spot("a.py"))
    context = CodeContext("/", "me", recent_edits=edits)
    assert context.worth("b.py") > context.worth("a.py") > context.worth("c.py") == 1


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3), st.floats(0, 9)), max_size=20))
def test_nothing_is_added_or_lost(found: list[tuple[str, int, float]]) -> None:
    located = [Located(f"{name}:f" if line else name, score, line, line) for name, line, score in found]
    context = CodeContext("/", "me", "a", 1, 0, ("b",), (Spot("c", 2),))
    assert sorted(each.place for each in attended(located, context)) == sorted(each.place for each in located)

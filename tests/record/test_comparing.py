"""What may differ, what may not, and how a difference is told."""

from __future__ import annotations

import pytest

from journeyman.record import Comparison, Differs, normalised

HONEST = [
    ("1 passed in 0.03s", "1 passed in 12.40s"),
    ("==== 1 passed in 0.03s ====", "=== 1 passed in 12.40s ==="),
    ("Sat Nov 21 08:01:02 UTC 2026", "Sat Nov 22 09:11:02 UTC 2026"),
    ("at 2026-11-21T08:01:02.5Z done", "at 2027-01-01T00:00:00Z done"),
    ("real 0m0.321s", "real 0m1.200s"),
    ("pid 4711 ended", "pid 12 ended"),
    ("wrote /tmp/tmpab12/x.txt", "wrote /tmp/tmpzz99/x.txt"),
    ("<Thing object at 0x7f0011aa22bb>", "<Thing object at 0x7f99ffee0011>"),
    ("random seed 12345", "random seed 99"),
    ('{"seconds": 0.5, "a": 1}', '{"seconds": 1.25, "a": 1}'),
]
REAL = [
    ("1 passed in 0.03s", "2 passed in 0.03s"),
    ("line 6", "line 7"),
    ("/repo/src/a.py", "/repo/src/b.py"),
    ("a\nb", "b\na"),
    ("exit code 0", "exit code 1"),
    ("0x1f", "0x2f"),
]


@pytest.mark.parametrize(("recorded", "now"), HONEST)
def test_what_only_normalising_hides_is_told(recorded: str, now: str) -> None:
    comparison = Comparison()
    comparison.alike("results", "here", "the result differs", f"same\n{recorded}", f"same\n{now}")
    assert (comparison.first, comparison.hidden_count) == (None, 1)
    assert (comparison.hidden[0].recorded, comparison.hidden[0].now) == (recorded, now)


@pytest.mark.parametrize(("recorded", "now"), REAL)
def test_anything_else_is_a_difference(recorded: str, now: str) -> None:
    comparison = Comparison()
    with pytest.raises(Differs):
        comparison.alike("results", "here", "the result differs", recorded, now)
    assert comparison.first is not None
    assert comparison.first.place == "here"


def test_the_same_is_no_difference_and_only_the_first_one_counts() -> None:
    comparison = Comparison()
    comparison.alike("results", "there", "the result differs", "a", "a")
    for place in ("first", "second"):
        with pytest.raises(Differs):
            comparison.same("requests", place, "the request differs", "x" * 1000 + "a", "x" * 1000 + "b")
    assert comparison.first is not None
    assert comparison.first.place == "first"
    assert len(comparison.first.recorded) < 300
    assert (comparison.first.recorded[-1], comparison.first.now[-1]) == ("a", "b")
    assert comparison.counts == {"results": 1, "requests": 2}


def test_normalising_twice_changes_nothing_more() -> None:
    for pair in (*HONEST, *REAL):
        for text in pair:
            assert normalised(normalised(text)) == normalised(text)

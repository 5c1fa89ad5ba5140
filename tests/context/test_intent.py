"""What is read from a task's text: its kind, on texts that were labelled by hand, and what it names."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from journeyman.context.intent import understand_intent
from journeyman.domain.intents import Scope, Task
from tests.codebase.places import SHOP, committed, opened, refreshed

LABELLED = [
    (Task(label), text)
    for label, _, text in (
        line.partition(" | ") for line in Path(__file__).with_name("intents.txt").read_text().splitlines()
    )
]


def test_the_kind_of_labelled_tasks() -> None:
    read = [(label, understand_intent(text), text) for label, text in LABELLED]
    wrong = [(label.value, intent.kind.value, text) for label, intent, text in read if intent.kind is not label]
    right = 1 - len(wrong) / len(read)
    print(f"{len(read)} tasks, {right:.0%} right; not: {wrong}")
    assert len(read) >= 60
    assert right >= 0.9


def test_what_a_task_names_is_found_in_the_repository(tmp_path: Path) -> None:
    index = opened(tmp_path / "home", committed(tmp_path / "one", SHOP))
    refreshed(index)
    intent = understand_intent("Fix `Order.total` in shop/orders.py, see --rebate and warehouse_of()", index.code())
    index.close()
    places = {entity.name: entity.places for entity in intent.entities}
    assert places["Order.total"] == ("shop/orders.py:Order.total",)
    assert places["shop/orders.py"] == ("shop/orders.py",)
    assert places["--rebate"] == places["warehouse_of"] == ()
    assert (intent.kind, intent.scope, intent.actions) == (Task.BUGFIX, Scope.FUNCTION, ("fix",))


def test_a_vague_task_is_more_ambiguous_than_a_clear_one() -> None:
    vague = understand_intent("make things better somehow")
    clear = understand_intent("Fix the crash of `Order.total()` in shop/orders.py when the rebate is None")
    assert vague.ambiguity > 0.7 > 0.2 > clear.ambiguity
    assert clear.confidence > 0.6 > 0.4 > vague.confidence
    assert any("somehow" in words for words in vague.unclear)


def test_a_word_or_two_are_no_report_and_nothing_is_ever_sure() -> None:
    for text in ("x", "hello world"):
        assert understand_intent(text).confidence == 0
        assert "it is not clear what kind of work is asked for" in understand_intent(text).unclear
    assert (
        understand_intent("The total is off").confidence
        < understand_intent("Fix the bug: the total is wrong").confidence
    )
    assert max(understand_intent(text).confidence for _, text in LABELLED) < 1


def test_the_scope_is_the_whole_repository_where_the_title_says_so() -> None:
    assert understand_intent("Rename get_user to fetch_user everywhere").scope is Scope.REPOSITORY
    assert understand_intent("Move a() from one/x.py to two/y.py").scope is Scope.SEVERAL
    assert understand_intent("It is slow").scope is Scope.UNKNOWN


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    intent = understand_intent(text)
    assert 0 <= intent.confidence <= 1
    assert 0 <= intent.ambiguity <= 1
    assert intent == understand_intent(text)
    assert intent.next_kind is not intent.kind

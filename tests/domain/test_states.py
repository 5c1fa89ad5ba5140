"""The tables of transitions are whole."""

from __future__ import annotations

import pytest

from journeyman.domain.errors import FlowBroken
from journeyman.domain.states import AGAIN, ANYWHERE, FINAL, RECOVERY, TRANSITIONS, Event, State, follow


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_followed_or_refused(state: State, event: Event) -> None:
    listed = {**TRANSITIONS, **RECOVERY}
    if state.final:
        with pytest.raises(FlowBroken, match=f"{state} is final"):
            follow(state, event)
    elif (state, event) in listed:
        assert follow(state, event) is listed[(state, event)]
    elif event in ANYWHERE:
        assert follow(state, event) is ANYWHERE[event]
    else:
        with pytest.raises(FlowBroken, match="does not know the event"):
            follow(state, event)


def test_no_pair_stands_in_two_tables() -> None:
    assert not TRANSITIONS.keys() & RECOVERY.keys()
    assert not {event for _, event in (*TRANSITIONS, *RECOVERY)} & ANYWHERE.keys()


def test_nothing_leaves_a_final_state_and_something_leaves_every_other() -> None:
    leaving = {state for state, _ in TRANSITIONS}
    assert leaving == set(State) - FINAL
    assert set(ANYWHERE.values()) <= FINAL
    assert all(state.final == (state in FINAL) for state in State)


def test_what_goes_back_is_counted() -> None:
    """A circle of the tables that no count and no person breaks would never end."""
    free = {**TRANSITIONS, **RECOVERY}
    for pair in AGAIN:
        free.pop(pair)
    free = {pair: to for pair, to in free.items() if pair[1] is not Event.REJECTED}
    order = list(State)
    while order:
        last = [s for s in order if not any(to in order for (at, _), to in free.items() if at is s)]
        assert last, f"{order} go round for ever"
        order = [s for s in order if s not in last]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.CODE, "running"),
        (State.WAITING, "waiting"),
        (State.COMPLETE, "complete"),
        (State.ESCALATED, "escalated"),
    ],
)
def test_the_status_for_people(state: State, status: str) -> None:
    assert state.status == status
